"""Which way a finding goes, through the annotator's front door."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loaders.evidence import Annotator, field
from loaders.record import Evidence, Publication, Record
from ontology.terms import DIRECTION, THEME

ANNOTATOR = Annotator()


def found(text: str) -> dict[str, Evidence]:
    """What results of this text say, by theme."""
    record = Record("test", "1", "", publication=Publication(), abstract=f"Results: {text}")
    return {THEME.local(e.theme): e for e in ANNOTATOR.annotate(record) if field(e) == "abstract"}


def way(text: str, theme: str = "burnout") -> str | None:
    return found(text)[theme].direction


@pytest.mark.parametrize(
    ("sentence", "direction"),
    [
        ("There was an increase in burnout after four months.", "increase"),
        ("Burnout was significantly higher among night staff.", "increase"),
        ("Burnout was higher in nurses than in doctors.", "increase"),
        ("Nurses had significantly higher levels of burnout compared with doctors.", "increase"),
        ("Nurses were more likely to report burnout than doctors.", "increase"),
        ("Higher workload predicted higher burnout.", "increase"),
        ("Burnout worsened over the winter.", "increase"),
        ("Burnout continued to rise.", "increase"),
        ("Burnout soared among nurses.", "increase"),
        ("Burnout rose by a third.", "increase"),
        ("Burnout plummeted, but sleep was stable.", "decrease"),
        ("Burnout increased and stress did not change.", "increase"),
        ("Anxiety fell and levels of burnout increased.", "increase"),
        ("Burnout was higher and depression was lower.", "increase"),
        ("Anxiety significantly increased and burnout significantly decreased.", "decrease"),
        ("Without supervision, burnout rose.", "increase"),
        ("Burnout tended to fall.", "decrease"),
        ("The merger negatively affected burnout.", "increase"),
        ("The lack of rest increased burnout.", "increase"),
        ("Compared with nurses who had no children, higher burnout was seen among mothers.", "increase"),
        ("Burnout decreased in both wards.", "decrease"),
        ("Anxiety, depression and burnout decreased.", "decrease"),
        ("Rest reduced burnout and anxiety.", "decrease"),
        ("Nurses were less likely to report burnout.", "decrease"),
        ("Age was associated with lower burnout.", "decrease"),
        ("The programme was effective in reducing burnout.", "decrease"),
        ("The programme improved burnout.", "decrease"),
        ("Burnout was lower on quiet wards.", "decrease"),
    ],
)
def test_a_theme_that_goes_a_way(sentence: str, direction: str) -> None:
    assert way(sentence) == direction


@pytest.mark.parametrize(
    "sentence",
    [
        "There was no significant difference in burnout between the wards.",
        "Burnout did not change.",
        "Burnout did not increase.",
        "No increase in burnout was seen.",
        "The programme did not reduce burnout.",
        "The workshop had no effect on burnout.",
        "Burnout was not associated with age.",
        "There was no association between burnout and age.",
        "Burnout remained stable.",
        "Sleep improved, whereas burnout did not.",
        "There was little change in burnout.",
        "Burnout hardly changed.",
        "Burnout was no longer significant after adjustment.",
    ],
)
def test_what_is_denied_is_no_change(sentence: str) -> None:
    assert way(sentence) == "no-change"


@pytest.mark.parametrize(
    "sentence",
    [
        "Burnout was associated with age.",
        "Burnout predicted how long staff stayed.",
        "Burnout was a risk factor for sick leave.",
        "Burnout was associated with lower job satisfaction.",
        "Higher burnout predicted lower job satisfaction.",
        "Burnout was negatively associated with sleep.",
        "Workload contributed to burnout.",
        "Nurses with higher burnout were more likely to leave.",
        "Not feeling safe at work was associated with burnout.",
        "Lack of rest was associated with burnout.",
        "Those not working at night had stress related to burnout.",
    ],
)
def test_what_is_related_goes_no_way_of_its_own(sentence: str) -> None:
    assert way(sentence) == "association"


@pytest.mark.parametrize(
    ("theme", "sentence"),
    [
        ("burnout", "Burnout was described by nurses in many words."),
        ("burnout", "Levels of burnout were high among nurses."),
        ("burnout", "In all, 58% of nurses reported burnout."),
        ("covid-19", "Anxiety rose during the COVID-19 pandemic."),
        ("children-young-people", "Anxiety rose among children."),
    ],
)
def test_a_level_or_whom_a_finding_is_about_goes_no_way(theme: str, sentence: str) -> None:
    assert way(sentence, theme) is None


@pytest.mark.parametrize(
    ("theme", "sentence", "direction"),
    [
        ("wellbeing", "The programme improved wellbeing.", "increase"),
        ("wellbeing", "The merger had a negative impact on wellbeing.", "decrease"),
        ("mental-health", "Mental health deteriorated.", "decrease"),
        ("sleep", "Insomnia increased.", "increase"),
        ("sleep", "The course improved insomnia.", "decrease"),
    ],
)
def test_getting_better_is_more_of_one_theme_and_less_of_another(theme: str, sentence: str, direction: str) -> None:
    assert way(sentence, theme) == direction


def test_what_people_are_without_denies_nothing_of_them() -> None:
    assert way("Single nurses without children also had increased burnout.") == "increase"
    assert way("Those not working from home reported higher burnout.") == "increase"


def test_half_of_a_compound_word_is_no_cue() -> None:
    assert way("Wards differed in pandemic-unrelated worries, and burnout fell.") == "decrease"


def test_each_theme_takes_the_direction_of_its_own_clause() -> None:
    ways = found("There were decreases in wellbeing and aspects of job satisfaction, and an increase in burnout.")
    assert ways["wellbeing"].direction == ways["job-satisfaction"].direction == "decrease"
    assert ways["burnout"].direction == "increase"


WORDS = st.sampled_from(
    ["burnout", "no", "higher", "than", "fell", "was", "associated with", ",", "(", ")", "“", "–", ";"]
)


@settings(deadline=None)
@given(st.lists(WORDS, max_size=20))
def test_whatever_stands_around_a_theme_its_direction_is_one_of_the_vocabulary(words: list[str]) -> None:
    for evidence in found(" ".join(words)).values():
        assert evidence.direction is None or evidence.direction in DIRECTION.names
