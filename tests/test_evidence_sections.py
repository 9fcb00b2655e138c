"""Sentences, headings and the sections that they give."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loaders.evidence import model
from loaders.evidence.headings import SECTIONS, headings, meaning
from loaders.evidence.sections import sectioned
from loaders.evidence.sentences import sentences


def of(text: str) -> list[tuple[str, str]]:
    """Each sentence's section and its words."""
    return [(s.section, text[s.start : s.end]) for s in sectioned(text, headings(text))]


PIECES = st.sampled_from(
    [
        "Burnout fell. ",
        "Background",
        "METHODS: ",
        "ResultsThe ",
        "\n",
        "(p < .05). ",
        "e.g. this ",
        "é‘x’ ",
        "Aims. ",
        "A. ",
        " ",
    ]
)


@settings(deadline=None)  # the model is read at its first use
@given(st.one_of(st.text(max_size=200), st.lists(PIECES, max_size=12).map("".join)))
def test_sentences_are_in_order_bare_and_leave_out_only_headings_and_space(text: str) -> None:
    found = sectioned(text, headings(text))
    last = 0
    for sentence in found:
        assert last <= sentence.start < sentence.end <= len(text)
        quote = text[sentence.start : sentence.end]
        assert quote == quote.strip()
        assert sentence.section in SECTIONS
        assert sentence.section_by
        last = sentence.end


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("Scores fell (p < .05, vs. 3.2). They rose.", 2),
        ("Dr. Smith et al. reported it, e.g. in Fig. 2, and so on. Then not.", 2),
        ("Care was given in group B. The rest had none.", 2),
        ("It was a service.Methods were sound.", 2),
        ("First line\nsecond line", 2),
        ("Was it so? Yes! “It was.” (Indeed.)", 4),
        ("", 0),
    ],
)
def test_where_a_sentence_ends(text: str, count: int) -> None:
    assert len(sentences(text)) == count


@pytest.mark.parametrize(
    ("heading", "sections"),
    [
        ("Background", ("background",)),
        ("Purpose", ("objective",)),
        ("Design/methodology/approach", ("methods",)),
        ("Originality/value", ("conclusions",)),
        ("Research limitations/implications", ("conclusions",)),
        ("Findings", ("results",)),
        ("Main outcome measure(s)", ("methods",)),
        ("Methodology/Principal Findings", ("methods", "results")),
        ("Aims and method", ("objective", "methods")),
        ("Background and aims", ("background", "objective")),
        ("Trial registration", ("methods",)),
        ("What is already known on this topic", ()),
        ("Case presentation", ("methods", "results")),
        ("Wider implications of the findings", ("conclusions",)),
        ("Comparison with existing method(s)", ("conclusions",)),
        ("Data collection and analysis", ("methods",)),
        ("Limitation", ("conclusions",)),
        ("Financial disclosures", ("methods",)),
    ],
)
def test_what_a_heading_means(heading: str, sections: tuple[str, ...]) -> None:
    assert meaning(heading) == sections


@pytest.mark.parametrize(
    "text",
    [
        "Background: Staff tire. Methods: We asked. Results: They did. Conclusions: Rest helps.",
        "BACKGROUND Staff tire. METHODS We asked them. RESULTS They did so. CONCLUSIONS Rest helps.",
        "Background\nStaff tire.\n\nMethods\nWe asked.\n\nResults\nThey did.\n\nConclusion\nRest helps.",
        "BackgroundStaff tire.\nMethodsWe asked.\nResultsThey did.\nConclusionsRest helps.",
        "Background Staff tire. Methods We asked them. Results They did so. Conclusions Rest helps.",
        "Introduction. Staff tire. Method. We asked. Results. They did. Discussion. Rest helps.",
        "Context – Staff tire. Methods – We asked. Findings – They did. Interpretation – Rest helps.",
    ],
)
def test_headings_in_every_dress(text: str) -> None:
    assert [section for section, _ in of(text)] == ["background", "methods", "results", "conclusions"]
    assert not any(quote.startswith(("Background", "METHODS", "Results")) for _, quote in of(text))


def test_the_headings_of_a_management_journal() -> None:
    text = (
        "Purpose\nThis study explores rest.\n\nDesign/methodology/approach\nStaff were asked.\n\n"
        "Findings\nThey rest.\n\nOriginality/value\nNobody had asked."
    )
    assert [section for section, _ in of(text)] == ["objective", "methods", "results", "conclusions"]


@pytest.mark.parametrize(
    ("text", "sections"),
    [
        (
            "Purpose of review: Rest was little known. Recent findings: Staff who rest tire less. Summary: Rest helps.",
            ["objective", "results", "conclusions"],
        ),
        (
            "OBJECTIVES: To look at rest. SEARCH STRATEGY: We searched a register. MAIN RESULTS: Three trials met. "
            "REVIEWERS' CONCLUSIONS: Rest may help.",
            ["objective", "methods", "results", "conclusions"],
        ),
        (
            "ISSUE ADDRESSED: Staff tire. METHODS: We asked. RESULTS: They did. CONCLUSIONS: Rest helps. "
            "SO WHAT?: Employers should act.",
            ["background", "methods", "results", "conclusions", "conclusions"],
        ),
        (
            "Aim We looked at rest. Methods We asked them. Key results They did so. Main conclusions Rest helps.",
            ["objective", "methods", "results", "conclusions"],
        ),
    ],
)
def test_the_headings_of_reviews_and_of_other_trades(text: str, sections: list[str]) -> None:
    assert [section for section, _ in of(text)] == sections


@pytest.mark.parametrize(
    "text",
    [
        "Abstract Background Staff tire. Methods We asked them. Results They did so. Conclusions Rest helps.",
        "ABSTRACT: Background: Staff tire. Methods: We asked. Results: They did. Conclusions: Rest helps.",
        "Background: Staff tire in a pandemic Methods: We asked Results: 9 of 10 did Conclusions: Rest helps.",
    ],
)
def test_headings_behind_the_word_abstract_and_behind_a_lost_full_stop(text: str) -> None:
    assert [section for section, _ in of(text)] == ["background", "methods", "results", "conclusions"]
    assert not any("bstract" in quote.lower() for _, quote in of(text))


@pytest.mark.parametrize(
    ("text", "quotes"),
    [
        # Some databases leave out every full stop.
        (
            "Staff tire: they say so  Yet, few were asked (n=12; mean age 41 5)  We asked them",
            ["Staff tire: they say so", "Yet, few were asked (n=12; mean age 41 5)", "We asked them"],
        ),
        ("Staff of the  National  Health  Service and their  families tire", None),
        ("Staff  Nurses tire. They  Say so.", ["Staff  Nurses tire.", "They  Say so."]),
        ("Staff tire.; We asked them.", ["Staff tire.;", "We asked them."]),
        (
            "Staff who work at night and sleep by day tire,\nand leave their wards sooner than others.\nWe asked them",
            [
                "Staff who work at night and sleep by day tire,\nand leave their wards sooner than others.",
                "We asked them",
            ],
        ),
    ],
)
def test_two_spaces_end_a_sentence_only_where_nothing_else_does(text: str, quotes: list[str] | None) -> None:
    assert [text[start:end] for start, end in sentences(text)] == (quotes or [text])


def test_a_case_is_no_background() -> None:
    text = (
        "Background: Hives are common. Case presentation: A 45-year-old nurse was seen with hives and fever. "
        "Rest improved her hives. Conclusions: Rest helps."
    )
    assert {section for section, quote in of(text) if "nurse" in quote or "improved" in quote} <= {"methods", "results"}


@pytest.mark.parametrize(
    "text",
    ["Results of the survey show that staff tire.", "Methods are poor in this field.", "Participants were 12 nurses."],
)
def test_a_sentence_is_not_a_heading(text: str) -> None:
    assert headings(text) == []


def test_a_heading_that_allows_two_sections_leaves_each_sentence_to_the_model() -> None:
    text = (
        "Methods and findings: We randomly assigned 40 nurses to two groups. "
        "Burnout was significantly lower in the first group (p < 0.01). Conclusions: Rest helps."
    )
    assert [section for section, _ in of(text)] == ["methods", "results", "conclusions"]
    assert "model" in sectioned(text, headings(text))[0].section_by


def test_without_headings_the_model_tells_the_sections_apart() -> None:
    text = (
        "Burnout is a common problem among nurses worldwide. The aim of this study was to examine whether supervision "
        "reduces burnout. We conducted a randomised trial in which 120 nurses were assigned to two groups. "
        "Participants completed questionnaires at baseline and after six months. Burnout was significantly lower in "
        "the supervision group (p < 0.001). In conclusion, supervision may reduce burnout; further research is needed."
    )
    found = [section for section, _ in of(text)]
    assert found[0] == "background"
    assert found[2:4] == ["methods", "methods"]
    assert found[4:] == ["results", "conclusions"]


def test_a_lone_heading_heads_its_own_sentence() -> None:
    text = (
        "Burnout is common among nurses, and its course is unknown.AIM: To describe the course of burnout. "
        "We recruited 120 nurses and assessed them with questionnaires at baseline and after six months. "
        "Burnout increased significantly (p < 0.001). These findings suggest that nurses should be offered support."
    )
    assert [section for section, _ in of(text)] == ["background", "objective", "methods", "results", "conclusions"]
    assert sectioned(text, headings(text))[1].section_by == "heading: AIM"


def test_a_lone_conclusion_leaves_what_stands_before_it_to_the_model() -> None:
    text = (
        "Burnout is a common problem among nurses worldwide. We recruited 120 nurses and randomly assigned them to two "
        "groups. Participants completed questionnaires at baseline and after six months. Burnout was significantly "
        "lower in the first group (p < 0.001). Conclusion: Rest helps. It should be offered."
    )
    sections = [section for section, _ in of(text)]
    assert sections == ["background", "methods", "methods", "results", "conclusions", "conclusions"]


@pytest.mark.parametrize(
    "last",
    [
        "Trial registration: ISRCTN 12345678.",
        "This trial was registered with ClinicalTrials.gov, number NCT01234567.",
        "The study was funded by a research council.",
        "This work was supported by a grant from the ministry.",
        "No author has a financial or proprietary interest in any material mentioned.",
        "NCT01234567.",
        "Registered at www.clinicaltrials.gov.",
        "The protocol was not published before recruitment began.",
        "National Institute for the Study of Rest, and the Rest Foundation.",
    ],
)
def test_registration_funding_and_interests_at_the_end_conclude_nothing(last: str) -> None:
    text = f"We asked 40 nurses. Burnout was common (40%). Rest may help nurses, and should be studied. {last}"
    *_, conclusion, aside = sectioned(text, headings(text))
    assert conclusion.section == "conclusions"
    assert aside.section in ("background", "methods")
    assert "model" not in aside.section_by


@pytest.mark.parametrize(
    "last",
    [
        "The hypothesis was supported by the data of both groups.",
        "Schemes that employers fund should be offered to employees of small firms.",
        "Conflicts of interest need more attention in studies of supervision.",
        "Patients registered with a practice may need more support.",
        "Trust in the Council is needed.",
    ],
)
def test_a_conclusion_is_no_aside(last: str) -> None:
    text = f"We asked 40 nurses. Burnout was common (40%). {last}"
    assert sectioned(text, headings(text))[-1].section_by == "model"


WEIGHTS = st.lists(st.integers(-5000, 5000), min_size=5, max_size=5)


@given(WEIGHTS, WEIGHTS)
def test_packed_weights_add_up(one: list[int], other: list[int]) -> None:
    added = [a + b for a, b in zip(one, other, strict=True)]
    assert model.unpack(model.pack(one) + model.pack(other)) == added


def test_the_model_is_small() -> None:
    assert model.FILE.stat().st_size < 500_000


def test_a_long_stretch_of_spaces_costs_no_more_than_its_length() -> None:
    text = f"{' ' * 400_000}Burnout fell.{' ' * 400_000}"
    assert sentences(text) == [(400_000, 400_013)]
