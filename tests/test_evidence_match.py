"""Phrases in texts: word boundaries, variants, longest match, wrong senses, a user's own scheme."""

import pickle
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loaders.evidence.finder import Finder
from loaders.evidence.match import Lexicon, fold, haystack, straight, words
from loaders.evidence.themes import SHIPPED, Theme, acronym, load, shipped, variants


def named(text: str, finder: Finder | None = None) -> set[tuple[str, str]]:
    """Each theme that a text names, with the words that name it."""
    themes = shipped()
    found = (finder or Finder(themes)).find({"abstract": text})["abstract"]
    return {(themes[m.theme].name, text[m.start : m.end]) for m in found}


@given(st.text())
def test_folding_keeps_every_offset(text: str) -> None:
    assert len(fold(text)) == len(text)


@given(st.text(max_size=60), st.text(max_size=60))
def test_what_is_found_stands_at_its_offsets_as_whole_words(before: str, after: str) -> None:
    text = f"{before} Burn-Out {after}"
    found = Lexicon([("burn out", 1)]).find(haystack(text))
    assert (len(before) + 1, len(before) + 9, 1) in found
    for start, end, _ in found:
        assert fold(text[start:end]) == "burn out"
        assert not text[start - 1 : start].isalnum()
        assert not text[end : end + 1].isalnum()


def test_a_star_stands_for_an_ending_and_nothing_else_does() -> None:
    lexicon = Lexicon([("emotional* exhaust*", "a"), ("cost", "b")])
    assert [payload for *_, payload in lexicon.find(haystack("emotionally exhausted, costly costimulation"))] == ["a"]
    assert lexicon.find(haystack("The COST.")) == [(4, 8, "b")]


def test_a_pattern_without_a_beginning_is_refused() -> None:
    with pytest.raises(ValueError, match="begin"):
        Lexicon([("*ness", 1)])


def test_a_lexicon_can_be_sent_to_another_process() -> None:
    again = pickle.loads(pickle.dumps(Lexicon([("burnout", 1)])))
    assert again.find(haystack("burnout")) == [(0, 7, 1)]


@pytest.mark.parametrize(
    ("label", "form"),
    [
        ("well-being", "wellbeing"),
        ("hospitalisation", "hospitalization"),
        ("behaviour therapy", "behavior therapies"),
        ("patient-centered care", "patient-centred care"),
        ("programme evaluation", "program evaluation"),
        ("boundary", "boundaries"),
        ("PSW", "PSWs"),
    ],
)
def test_spelling_and_number_do_not_matter(label: str, form: str) -> None:
    assert form in variants(label)


def test_capitals_count_for_an_acronym_alone() -> None:
    assert acronym("MBI")
    assert not acronym("Burnout")
    context = "for mental health recovery, peer support"
    assert ("recovery", "WRAP") in named(f"A WRAP plan {context}.")
    assert ("recovery", "wrap") not in named(f"They wrap up {context}.")


@pytest.mark.parametrize(
    ("text", "theme"),
    [
        ("The alloy failed under tensile stress and shear stress.", "stress"),
        ("Oxidative stress and ST segment depression were seen.", "stress"),
        ("Exercise testing showed ST depression in patients.", "depression"),
        ("The MBI (Modified Barthel Index) rose after stroke.", "burnout"),
        ("Retention of data is regulated by law.", "retention-turnover"),
        ("Urinary retention occurred in nursing home patients.", "retention-turnover"),
        ("Two solvents were employed to reduce lipids.", "employment"),
        ("We hope that this helps patients.", "hope"),
        ("Functional recovery of the nerve was complete.", "recovery"),
        ("Caution should be exercised by readers.", "physical-activity"),
        ("Proton pump inhibitors (PPI) were given to patients.", "service-user-involvement"),
        ("Residents of the nursing home were frail.", "staff-training"),
        ("A prospective, non-randomised comparison of two splints.", "rct"),
        ("Suicide bombings filled the trauma centre.", "suicide-self-harm"),
        ("Item difficulty and discrimination were computed for a social attitudes test.", "stigma"),
        ("Monthly expenditure on slot machines, and other gambling indicators.", "costs-economics"),
        ("Skeletal surveys of patients were reported by a radiologist.", "survey-questionnaire"),
        ("Detection of dilated pupils by a microscope of the iris.", "children-young-people"),
        (
            "Pupils were wider by a fifth in the second group. "
            + "Light was dimmed in steps of five minutes. " * 5
            + "The iris was filmed.",
            "children-young-people",
        ),
    ],
)
def test_a_label_in_another_sense_names_nothing(text: str, theme: str) -> None:
    assert theme not in {name for name, _ in named(text)}


@pytest.mark.parametrize(
    ("text", "theme"),
    [
        ("Nurses under stress reported poor wellbeing.", "stress"),
        ("Staff completed the MBI for burnout.", "burnout"),
        ("Burnout and retention are concerns for peer workers.", "retention-turnover"),
        ("Depressed patients with anxiety took part.", "depression"),
        ("Well- being and burn-out were measured.", "burnout"),
        ("Nurses’ attitudes differed.", "staff-attitudes"),
        ("Feelings of emotional exhaustion prevailed.", "burnout"),
        ("Uncertainty about identity and unclear role boundaries.", "role-identity"),
        ("Fears of job insecurity grew.", "job-insecurity"),
        ("Gamblers told of other addictions.", "substance-use"),
        ("Hospital records of patients were audited against standards.", "quality-safety"),
        ("Length of ICU stay was shorter.", "hospitalisation"),
        ("Pupils were taught in small classes.", "children-young-people"),
    ],
)
def test_a_label_in_its_own_sense_names_the_theme(text: str, theme: str) -> None:
    assert theme in {name for name, _ in named(text)}


@pytest.mark.parametrize(
    ("text", "matched"),
    [
        ("Low job  satisfaction", "job  satisfaction"),
        ("𝒳 e\u0301 re\u0301silience.", "re\u0301silience"),
        ("Their re\u0301silience\u0301", "re\u0301silience\u0301"),
        ("eﬀects of self-eﬃcacy  ﬁrst", "self-eﬃcacy"),
    ],
)
def test_spaces_accents_and_ligatures_hide_no_label(text: str, matched: str) -> None:
    mentions = Finder(shipped()).find({"abstract": text})["abstract"]
    assert [text[m.start : m.end] for m in mentions] == [matched]


@given(
    st.lists(st.sampled_from([" ", "  ", "\t", "\n", "a", "é", "e\u0301", "\u0308", "ﬃ", "ﬁ", "-", "𝒳"])).map("".join)
)
def test_a_straightened_text_knows_where_it_came_from(text: str) -> None:
    plain, places = straight(text)
    if places is None:
        assert plain == text
        return
    assert len(places) == len(plain) + 1
    assert places == sorted(places)
    assert places[-1] == len(text)
    for at, char in enumerate(plain):
        assert char == text[places[at]] or text[places[at]].isspace() or text[places[at]] in "ﬃﬁ"


def test_a_label_may_be_written_with_accents_of_its_own(tmp_path: Path) -> None:
    scheme = tmp_path / "fr.ttl"
    scheme.write_text(
        "<https://example.org/e> a <http://www.w3.org/2004/02/skos/core#Concept> ; "
        '<http://www.w3.org/2004/02/skos/core#prefLabel> "E\u0301puisement"@fr .'
    )
    finder = Finder(load(scheme))
    assert all(finder.find({"title": text})["title"] for text in ("épuisement", "e\u0301puisement", "EPUISEMENT"))


def test_the_longest_label_wins() -> None:
    assert named("post-traumatic stress disorder") == {("ptsd-trauma", "post-traumatic stress disorder")}


def test_every_shipped_label_finds_its_own_theme_in_its_own_company() -> None:
    finder = Finder(shipped())
    for theme in shipped():
        company = " ".join(context.replace("*", "") for context in theme.contexts)
        for label in (theme.label, *theme.instruments):
            assert theme.name in {name for name, _ in named(f"{label}. {company}", finder)}, label


def test_a_scheme_of_ones_own_is_read_and_works_like_ours(tmp_path: Path) -> None:
    scheme = tmp_path / "own.ttl"
    scheme.write_text(
        """@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
        @prefix evg: <https://w3id.org/evidencegraph/ns#> .
        <https://example.org/t#snoezelen> a skos:Concept ; skos:prefLabel "Sinnesraum"@de , "Sensory room"@en ;
          evg:commonplace true ; skos:altLabel "snoezelen" ; skos:hiddenLabel "сенсорная комната" .
        <https://example.org/t#nameless> a skos:Concept ."""
    )
    themes = load(scheme)
    assert [(theme.iri, theme.label) for theme in themes] == [("https://example.org/t#snoezelen", "Sensory room")]
    assert (themes[0].commonplace, themes[0].ubiquitous) == (True, False)
    found = Finder(themes).find({"title": "Sensory-rooms", "abstract": "В сенсорная комната и Snoezelen."})
    assert [(m.start, m.end) for m in found["title"]] == [(0, 13)]
    assert [(m.start, m.end) for m in found["abstract"]] == [(2, 19), (22, 31)]


def test_a_file_that_is_no_scheme_is_refused_with_the_reason(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="concept scheme"):
        load(tmp_path / "themes.xlsx")
    broken = tmp_path / "broken.ttl"
    broken.write_text("<a> <b>")
    with pytest.raises(SyntaxError):
        load(broken)


PREFIXES = """@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
@prefix evg: <https://w3id.org/evidencegraph/ns#> .
@prefix direction: <https://w3id.org/evidencegraph/direction/> .
"""


@pytest.mark.parametrize("value", ['"decrease"', "direction:association", "<https://example.org/down>"])
def test_an_improvement_that_is_no_direction_is_refused_with_the_reason(tmp_path: Path, value: str) -> None:
    scheme = tmp_path / "mine.ttl"
    scheme.write_text(
        f'{PREFIXES}<https://example.org/a> a skos:Concept ; skos:prefLabel "A" ; evg:improvementIs {value} .'
    )
    with pytest.raises(ValueError, match="improvementIs is direction:increase or direction:decrease"):
        load(scheme)


def test_what_else_a_scheme_may_look_like(tmp_path: Path) -> None:
    scheme = tmp_path / "mine.ttl"
    scheme.write_text(
        f"""\ufeff{PREFIXES}
        <https://example.org/snoezelen/> a evg:Theme ; skos:prefLabel "Sensory room"@en ; evg:approach "1" ;
          skos:altLabel <https://example.org/no-label> ; evg:improvementIs direction:decrease .""",
        encoding="utf-8",
    )
    (theme,) = load(scheme)
    assert (theme.name, theme.approach, theme.improvement) == ("snoezelen", True, "decrease")
    assert theme.labels == ("Sensory room", "Sensory rooms")


def test_the_shipped_scheme_is_a_tree_of_described_concepts() -> None:
    import rdflib
    from rdflib.namespace import RDF, SKOS

    graph = rdflib.Graph().parse(SHIPPED)
    concepts = set(graph.subjects(RDF.type, SKOS.Concept))
    assert len(concepts) >= 60
    for concept in concepts:
        assert len(list(graph.objects(concept, SKOS.prefLabel))) == 1, concept
        assert graph.value(concept, SKOS.definition), concept
        seen = {concept}
        at = concept
        while (above := graph.value(at, SKOS.broader)) is not None:
            assert above in concepts and above not in seen, concept
            seen.add(above)
            at = above
        assert graph.value(at, SKOS.topConceptOf), concept
        exact = set(graph.objects(concept, SKOS.exactMatch))
        assert len(exact) <= 1, "two exact matches in one vocabulary would make its headings the same"
        matches = [o for p in (SKOS.exactMatch, SKOS.closeMatch, SKOS.narrowMatch, SKOS.broadMatch, SKOS.relatedMatch)
                   for o in graph.objects(concept, p)]  # fmt: skip
        assert len(matches) == len(set(matches)), f"{concept}: a heading is matched in one way alone"
    labels = [str(label) for concept in concepts for label in graph.objects(concept, SKOS.prefLabel)]
    assert len(labels) == len(set(labels))


@pytest.mark.real
def test_every_mesh_heading_is_one_that_exists(shared: Path) -> None:
    import csv
    import gzip

    import rdflib

    with gzip.open(shared / "registries" / "mesh_entry_terms_all.tsv.gz", "rt", encoding="utf-8") as file:
        known = {row["DescriptorUI"] for row in csv.DictReader(file, delimiter="\t")}
    mesh = "http://id.nlm.nih.gov/mesh/"
    used = {str(o).removeprefix(mesh) for o in rdflib.Graph().parse(SHIPPED).objects() if str(o).startswith(mesh)}
    assert len(used) > 200
    assert used <= known


@pytest.mark.real
def test_an_exact_match_is_called_as_its_theme_is(shared: Path) -> None:
    import csv
    import gzip

    import rdflib
    from rdflib.namespace import SKOS

    graph = rdflib.Graph().parse(SHIPPED)
    exact = {str(heading).rpartition("/")[2]: theme for theme, heading in graph.subject_objects(SKOS.exactMatch)}
    called: dict[str, set[str]] = {heading: set() for heading in exact}
    with gzip.open(shared / "registries" / "mesh_entry_terms_all.tsv.gz", "rt", encoding="utf-8") as file:
        for row in csv.DictReader(file, delimiter="\t"):
            if row["DescriptorUI"] in called:
                called[row["DescriptorUI"]].add(words(row["TermName"]))
    for heading, theme in exact.items():
        labels = [label for p in (SKOS.prefLabel, SKOS.altLabel) for label in graph.objects(theme, p)]
        assert called[heading] & {words(form) for label in labels for form in variants(str(label))}, theme


def test_themes_are_told_apart_by_their_iris() -> None:
    assert len({theme.iri for theme in shipped()}) == len(shipped())
    assert isinstance(shipped()[0], Theme)


def test_a_weak_label_that_a_pattern_covers_counts_unless_a_wrong_context_is_there() -> None:
    theme = Theme(
        iri="x/resilience",
        label="Resilience",
        labels=("resilien*",),
        weak=("resilience",),
        contexts=("nurses",),
        wrong_contexts=("forest",),
    )
    finder = Finder([theme])

    def count(text: str) -> int:
        return len(finder.find({"abstract": text})["abstract"])

    assert count("Resilience rose.") == 1
    assert count("Resilience of a forest rose.") == 0
    assert count("A forest burned. " + "The town was safe. " * 20 + "Resilience of nurses rose.") == 1
