"""What a sentence does with a theme: the rules that give the role, each by a name that explains it."""

import re
from dataclasses import dataclass

from loaders.evidence import cues
from loaders.evidence.headings import BACKGROUND, CONCLUSIONS, METHODS, OBJECTIVE, RESULTS
from loaders.evidence.reading import Reading

AIM, MEASURED, FINDING, CONTEXT, RECOMMENDATION, KEYWORD = ROLES = (
    "aim", "measured", "finding", "background", "recommendation", "keyword",
)  # fmt: skip
REPORTING = frozenset((MEASURED, FINDING))
"""The roles that make a study report a theme: members of role:reporting in ontology/vocabularies.ttl."""


def _word_set(words: str) -> str:
    """An alternative of words, for a regular expression; white space parts them."""
    return "(?:" + "|".join(words.split()) + ")"


_TO = re.compile(r"\W*(?:[Tt]o|TO) [a-z]")
_STATES = re.compile(
    " "
    + _word_set(
        """is are was were has have had can may might could will would do does did requires? remains? suggests?
        experience affects? includes? needs? shows? causes? leads?"""
    )
    + " "
)
# Words that show a theme's own words to be only part of a name for people, a treatment or a place.
_PART_OF = re.compile(
    r"\W*"
    + _word_set(
        r"""program(?:me)?s? interventions? treatments? therap(?:y|ies) clinics? patients? participants? groups?
        services? units? wards? training courses? apps? centres? centers? hospitals? schools? arms?
        conditions? sessions? lessons? survivors? sufferers? protocols? medications? classes modules?
        workshops? campaigns? manuals? specialists? experts?"""
    )
    + r"\b",
    re.IGNORECASE,
)
_PEOPLE = re.compile(
    _word_set(
        """child(?:ren)? adolescents? students? adults? wom[ae]n m[ae]n patients? carers? caregivers? nurses
        professionals? workers? staff infants? boys? girls? gamblers? people persons? individuals users?
        smokers? drinkers? survivors? refugees? immigrants? residents trainees? mothers? fathers? parents?
        physicians? gps practitioners? famil(?:y|ies) members? youths? bab(?:y|ies) neonates? newborns?
        psws? volunteers? providers? educators? pupils teenagers pregnant elderly obese overweight
        specialists? mentors? teams? seniors toddlers clinicians? doctors midwives pharmacists? therapists?
        teachers employed unemployed homeless schools? paediatric pediatric sedentary retired"""
    )
    + "$",
    re.IGNORECASE,
)
_OWNED = re.compile(
    r"(?:'s|’s|s'|s’|['’])?\s+"
    + _word_set(
        """burden strain satisfaction attitudes? perceptions? experiences? views? knowledge well stress quality
        perspectives? beliefs? needs? mortality health outcomes? mental reported self ratings? turnover
        retention support"""
    )
    + r"\b",
    re.IGNORECASE,
)
# Between a measuring cue and a theme: what shows that the theme is not what is measured.
_STOPPERS = re.compile(
    " (?:"
    + _word_set(
        r"""who whose which received? receiving randomi\w+ assigned allocated versus vs delivered attended
        attending recruited enrolled than participating undergoing invited eligible"""
    )
    + "|compared with|compared to|in patients|among patients|of patients|in people|based on) "
)
_AFTER = re.compile(r" (?:after|following|prior to|via|through) (?:\w+ ){0,3}$")
_SCALE = re.compile(
    r"\W*(?:[A-Z]\S* +){0,2}(?:[Rr]ating +)?(?:[Ss]cales?|[Ii]nventory|[Qq]uestionnaires?|[Ii]ndex|[Cc]hecklist)\b"
)  # "the … Depression Rating Scale"
_TREATMENT = re.compile(
    r"(?:interventions?|program(?:me)?s?|training|therap(?:y|ies)|treatments?|counsel\w+)$", re.IGNORECASE
)
_ASSESSED = re.compile(
    r" (?:was|were|be|been|being|is|are) (?:\w+ly |also |then )?"
    + _word_set(
        """assessed measured evaluated recorded collected determined quantified estimated rated scored examined
        explored compared analy[sz]ed investigated obtained monitored captured elicited"""
    )
    + " "
)
_SUBJECT = re.compile(
    r" (?:was|were|be|are) (?:then |also |\w+ly )?"
    + _word_set(r"randomi\w+ recruited enrolled included assigned allocated invited selected excluded divided eligible")
    + " "
)
_ASKS = re.compile(
    r" (?:in this (?:study|paper|article|review) )?(?:we|the (?:present|current) \w+|this \w+|the study) (?:\w+ ){0,2}?"
    + _word_set(
        "examin investigat explor assess evaluat test compar studied analy determin review aim sought seeks describe"
    )
    + r"\w* "
)
_FOUND = re.compile(
    r" (?:themes|findings were|categories|significant|significantly|revealed|unveiled|emerged|experiences reported"
    r"|reported (?:\w+ing|that|higher|lower|more|less)|participants described|participants felt|was associated"
    r"|were associated) "
)
_URGES = re.compile(
    r" (?:should|must|future research|further research|future studies|further studies|more research|is needed"
    r"|are needed) "
)
_DESCRIBING = re.compile(
    r"(?:interventions?|participants?|patients?|subjects?|settings?|population|sample)$", re.IGNORECASE
)
_MEASURING = re.compile(r"\b(?:outcomes?|measures?|measurements?|end ?points?|variables)\b", re.IGNORECASE)
_RESULT = frozenset((cues.UP, cues.DOWN, cues.BETTER, cues.WORSE, cues.SAME, cues.OWN))


@dataclass(frozen=True, slots=True)
class Named:
    """What names a theme at start..end of a sentence, and what is known of the theme and the record.

    `instrument`: it measures the theme. `approach`: the theme is a way of doing research. `planned`: the
    record is a registration or a protocol, which can have found nothing. `model`: the section was guessed.
    `heading`: the author's own, or "".
    """

    start: int
    end: int
    instrument: bool = False
    approach: bool = False
    planned: bool = False
    model: bool = False
    heading: str = ""


def role(reading: Reading, section: str, named: Named) -> tuple[str, str]:
    """The role of a theme in a sentence of a section, and the rule that gave it."""
    given, rule = _ROLES[section](reading, named)
    if named.approach and given in REPORTING:
        return CONTEXT, f"{section}: how the study was done"
    if given == FINDING and named.planned:
        if reading.before(named.start, cues.AIM):
            return AIM, "plan: aim cue"
        if reading.has(cues.CITED, cues.GENERAL):
            return CONTEXT, "plan: literature cue"
        if _measures(reading, named):
            return MEASURED, "plan: measuring cue"
        asks = reading.has(cues.AIM, cues.ASK, cues.FUTURE)
        return AIM if asks else CONTEXT, "plan: nothing found yet"
    return given, rule


def _in_background(r: Reading, named: Named) -> tuple[str, str]:
    if r.before(named.start, cues.AIM):
        return AIM, "background: aim cue before"
    literature = r.has(cues.CITED, cues.GENERAL, cues.GAP)
    if r.has(cues.AIM, cues.ASK) and not literature:
        return AIM, "background: aim cue"
    if named.model and r.has(cues.OWN) and not literature:
        return FINDING, "background by model: own result"
    if named.model and _URGES.search(r.hay):
        return RECOMMENDATION, "background by model: recommending cue"
    return CONTEXT, "background"


def _in_objective(r: Reading, _: Named) -> tuple[str, str]:
    if r.has(cues.AIM, cues.ASK) or _TO.match(r.text) or r.text.rstrip().endswith("?"):
        return AIM, "objective: aim cue"
    if r.has(cues.CITED, cues.GENERAL, cues.GAP):
        return CONTEXT, "objective: literature cue"
    if not _STATES.search(r.hay):
        return AIM, "objective: no statement"
    return CONTEXT, "objective: statement without aim"


def _in_methods(r: Reading, named: Named) -> tuple[str, str]:
    if named.instrument or _SCALE.match(r.text, named.end):
        return MEASURED, "methods: instrument"
    if named.model and _URGES.search(r.hay):
        return RECOMMENDATION, "methods by model: recommending cue"
    if _DESCRIBING.match(named.heading):
        return CONTEXT, "methods: heading that describes"
    asks = r.before(named.start, cues.AIM) and not _TO.match(r.text)
    if asks and not _MEASURING.search(named.heading):
        return AIM, "methods: aim cue"
    if named.model and _FOUND.search(r.hay) and not r.has(cues.DONE):
        return FINDING, "methods by model: own result"
    if _who(r, named):
        return CONTEXT, "methods: who was studied"
    if _MEASURING.search(named.heading) or _measures(r, named):
        return MEASURED, "methods: measuring cue"
    return CONTEXT, "methods: described"


def _who(r: Reading, named: Named) -> bool:
    """Whether the theme only says who was studied."""
    if r.follows(named.start, cues.WITH) or r.follows(named.start, cues.PLACE) or _SUBJECT.search(r.hay, named.end):
        return True
    return bool(_PEOPLE.search(r.text[named.start : named.end]) and not _OWNED.match(r.text, named.end))


def _measures(r: Reading, named: Named) -> bool:
    """Whether a measuring cue governs the theme: before it, or close behind it."""
    if r.follows(named.start, cues.WITH) or _PART_OF.match(r.text, named.end) or r.before(named.start, cues.ADJUSTED):
        return False
    reach = 3 if _TREATMENT.search(r.text[named.start : named.end]) else 99
    for cue in r.of(cues.MEASURE):
        if cue.start < named.end and named.start < cue.end:
            return True
        if cue.end <= named.start and r.distance(cue.end, named.start) > reach:
            continue
        if cue.end <= named.start:
            between = r.hay[cue.end : named.start + 1]
            stopped = _STOPPERS.search(between) or _AFTER.search(between)
            if not stopped and r.together(cue.end, named.start):
                return True
        elif r.distance(named.end, cue.start) <= 5 and r.together(named.end, cue.start):
            return True
    later = _ASSESSED.search(r.hay, named.end)
    return later is not None and not _STOPPERS.search(r.hay[named.end : later.start() + 1])


def _asks(r: Reading, named: Named) -> bool:
    """Whether the model took a question for an answer."""
    return named.model and _ASKS.match(r.hay) is not None and not r.has(*_RESULT)


def _in_results(r: Reading, named: Named) -> tuple[str, str]:
    if _asks(r, named):
        return AIM, "results by model: aim cue"
    if r.has(cues.CITED):
        return CONTEXT, "results: literature cue"
    if r.before(named.start, cues.ADJUSTED) and not r.before(named.start, cues.LINK):
        return CONTEXT, "results: adjusted for"
    if r.follows(named.start, cues.PLACE):
        return CONTEXT, "results: where it was done"
    if r.before(named.start, cues.RECOMMEND) and " recommend" in r.hay:
        return RECOMMENDATION, "results: recommending cue"
    plain = not r.has(*cues.DIRECTIONS)
    if plain and r.has(cues.SAMPLE) and (_who(r, named) or not r.has(cues.MEASURE)):
        return CONTEXT, "results: who was studied"
    if plain and r.has(cues.DONE) and not named.planned:
        given, rule = _in_methods(r, named)
        return given, rule.replace("methods", "results")
    return FINDING, "results"


def _in_conclusions(r: Reading, named: Named) -> tuple[str, str]:
    if _asks(r, named):
        return AIM, "conclusions by model: aim cue"
    low, high = r.clause(named.start)
    for cue in r.of(cues.RECOMMEND):
        if cue.end <= named.start or low <= cue.start < high:
            return RECOMMENDATION, "conclusions: recommending cue"
    if r.has(cues.GAP):
        return CONTEXT, "conclusions: gap"
    if r.has(cues.FUTURE) and not r.has(cues.OWN):
        return AIM, "conclusions: plan"
    if (r.has(cues.CITED) or (named.model and r.has(cues.GENERAL))) and not r.has(cues.OWN):
        return CONTEXT, "conclusions: literature cue"
    return FINDING, "conclusions"


_ROLES = {
    BACKGROUND: _in_background,
    OBJECTIVE: _in_objective,
    METHODS: _in_methods,
    RESULTS: _in_results,
    CONCLUSIONS: _in_conclusions,
}
