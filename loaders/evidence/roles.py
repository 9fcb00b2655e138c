"""What a sentence does with a theme: the rules that give the role, each by a name that explains it."""

from loaders.evidence import checks, cues, phrases
from loaders.evidence.checks import Named
from loaders.evidence.headings import BACKGROUND, CONCLUSIONS, METHODS, OBJECTIVE, RESULTS
from loaders.evidence.reading import Reading

AIM, MEASURED, FINDING, CONTEXT, RECOMMENDATION, KEYWORD = ROLES = (
    "aim", "measured", "finding", "background", "recommendation", "keyword",
)  # fmt: skip
REPORTING = frozenset((MEASURED, FINDING))
"""The roles that make a study report a theme: members of role:reporting in ontology/vocabularies.ttl."""
OF_OTHERS = "tells what others found"
BY_NAME = "names what measures it"


def role(reading: Reading, section: str, named: Named) -> tuple[str, str]:
    """The role of a theme in a sentence of a section, and what in the sentence gave it."""
    if phrases.NOTE.match(reading.text):
        return CONTEXT, "a note of the publisher"
    if section in (BACKGROUND, OBJECTIVE) and phrases.ENDPOINT.search(reading.hay, 0, named.start + 1):
        section = METHODS
    if section != METHODS and checks.told_of_others(reading, named):
        return CONTEXT, OF_OTHERS
    given, why = _ROLES[section](reading, named)
    if named.approach and given in REPORTING:
        return CONTEXT, "names how the study was done"
    if given in REPORTING and not named.instrument and checks.in_a_name(reading, named):
        return CONTEXT, "is part of a name"
    if given == FINDING and named.planned:
        if reading.before(named.start, cues.AIM) or phrases.ASKS.match(reading.hay):
            return AIM, "a plan that states an aim"
        if reading.has(cues.CITED, cues.GENERAL):
            return CONTEXT, "a plan that speaks of what is known"
        stated = section != CONCLUSIONS or phrases.ENDPOINT.search(reading.hay)
        if stated and checks.measures(reading, named):
            return MEASURED, "a plan that says what is measured"
        asks = reading.has(cues.AIM, cues.ASK, cues.FUTURE)
        return AIM if asks else CONTEXT, "a plan, which has found nothing yet"
    return given, why


def _in_background(r: Reading, named: Named) -> tuple[str, str]:
    if r.before(named.start, cues.AIM):
        return AIM, "an aim is stated before it"
    literature = r.has(cues.CITED, cues.GENERAL, cues.GAP)
    if r.has(cues.AIM, cues.ASK) and not literature:
        return AIM, "states an aim"
    if named.model and r.has(cues.OWN) and not literature:
        return FINDING, "states a result, in what was taken for background"
    if named.model and phrases.VIA.search(r.hay) and not literature:
        return MEASURED, "says what was measured, in what was taken for background"
    if named.model and phrases.URGES.search(r.hay):
        return RECOMMENDATION, "recommends, in what was taken for background"
    return CONTEXT, "background of the study"


def _in_objective(r: Reading, _: Named) -> tuple[str, str]:
    if r.has(cues.AIM, cues.ASK) or phrases.TO.match(r.text) or r.text.rstrip().endswith("?"):
        return AIM, "states an aim"
    if r.has(cues.CITED, cues.GENERAL, cues.GAP):
        return CONTEXT, "speaks of what is known"
    if not phrases.STATES.search(r.hay):
        return AIM, "names an aim"
    return CONTEXT, "a statement among the aims"


def _in_methods(r: Reading, named: Named) -> tuple[str, str]:
    if named.instrument or checks.scaled(r, named):
        return MEASURED, BY_NAME
    if named.model and phrases.URGES.search(r.hay):
        return RECOMMENDATION, "recommends, in what was taken for methods"
    if " would " in r.hay and not r.has(cues.DONE):
        return AIM, "speaks of what is to come"
    if phrases.DESCRIBING.match(named.heading) and not phrases.QUESTIONS.search(r.hay, 0, named.start + 1):
        return CONTEXT, "the heading only describes"
    measuring = phrases.MEASURING.search(named.heading)
    if not measuring and (checks.aimed(r, named) or checks.conducted_for(r, named)):
        return AIM, "an aim is stated before it"
    if named.model and not r.has(cues.DONE) and phrases.FOUND.search(r.hay):
        return FINDING, "states a result, in what was taken for methods"
    if checks.who_was_studied(r, named):
        return CONTEXT, "says who was studied"
    if measuring or (
        checks.measures(r, named) and (not named.model or phrases.PAST.search(r.hay) or checks.outcome(r, named))
    ):
        return MEASURED, "a measuring word governs it"
    return CONTEXT, "described, not measured"


def _in_results(r: Reading, named: Named) -> tuple[str, str]:
    if checks.asks(r, named):
        return AIM, "asks, in what was taken for results"
    if checks.cites(r, named):
        return CONTEXT, "speaks of what is known"
    if named.model and phrases.LITTLE_KNOWN.search(r.hay):
        return CONTEXT, "names a gap in knowledge"
    if checks.adjusted_for(r, named):
        return CONTEXT, "only adjusted for"
    if r.follows(named.start, cues.PLACE):
        return CONTEXT, "says where it was done"
    if r.before(named.start, cues.RECOMMEND) and " recommend" in r.hay:
        return RECOMMENDATION, "recommends"
    if named.model and checks.recommends(r, named) and not r.has(cues.OWN, cues.SAME):
        return RECOMMENDATION, "recommends, in what was taken for results"
    if checks.speaks_of_itself(r, named):
        return AIM, "says what the document deals with"
    if comment := checks.comments(r, named):
        return CONTEXT, comment
    plain = not r.has(*cues.DIRECTIONS)
    bare = not r.has(*phrases.RESULT, cues.LINK)
    if phrases.MEAN_AGE.search(r.hay, 0, named.start + 1) or (bare and checks.counted(r, named)):
        return CONTEXT, "says who was studied"
    if plain and (r.has(cues.SAMPLE) and (checks.who_was_studied(r, named) or not r.has(cues.MEASURE))):
        return CONTEXT, "says who was studied"
    if bare and phrases.BUILT.search(r.hay):
        return CONTEXT, "says what was made"
    if r.has(cues.FUTURE) and not named.planned and not phrases.FINITE.search(r.hay):
        return AIM, "speaks of what is to come"
    if named.model and bare and phrases.GROUP_DID.match(r.hay):
        return _in_methods(r, named)
    if plain and r.has(cues.DONE) and not named.planned:
        return _in_methods(r, named)
    return FINDING, "states a result"


def _in_conclusions(r: Reading, named: Named) -> tuple[str, str]:
    if checks.asks(r, named):
        return AIM, "asks, in what was taken for conclusions"
    if checks.recommends(r, named):
        return RECOMMENDATION, "recommends"
    if r.has(cues.GAP):
        return CONTEXT, "names a gap in knowledge"
    if r.has(cues.FUTURE) and not r.has(cues.OWN):
        return AIM, "speaks of what is to come"
    if checks.speaks_of_itself(r, named):
        return AIM, "says what the document deals with"
    if comment := checks.comments(r, named):
        return CONTEXT, comment
    if (checks.cites(r, named) or (named.model and r.has(cues.GENERAL))) and not r.has(cues.OWN):
        return CONTEXT, "speaks of what is known"
    return FINDING, "concludes from results"


_ROLES = {
    BACKGROUND: _in_background,
    OBJECTIVE: _in_objective,
    METHODS: _in_methods,
    RESULTS: _in_results,
    CONCLUSIONS: _in_conclusions,
}
