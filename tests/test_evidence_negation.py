"""What a negation reaches in a sentence, and what it only seems to, through the annotator's front door."""

import pytest

from loaders.evidence import Annotator, field
from loaders.record import Evidence, Publication, Record
from ontology.terms import THEME

ANNOTATOR = Annotator()


def on_burnout(text: str) -> Evidence:
    record = Record("test", "1", "", Publication(), abstract=text)
    (found,) = (e for e in ANNOTATOR.annotate(record) if e.theme == THEME.burnout and field(e) == "abstract")
    return found


@pytest.mark.parametrize(
    ("sentence", "negated"),
    [
        ("There was no burnout among the nurses.", True),
        ("Burnout did not differ between the wards.", True),
        ("Neither burnout nor workload fell.", True),
        ("Nurses worked without burnout.", True),
        ("Burnout, sleep and pay on these wards were not different.", True),
        ("Nurses with and without burnout slept badly.", False),
        ("Never-smokers had less burnout.", False),
        ("Burnout was not only common but severe.", False),
        ("Burnout fell, but sleep did not change.", False),
        ("Nurses did not have much burnout.", True),
        ("The effect on burnout may be small to non-existent.", True),
        ("No studies demonstrated an impact on burnout.", True),
        ("Most nurses with burnout in this sample did not seek help.", True),
        ("Burnout fell, experts said, and they thought that sleep did not change.", False),
        ("Supervision may reduce burnout, and weak evidence suggests there is no benefit of pay.", False),
        ("Related factors were burnout (1.5), not married (1.2) and night work.", False),
        ("Signs were contradictory goals; failure to rest; burnout.", False),
        ("Burnout was not solely an effect of night work.", False),
        ("Sleep did not change, whereas burnout fell.", False),
        ("None of the nurses was free of burnout.", False),
        ("Half of the nurses were free of burnout.", True),
        ("Burnout fell.", False),
    ],
)
def test_negation(sentence: str, negated: bool) -> None:
    assert on_burnout(f"Results: {sentence}").negated is negated


@pytest.mark.parametrize(
    ("sentence", "negated"),
    [
        ("Nurses spoke of a lack of burnout courses.", False),
        ("A lack of effect on burnout was clear.", True),
        ("Nurses were unable to speak of their burnout.", False),
        ("The trial was unable to show an effect on burnout.", True),
        ("Nurses with burnout described feeling unable to rest.", False),
        ("Several nurses were denied leave for burnout.", False),
        ("Nurses denied burnout.", True),
    ],
)
def test_what_is_wanting_or_refused_is_not_denied(sentence: str, negated: bool) -> None:
    assert on_burnout(f"Results: {sentence}").negated is negated


@pytest.mark.parametrize(
    "sentence",
    [
        "Those not working at night reported more burnout.",
        "Staff not at work reported more burnout.",
        "Nurses without children described more burnout.",
        "Nurses who did not smoke had less burnout.",
        "Nurses who do not drive presented burnout more often.",
        "Sleep was worse than in nurses without burnout.",
        "Most nurses with burnout reported no plans to leave.",
    ],
)
def test_whom_a_sentence_speaks_of_is_not_denied(sentence: str) -> None:
    assert not on_burnout(f"Results: {sentence}").negated


def test_a_verb_without_an_object_takes_its_negation_with_it() -> None:
    assert not on_burnout("Results: Nurses felt that their work did not matter and burnout spread.").negated


def test_a_negation_in_a_compound_word_denies_nothing_else() -> None:
    assert not on_burnout("Results: Wards differed in work-unrelated worries and in burnout.").negated


def test_what_no_evidence_was_found_for_is_denied() -> None:
    assert on_burnout("Results: We found no evidence that yoga is effective in reducing burnout.").negated


def test_an_adverb_denies_no_subject() -> None:
    assert not on_burnout("Results: The course lowered burnout scores, insignificantly raising pay.").negated


def test_doubled_spaces_change_nothing() -> None:
    assert on_burnout("Results: Burnout patterns were  not contingent on age.").negated


@pytest.mark.parametrize(
    "sentence",
    [
        "Not having burnout was associated with better sleep.",
        "Factors such as age, not having burnout, and pay could cause differences.",
        "Having no garden and burnout increased the risk of divorce.",
        "The absence of burnout predicted better sleep.",
    ],
)
def test_what_is_denied_in_the_subject_of_a_verb_is_not_what_is_told(sentence: str) -> None:
    assert not on_burnout(f"Results: {sentence}").negated


@pytest.mark.parametrize(
    ("sentence", "negated"),
    [
        ("Nurses were not fully aware of their burnout.", False),
        ("Washing of hands was not lower, with 65% reporting burnout.", False),
        ("Although most nurses described burnout, none sought help.", False),
        ("When it came to burnout, the ward did not make rules.", False),
        ("If burnout rises, sleep could in many of the nurses not improve.", False),
        ("Although nurses differed in burnout, the differences were not significant.", True),
        ("Burnout, however, did not change.", True),
        ("Burnout appeared to not be related to pay.", True),
        ("We spoke of sleep rather than burnout.", True),
        ("We spoke of sleep instead of work in nurses who had burnout.", False),
        ("Staff absent from work due to burnout slept badly.", False),
        ("Among nurses, no burnout was found.", True),
        ("Nurses with no burnout were younger.", False),
        ("Nurses reported having no burnout.", True),
    ],
)
def test_where_the_scope_of_a_negation_ends(sentence: str, negated: bool) -> None:
    assert on_burnout(f"Results: {sentence}").negated is negated


def test_a_gap_in_knowledge_is_no_negation() -> None:
    assert not on_burnout("Background: Little is known about burnout, and no research has asked.").negated


@pytest.mark.parametrize(
    "sentence",
    [
        "Although the change in sleep was not significant, the burnout and stress scores increased.",
        "Weight change was not prevalent and burnout increased.",
        "We do not exclude further burnout.",
    ],
)
def test_a_denied_clause_leaves_the_next_one_alone(sentence: str) -> None:
    assert not on_burnout(f"Results: {sentence}").negated


@pytest.mark.parametrize(
    ("sentence", "negated"),
    [
        ("Burnout and stress showed no significant change.", True),
        ("Burnout scores were 38 and 27, respectively, and did not change.", True),
        ("Neither pay nor age were associated with burnout.", True),
        ("Night work was associated with burnout, and this association did not vary by age.", False),
        ("Sleep was worse, compared to neurotypical adults without burnout.", False),
        ("Night work has an effect on burnout and has no effect on pay.", False),
        ("The course increased burnout, energy and pay, had no impact on sleep, and ended.", False),
        ("Nurses whose pay was not enough endorsed higher burnout.", False),
        ("Nurses who lived alone and did not report burnout had less pay.", False),
        ("Half of the nurses described burnout, without significant difference between wards.", True),
        ("We found that burnout did not change.", True),
    ],
)
def test_whose_verb_is_denied(sentence: str, negated: bool) -> None:
    assert on_burnout(f"Results: {sentence}").negated is negated


@pytest.mark.parametrize(
    ("sentence", "negated"),
    [
        ("No difference was seen, according to the level of burnout.", True),
        ("No differences were seen in pay, the length of the night shifts on wards, or burnout.", True),
        ("No differences were seen in pay, sleep, and hours of burnout for one ward versus the other of them.", True),
        ("No differences were seen in pay, sleep was longer, and burnout rose.", False),
        ("No difference was found between nurses who moved and nurses who stayed regarding burnout.", True),
        ("Associations could be seen with pay, while no association could be seen with burnout.", True),
        ("No difference was seen between the wards, apart from burnout.", False),
        ("Risk factors were night work, no partner, and burnout.", False),
        ("Nurses were young, not employed, and described burnout.", False),
        ("Signs were pay unchanged, age and burnout.", False),
        ("Ten percent reported no change and 20% reported burnout.", False),
        ("Half of the nurses never smoked tobacco and reported more burnout.", False),
        ("Although pay did not change, scores of burnout were higher.", False),
        ("There was no evidence that burnout is due to pay.", True),
        ("The data do not support the view that yoga is a cure for burnout.", True),
        ("Most nurses did not think that they had burnout.", True),
        ("Pay did not matter, nor was burnout common.", True),
        ("No shift was able to lower burnout.", True),
        ("Night work did not strongly and lastingly raise burnout.", True),
        ("Pay did not change the use of cars and burnout reduced the number of trips.", False),
        ("Not having a bed was associated with burnout.", False),
        ("Factors associated with not having a bed included burnout.", False),
    ],
)
def test_how_far_a_negation_reaches_on(sentence: str, negated: bool) -> None:
    assert on_burnout(f"Results: {sentence}").negated is negated


@pytest.mark.parametrize(
    ("sentence", "negated"),
    [
        ("Burnout was common, and no difference was found between wards.", True),
        ("For burnout, no significant predictors were found.", True),
        ("As for burnout, there was no change.", True),
        ("For burnout, there was no bed.", False),
        ("Burnout, on the other hand, was not related to pay.", True),
        ("Burnout was mostly unrelated to pay.", True),
        ("The effect on burnout was small and non-significant.", True),
        ("Burnout showed only small or no changes.", True),
        ("Burnout caused no change in pay.", True),
        ("Burnout cannot be called a cause of divorce.", True),
        ("Work in the wards was associated with more burnout than unchanged work.", False),
        ("The course lowered burnout, with a non-significant difference in pay.", False),
        ("Nurses with burnout said that half of the wards had no beds.", False),
        ("Despite more burnout, sleep did not worsen.", False),
        ("Although burnout rose, pay, which was low, did not change.", False),
        ("Although burnout rose in June, in line with our forecasts, the change was not significant.", True),
        ("Nurses rest less, feel burnout, and their sleep is not improving.", False),
        ("Half of the nurses had burnout and 20% had no bed.", False),
        ("Burnout spread over the wards and worried staff, and pay did not change.", False),
        ("Burnout, measured by a scale, and sleep did not change.", True),
        ("Causes were burnout, failure to rest, and age.", False),
    ],
)
def test_how_far_a_negation_reaches_back(sentence: str, negated: bool) -> None:
    assert on_burnout(f"Results: {sentence}").negated is negated


@pytest.mark.parametrize(
    ("sentence", "negated"),
    [
        ("Burnout had not been reduced by the course.", True),
        ("Burnout had not been studied on these wards.", False),
        ("Courses had not yet resulted in less burnout.", True),
        ("Never married nurses had burnout.", False),
        ("Pay was more often than not combined with burnout.", False),
        ("These results do not negate the weight of burnout.", False),
        ("Most nurses went without a bed for burnout.", False),
        ("For nurses without burnout, sleep improved.", False),
        ("Sleep was longer in nurses without children and in nurses with burnout.", False),
        ("Individuals reporting no burnout showed more joy.", False),
        ("Nurses with little and no burnout were younger.", False),
        ("Sleep should not be forgotten and burnout could spread.", False),
        ("The main reason for not naming burnout was shame.", False),
    ],
)
def test_what_only_sounds_like_a_denial(sentence: str, negated: bool) -> None:
    assert on_burnout(f"Results: {sentence}").negated is negated


@pytest.mark.parametrize(
    ("sentence", "hedged"),
    [
        ("Supervision may lower burnout.", True),
        ("Burnout among nurses is likely to last.", True),
        ("Burnout, on the other hand, might last.", True),
        ("Supervision shows promise for burnout.", True),
        ("Our findings highlight the potential of supervision in burnout.", True),
        ("In May burnout was more common.", False),
        ("May supervision have lowered burnout?", True),
        ("Nurses tended to report burnout.", False),
        ("Burnout could be predicted by pay.", False),
        ("Supervision potentially lowers burnout.", True),
        ("The results suggested a link with burnout.", True),
        ("It is possible to lower burnout.", False),
        ("Nurses face potentially harmful nights on wards where they work with burnout.", False),
        ("Our findings suggest a cause and show that burnout is common.", False),
        ("With courses for burnout, sleep may improve.", False),
        ("People who have burnout are likely to have several symptoms.", False),
    ],
)
def test_what_makes_a_finding_less_than_sure(sentence: str, hedged: bool) -> None:
    assert on_burnout(f"Results: {sentence}").hedged is hedged


def test_the_world_health_organization_begins_no_clause() -> None:
    assert on_burnout("Results: Scores of burnout, WHO-5 and HADS did not differ.").negated
