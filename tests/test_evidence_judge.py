"""What the rules call a report, and what of it is believed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loaders.evidence import REPORTING, Annotator, field, judge
from loaders.record import Evidence, Publication, Record
from ontology.terms import THEME

ANNOTATOR = Annotator()

ESSAY = (
    "Who looks after those who look after us? This essay asks what care owes to its workers. Ward life is built on "
    "goodwill. Philosophers from Aristotle on have thought about duty. It is time to think again about what we owe "
    "each other. {}"
)
STUDY = (
    "Background: Little is known about night work. Methods: We surveyed 412 nurses on twelve wards and used regression "
    "models. Mean age was 41 years. Results: Response was 68%. {} Conclusions: Night work matters for wards."
)


def on_burnout(text: str, sentence: str, title: str = "") -> Evidence:
    record = Record("test", "1", title, Publication(), abstract=text.format(sentence))
    (found,) = (e for e in ANNOTATOR.annotate(record) if e.theme == THEME.burnout and field(e) == "abstract")
    return found


def test_the_same_words_are_believed_of_a_study_and_not_of_an_essay() -> None:
    sentence = "Burnout is thus the price of goodwill."
    assert on_burnout(STUDY, sentence).role == "finding"
    essay = on_burnout(ESSAY, sentence, "Why we must care: an essay")
    assert essay.role == "background"
    assert essay.role_by == "concludes from results, but reads like what was known or thought before"


@pytest.mark.parametrize(
    "sentence",
    [
        "Smith et al. (2010) found that burnout rose.",
        "Smith and colleagues have reported less burnout in pairs.",
        "Previous studies have shown high levels of burnout among nurses (55%).",
        "In an earlier trial, burnout fell by a third.",
    ],
)
def test_what_others_found_is_background_wherever_it_stands(sentence: str) -> None:
    told = "tells what others found"
    assert (on_burnout(STUDY, sentence).role, on_burnout(STUDY, sentence).role_by) == ("background", told)
    assert on_burnout(STUDY, f"{sentence[:-1]}, and our study agrees.").role_by != told


@pytest.mark.parametrize(
    "sentence",
    [
        "We measured burnout with the Maslach Burnout Inventory in 200 nurses.",
        "Outcomes were burnout and job satisfaction.",
        "Primary outcome: burnout at 12 months.",
    ],
)
def test_what_a_named_scale_measures_and_an_outcome_are_measured_in_the_shortest_study(sentence: str) -> None:
    found = on_burnout("Nurses work hard. {} Response was 70%. Mean age was 40 years. Rest helps.", sentence)
    assert (found.role, found.section) == ("measured", "methods")


def test_a_gap_is_no_result_where_the_section_was_guessed() -> None:
    plain = STUDY.replace("Background: ", "").replace("Methods: ", "").replace("Results: ", "")
    found = on_burnout(plain.replace("Conclusions: ", ""), "Little is known about burnout.")
    assert (found.role, found.role_by, found.negated) == ("background", "names a gap in knowledge", False)


@pytest.mark.parametrize("text", [ESSAY, STUDY])
@pytest.mark.parametrize(
    "sentence", ["Burnout fell (p < .01).", "Burnout is a matter of justice.", "We measured burnout."]
)
def test_what_is_reported_is_as_sure_as_it_has_to_be(text: str, sentence: str) -> None:
    found = on_burnout(text, sentence)
    assert (found.role in REPORTING) <= (found.confidence >= judge.BELIEVED)


def test_a_short_text_is_taken_at_its_word() -> None:
    record = Record("test", "1", "", Publication(), abstract="Conclusions: Burnout is thus the price of goodwill.")
    (found,) = ANNOTATOR.annotate(record)
    assert (found.role, found.role_by) == ("finding", "concludes from results")


def test_a_way_of_doing_research_is_never_made_a_finding() -> None:
    record = Record("test", "1", "", Publication(), abstract=STUDY.format("The survey showed much burnout."))
    roles = {e.role for e in ANNOTATOR.annotate(record) if e.theme == THEME["survey-questionnaire"]}
    assert not roles & REPORTING


TREES = st.recursive(
    st.floats(-9, 9).map(lambda odds: round(odds, 3) + 0.0),
    lambda inner: st.tuples(st.sampled_from(["we", "place: first", "number"]), inner, inner),
    max_leaves=12,
)


@given(st.lists(TREES, max_size=4))
def test_trees_are_read_as_they_were_written(trees: list[judge.Tree]) -> None:
    lines = [line for tree in trees for line in judge.written(tree)]
    assert list(judge.parsed(iter(lines))) == trees


def test_a_chance_adds_up_what_the_trees_say() -> None:
    trees: list[judge.Tree] = [("we", 1.0, -1.0), ("number", ("we", 2.0, 0.5), 0.0)]
    assert judge.chance({"we", "number"}, -3.0, trees) == pytest.approx(0.5)
    assert judge.chance(set(), 0.0, trees) < 0.5
