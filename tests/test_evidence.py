"""What records report: roles, directions, flags and quotes, through the annotator's front door."""

import pickle
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loaders.evidence import REPORTING, Annotator, field, keywords_text
from loaders.record import Evidence, Publication, Record, Registration
from ontology.terms import DIRECTION, METHOD, ROLE, SECTION, THEME

ANNOTATOR = Annotator()


def record(abstract: str, title: str = "", *, registered: bool = False, keywords: tuple[str, ...] = ()) -> Record:
    return Record(
        "test",
        "1",
        title,
        publication=None if registered else Publication(),
        registration=Registration() if registered else None,
        abstract=abstract,
        keywords=keywords,
    )


def on(theme: str, abstract: str, title: str = "", *, registered: bool = False) -> list[Evidence]:
    """The evidence on one theme in the abstract."""
    found = ANNOTATOR.annotate(record(abstract, title, registered=registered))
    return [e for e in found if e.theme == THEME[theme] and field(e) == "abstract"]


def only(theme: str, abstract: str, title: str = "") -> Evidence:
    (evidence,) = on(theme, abstract, title)
    return evidence


def quoted(given_record: Record, evidence: Evidence) -> str:
    text = {"title": given_record.title, "keywords": keywords_text(given_record)}
    return text.get(field(evidence), given_record.abstract or "")[evidence.start : evidence.end]


PIECES = st.sampled_from(
    [
        "Burnout ",
        "job satisfaction ",
        "Results: ",
        "Methods\n",
        "<b>",
        "</b>",
        "</jats:p>",
        '<AbstractText Label="RESULTS">',
        "&lt;",
        "rose",
        "é ",
        "not ",
        ". ",
        "\n",
        "; ",
        "nurses’ ",
        "MBI ",
    ]
)
TEXTS = st.one_of(st.text(max_size=80), st.lists(PIECES, max_size=15).map("".join))


@settings(deadline=None)
@given(TEXTS, TEXTS, st.lists(TEXTS, max_size=3), st.booleans())
def test_every_quote_stands_at_its_offsets_and_every_name_is_in_the_vocabulary(
    title: str, abstract: str, keywords: list[str], registered: bool
) -> None:
    given_record = record(abstract, title, registered=registered, keywords=tuple(keywords))
    for evidence in ANNOTATOR.annotate(given_record):
        assert quoted(given_record, evidence) == evidence.quote
        assert evidence.matched and evidence.matched in evidence.quote
        assert evidence.role in ROLE.names
        assert evidence.section in SECTION.names
        assert evidence.direction is None or evidence.direction in DIRECTION.names
        assert 0 <= evidence.confidence <= 1
        assert evidence.section_by and evidence.role_by
        assert not (registered and evidence.role == "finding")


@pytest.mark.parametrize(
    ("text", "quote"),
    [
        (
            "<b>Background:</b> Staff tire &amp; leave. <b>Results:</b> <i>Burnout</i> rose (<i>p</i> &lt; .01).",
            "<i>Burnout</i> rose (<i>p</i> &lt; .01).",
        ),
        (
            "<jats:title>Aims</jats:title><jats:p>To see it</jats:p><jats:title>Results</jats:title>"
            "<jats:p>Burnout rose</jats:p><jats:title>Conclusions</jats:title><jats:p>Rest helps</jats:p>",
            "Burnout rose",
        ),
        (
            '<AbstractText Label="AIMS">To see it.</AbstractText><AbstractText Label="RESULTS">Burnout rose.'
            "</AbstractText>",
            "Burnout rose.",
        ),
    ],
)
def test_markup_is_read_over_and_stays_in_the_quote(text: str, quote: str) -> None:
    found = only("burnout", text)
    assert (found.role, found.section, found.direction) == ("finding", "results", "increase")
    assert text[found.start : found.end] == found.quote
    assert found.quote.strip("</i>") == quote.strip("</i>")


def test_one_piece_of_evidence_for_each_theme_and_sentence() -> None:
    found = ANNOTATOR.annotate(record("Results: Burnout fell, and burnout fell again; burn-out is gone."))
    assert len([e for e in found if e.theme == THEME.burnout]) == 1


@pytest.mark.parametrize(
    ("abstract", "role"),
    [
        ("Background: Burnout is common among nurses.", "background"),
        ("Background: Little is known about burnout in nurses.", "background"),
        ("Background: We aimed to find out what relieves burnout.", "aim"),
        ("Objective: To examine burnout in nurses.", "aim"),
        ("Purpose: This study explores burnout. ", "aim"),
        ("Purpose: Burnout is a particular worry.", "background"),
        ("Methods: Nurses with burnout were recruited from two wards.", "background"),
        ("Methods: A workshop on burnout was offered to the nurses.", "background"),
        ("Methods: Nurses completed measures of sleep, burnout and workload.", "measured"),
        ("Methods: The primary outcome was burnout at six months.", "measured"),
        ("Methods: Burnout was assessed with a short scale.", "measured"),
        ("Methods: Forty nurses filled in the Maslach Burnout Inventory.", "measured"),
        ("Results: Burnout fell by a tenth.", "finding"),
        ("Results: Previous studies found more burnout among nurses.", "background"),
        ("Results: Burnout rose, as in previous studies of nurses.", "finding"),
        ("Conclusions: Supervision reduced burnout.", "finding"),
        ("Conclusions: Managers should address burnout.", "recommendation"),
        ("Conclusions: Future research on burnout is needed.", "recommendation"),
        ("Conclusions: Regular supervision could help nurses with burnout.", "recommendation"),
        ("Conclusions: Whether this prevents burnout remains unclear.", "background"),
        ("Conclusions: This paper presents a framework of burnout in nurses.", "aim"),
        ("Conclusions: The causes of burnout are discussed.", "aim"),
        ("Conclusions: These findings contribute to the literature on burnout.", "background"),
        ("Conclusions: Managers may have confidence in rest against burnout.", "recommendation"),
        ("Methods: A randomised trial was conducted to investigate the effect of rest on burnout.", "aim"),
        ("Methods: We used data of the Swedish Burnout Survey, collected in ten towns.", "background"),
        ("Methods: Exclusion criteria were burnout and a high score of strain.", "background"),
        ("Objective: To compare two wards. The primary outcome was burnout at six months.", "measured"),
        ("Results: In models adjusted for burnout, rest lowered absence.", "background"),
        ("Results: In a model adjusting for age, there was an effect on burnout.", "finding"),
    ],
)
def test_what_a_sentence_does_with_a_theme(abstract: str, role: str) -> None:
    assert only("burnout", abstract).role == role


def test_a_clause_that_recommends_leaves_the_finding_before_it() -> None:
    abstract = "Conclusions: Burnout was rare, but staff should be given support around job insecurity."
    assert only("burnout", abstract).role == "finding"
    assert only("job-insecurity", abstract).role == "recommendation"


def test_a_title_or_a_keyword_alone_reports_nothing() -> None:
    found = ANNOTATOR.annotate(record("", "Burnout in nurses", keywords=("Burnout", "job satisfaction")))
    assert {(e.role, e.section, e.quote) for e in found if e.theme == THEME.burnout} == {
        ("aim", "title", "Burnout in nurses"),
        ("keyword", "keywords", "Burnout"),
    }
    assert not {e.role for e in found} & REPORTING


def test_a_registration_or_a_protocol_finds_nothing_but_measures() -> None:
    abstract = "Burnout fell in the pilot. The primary outcome will be burnout, measured after a year."
    assert {e.role for e in on("burnout", abstract, registered=True)} <= {"background", "aim", "measured"}
    plan = "Results: The primary outcome will be burnout at one year. We expect that burnout will fall."
    assert [e.role for e in on("burnout", plan, "Rest for nurses: study protocol")] == ["measured", "aim"]


def test_a_way_of_doing_research_is_not_what_was_found() -> None:
    assert only("rct", "Methods: Nurses were randomly assigned to rest.").role == "background"
    assert only("survey-questionnaire", "Results: The survey showed much burnout.").role == "background"


WHOLE = "Nurses rested. They slept at home. The wards were quiet. {} Nobody fell ill."


def test_a_commonplace_theme_in_passing_is_no_evidence() -> None:
    assert not on("costs-economics", WHOLE.format("Costs are a concern of many hospitals."))
    assert on("costs-economics", WHOLE.format("Results: Hospital costs fell."))
    assert on("costs-economics", WHOLE.format("Hospital costs were measured."))
    assert on("burnout", WHOLE.format("Burnout is a concern of many hospitals."))


def test_a_commonplace_theme_is_evidence_where_the_title_another_sentence_or_a_short_text_bears_it_out() -> None:
    passing = "Hospital costs are a concern of many."
    assert on("costs-economics", WHOLE.format(passing), "Costs of rest")
    assert len(on("costs-economics", WHOLE.format(f"{passing} Hospital costs are a burden."))) == 2
    assert on("costs-economics", passing)


def test_a_change_that_did_not_last_is_said_and_is_no_negation() -> None:
    evidence = only("burnout", "Results: Burnout increased, but these changes were not maintained at 12 months.")
    assert evidence.direction == "increase"
    assert not evidence.negated
    assert evidence.maintained is False


@pytest.mark.parametrize(
    ("sentence", "hedged"),
    [
        ("The emotional strain could lead to burnout.", True),
        ("The data suggest that rest relieves burnout.", True),
        ("Burnout among nurses may fall with rest.", True),
        ("Burnout fell, although sleep might have changed.", False),
        ("Burnout rose, and this may be a worry.", False),
        ("Nurses were more likely to report burnout.", False),
        ("Burnout could not be reduced.", False),
        ("Burnout fell.", False),
    ],
)
def test_hedging(sentence: str, hedged: bool) -> None:
    assert only("burnout", f"Results: {sentence}").hedged is hedged


def test_methods_are_names_of_the_vocabulary() -> None:
    found = ANNOTATOR.methods(
        record("We interviewed nurses and did a reflexive thematic analysis.", "A longitudinal study")
    )
    assert found == ("interview", "longitudinal", "thematic-analysis")
    assert set(found) <= METHOD.names


def test_an_annotator_can_be_sent_to_another_process() -> None:
    again = pickle.loads(pickle.dumps(ANNOTATOR))
    text = record("Results: Burnout fell among nurses, said the MBI.")
    assert again.annotate(text) == ANNOTATOR.annotate(text)


def test_a_theme_of_ones_own_gets_the_same_reading(tmp_path: Path) -> None:
    scheme = tmp_path / "own.ttl"
    scheme.write_text(
        "<https://example.org/noise> a <http://www.w3.org/2004/02/skos/core#Concept> ; "
        '<http://www.w3.org/2004/02/skos/core#prefLabel> "Ward noise"@en .'
    )
    found = Annotator(scheme).annotate(record("Results: Ward noise fell by half, and so did burnout."))
    assert {(e.theme, e.role) for e in found} == {
        ("https://example.org/noise", "finding"),
        (THEME.burnout, "finding"),
    }
    (noise,) = (e for e in found if e.theme == "https://example.org/noise")
    assert noise.direction == "decrease"


@pytest.mark.real
def test_every_quote_in_the_real_records_is_exact(shared: Path) -> None:
    from tests.benchmarks.corpus import texts

    count = 0
    for text in texts(shared):
        for evidence in ANNOTATOR.annotate(text.record):
            count += 1
            assert quoted(text.record, evidence) == evidence.quote, text.id
            assert evidence.matched in evidence.quote, text.id
    assert count > 20_000


@pytest.mark.real
def test_the_five_seeds(shared: Path) -> None:
    from tests.benchmarks.corpus import texts

    seeds = {text.id: text for text in texts(shared) if text.id.startswith("seed:")}
    assert sorted(seeds) == ["seed:000", "seed:001", "seed:002", "seed:003", "seed:004"]

    def burnout(key: str) -> list[Evidence]:
        found = ANNOTATOR.annotate(seeds[f"seed:{key}"].record)
        return [e for e in found if e.theme == THEME.burnout and field(e) == "abstract"]

    measured, found = burnout("000")
    assert (measured.role, measured.section) == ("measured", "methods")
    assert (found.role, found.section, found.direction) == ("finding", "results", "increase")
    assert not found.negated and found.maintained is False
    wellbeing = [e for e in ANNOTATOR.annotate(seeds["seed:000"].record) if e.theme == THEME.wellbeing]
    assert "decrease" in {e.direction for e in wellbeing if e.role == "finding"}
    (named,) = burnout("002")
    assert (named.role, named.section, named.section_by) == ("background", "objective", "heading: Purpose")
    (found,) = burnout("003")
    assert (found.role, found.section, found.hedged) == ("finding", "results", True)
    assert burnout("001") == burnout("004") == []
