"""What a negation in a sentence reaches: which words are denied, and which only stand near what is.

After NegEx and ConText (Chapman et al. 2001; Harkema et al. 2009): a negation reaches some words on, or back to the
subject of its verb, until something ends its scope. It is no denial of what is told where it only says of whom.
"""

import re
from functools import lru_cache

from loaders.evidence import cues
from loaders.evidence.reading import HYPHENS, Cue, Reading

# A lack of support is something that is there; only a lack of a result denies one.
_LACK = re.compile(
    r" lack(?: of|ed|ing|s) (?:\w+ ){0,3}?(?:effects?|effectiveness|efficacy|impacts?|influence|differences?"
    r"|associations?|relationships?|correlations?|changes?|improvements?|evidence|significance|benefits?) "
)
# Nor does somebody who is unable to do something deny it, but a study that is unable to show it does.
_UNABLE = re.compile(
    r" unable to (?:\w+ly )?(?:detect|show|find|demonstrate|confirm|establish|replicate|identify|reduce|improve"
    r"|increase|decrease|change|affect|prevent|predict|explain) "
)
_PASSIVE = re.compile(r" (?:is|are|was|were|be|been|being) $")  # "were denied help"
_NO_STUDY = re.compile(
    r" no (?:stud(?:y|ies)|trials?|research|data) (?:\w+ )?(?:demonstrated|showed|found|reported|revealed|reached) "
)
_NO_EVIDENCE = re.compile(r" no (?:\w+ )?(?:evidence|indication|suggestion|proof|sign) that ")

_NEXT, _LOCAL = re.compile(r" (?:absence|rather than|instead of) "), re.compile(r" (?:without|free) ")
# A negation reaches this many words on, and a negated verb this many back to its subject.
FORWARD, BACKWARD = 30, 16

_ELLIPSIS = re.compile(r" not (?:in terms |or |but |than |and )")  # "those who had not"
# Between a negation and what stands behind it: another predicate, unless it only says that nothing was found.
_FOUND = re.compile(
    r" (?:was|were|is|are|has been|have been) (?:\w+ly )?(?:found|observed|noted|seen|detected|identified|reported"
    r"|evident|apparent|shown|present|significant|given|made) "
)
_PREDICATE = re.compile(
    r" (?:was|were|is|are|has|have|had|can|could|may|might|will|would|during|because|since|with (?:only|just|\d\S*)) "
)
# "Neither pay nor age was related to burnout" denies that burnout was.
_DETERMINER = re.compile(r" (?:neither|nor|no|none) ")
_RELATED = re.compile(
    r" (?:was|were|is|are) (?:\w+ly )?(?:associated|related|correlated|linked|predictive|affected|different) "
)
_BE_OR_HAVE = re.compile(r"^ (?:have|had|be|been|yet) ")  # "do not have …": the negated verb itself

_AFTER = re.compile(r" (?:not|never|un\w+|nor|fail\w*|didn|wasn|weren|non(?!e )\w*|insignificant) ")
_WITHOUT = re.compile(r" without (?:\w+ ){0,2}(?:differences?|changes?) ")
_HAD_NO = re.compile(
    r" (?:had|has|have|showed|shows|show|was|were|is|are|found|produced|exerted|exhibited|demonstrated|displayed"
    r"|revealed|made) no$"
)
_VERBAL = re.compile(  # what "not" stands behind where it denies a whole clause, and not only a word of a list
    r" (?:was|were|is|are|has|have|had|did|do|does|could|can|would|will|may|might|should|be|been|to|but|also|still|why"
    r"|or)(?: \w+ly)? +$"
)
_LISTS = (":", ";")  # "predictors were: not having …"
_AUXILIARY = re.compile(
    r"(?: (?:was|were|is|are|has|have|had|did|do|does|could|can|would|will|been|significantly|showed|shows|show"
    r"|produced|exerted|exhibited|demonstrated|displayed|revealed))+ +$"
)
# Between words and a negation behind them: another verb, or another subject.
_SAID = re.compile(
    r" (?:was|were|is|are|has|have|had|showed|found|suggests?|shows?|indicates?|thought|it|they|there) | this $"
    r"| and \w+ed "
)
# A second verb of the same subject denies what stands before it only where that is the subject: "scores were 38 and did
# not change", but not "the course improved burnout and did not change sleep".
_JOINED = re.compile(r"(?:,|\band|\bbut) (?:did|do|does|was|were|is|are|has|have|had|showed)(?: \w+ly)? $")
_AND_DID = re.compile(r" (?:was|were|is|are) [^a-z]*\d.* and (?:did|was|were|is|are|do|does|has|have|had) $")
_ACTED = re.compile(
    r" (?:was|were|is|are|has|have|had|showed|found|increased|decreased|reduced|improved|worsened|predicted|affected"
    r"|reported|caused|led) "
)
_RELATIVE = re.compile(r" that (?:did|do|does|had|have|has|was|were|is|are)(?: \w+ly)? $")
_CONCEDES = re.compile(r" ?(?:although|though|while|whilst|whereas|if|when) ")
_SUBORDINATE = re.compile(r" ?(?:which|who|whose|where|when|if|because|unless) ")
_NEW_SUBJECT = re.compile(
    r"(?:,|\band) (?:we|I|he|she|it|they|this|these|none|most|many|some|few|others"
    r"|the (?!(?:\w+ ){0,2}(?:differen|effect|associat|relation|correl|change|result|improve|reduc|increase)\w*)\w+) "
)

_DID, _ALONE = re.compile(r" (?:did|do|does|could|can) +$"), re.compile(r" not \w+ and ")  # "did not matter and …"
_WAS, _SO = re.compile(r" (?:was|were|is|are) +$"), re.compile(r" not (?:\w+ly )?\w+ and (?:\w+ ){0,2}$")
_DOES = re.compile(r" (?:\w+ ){0,2}(?:was|were|is|are|increased|decreased|rose|fell|improved|declined|worsened) ")
_BESIDE = re.compile(r" (?:than|with|to|versus|vs) (?:\w+ ){0,3}$")  # "higher than in those without burnout"
# "Participants who did not drink reported …", "those not at work had …": only of whom it is told is denied
_WHO = re.compile(r" (?:who|that) (?:did|do|does|had|have|has|was|were|is|are) $")
_WHOSE = re.compile(r" ?(?:who|whose) ")
_LEFT_OUT = re.compile(r" (?:not \w+(?:ing|ed)|not (?:at|in|on)|without|no) ")
_PLURAL = re.compile(r" (?:those|staff|people|men|women|children|(?!(?:was|is|has|does|this) )\w+s) $")
_PEOPLE = re.compile(
    r" (?:those|staff|people|persons|individuals|participants|respondents|patients|adults|adolescents|students"
    r"|residents|nurses|workers|men|women|children|parents|mothers|subjects) (?:with )?$"
)
_TOLD = re.compile(
    r"(?<! self) (?:reported|showed|had|experienced|scored|expressed|described|felt|perceived|presented|exhibited"
    r"|displayed|endorsed|were|was) "
)
# "Not having children was …", "having no garden raised the …": what is denied is a part of the verb's subject
_GERUND = re.compile(r" (?:not \w+ing|absence of) ")
_HAVING = " having "
_OPENS = re.compile(r"(?:^|[,;:(]) ?(?:\w+ )?$| (?:and|or|that|as|of|by|than)(?: the| an)? $")
_VERB = re.compile(
    r" (?:was|were|is|are|has|have|had|can|may|might|could|will|would) | (?:\w+ed|led to|leads to|\w+s) (?:the|an?"
    r"|their|its|his|her|our|higher|lower|more|less|greater) "
)


@lru_cache(maxsize=1)  # a sentence is asked about each theme that it names
def negations(r: Reading) -> tuple[Cue, ...]:
    """Negating words, without those of "not only", "little is known", "never-smokers" and the like."""
    shields = r.of(cues.NOT_NEGATION, cues.GAP, cues.ENDED)
    return tuple(
        cue
        for cue in r.of(cues.NEGATION)
        if r.text[cue.end : cue.end + 1] not in HYPHENS
        and r.text[max(0, cue.start - 1) : cue.start] not in HYPHENS
        and (not r.hay.startswith(" lack", cue.start) or _LACK.match(r.hay, cue.start))
        and (not r.hay.startswith(" unable", cue.start) or _UNABLE.match(r.hay, cue.start))
        and not (r.hay.startswith(" denied", cue.start) and _PASSIVE.search(r.hay, 0, cue.start + 1))
        and (
            _NO_STUDY.match(r.hay, cue.start)
            or not any(shield.start <= cue.start and cue.end <= shield.end for shield in shields)
        )
    )


def negated(r: Reading, start: int, end: int) -> bool:
    """Whether a negation reaches the words from start to end."""
    return any(
        _reaches_on(r, cue, start) if cue.end <= start else cue.start >= end and _reaches_back(r, cue, start, end)
        for cue in negations(r)
        if not r.aside(cue.start, start)
    )


def _reaches_on(r: Reading, cue: Cue, start: int) -> bool:
    between = _FOUND.sub(" ", _BE_OR_HAVE.sub(" ", r.hay[cue.end + 1 : start + 1]))
    if _DETERMINER.match(r.hay, cue.start):
        between = _RELATED.sub(" ", between, count=1)
    near = 3 if _NEXT.match(r.hay, cue.start) else 6 if _LOCAL.match(r.hay, cue.start) else FORWARD
    if _NO_EVIDENCE.match(r.hay, cue.start):
        between, near = _PREDICATE.sub(" ", between, count=1), 2 * FORWARD
    if _ELLIPSIS.match(r.hay, cue.start) or _PREDICATE.search(between) or spares(r, cue, start):
        return False
    if _CONCEDES.match(r.hay, r.clause(cue.start)[0]):  # "although sleep did not change, the scores of burnout rose"
        other = _NEW_SUBJECT.search(r.text, cue.end)
        if other and other.start() < start:
            return False
    return r.distance(cue.end, start) <= near and r.together(cue.end, start) and not r.commas_between(cue.end, start)


def _reaches_back(r: Reading, cue: Cue, start: int, end: int) -> bool:
    if _WITHOUT.match(r.hay, cue.start):
        return r.distance(end, cue.start) <= BACKWARD and r.together(end, cue.start)
    if _JOINED.search(r.text, end, cue.start) and _is_object(r, start):
        return False
    return (
        (_HAD_NO.search(r.hay, 0, cue.end + 1) is not None or _denies(r, cue))
        and r.distance(end, cue.start) <= BACKWARD
        and r.together(end, cue.start)
        and not _before_another(r, start, end, cue.start)
        and not _RELATIVE.search(r.hay, end, cue.start + 1)
        and not r.hay.endswith(" and", 0, cue.start)
        and (
            _AND_DID.search(r.hay, end, cue.start + 1) is not None
            or not _SAID.search(_AUXILIARY.sub(" ", r.hay[end : cue.start + 1]))
        )
    )


def _is_object(r: Reading, start: int) -> bool:
    """Whether a verb stands before words in their clause."""
    low = max(r.clause(start)[0], r.hay.rfind(" that ", 0, start + 1))
    return _ACTED.search(r.hay, low, start + 1) is not None


def _denies(r: Reading, cue: Cue) -> bool:
    """Whether a negation denies what stands before it."""
    if not _AFTER.match(r.hay, cue.start):
        return False
    if not r.hay.startswith(" not ", cue.start):
        return True
    return r.text[max(0, cue.start - 2) : cue.start - 1] not in _LISTS and bool(_VERBAL.search(r.hay[: cue.start + 1]))


def _before_another(r: Reading, start: int, end: int, later: int) -> bool:
    """Whether a clause with words ends at a comma, behind which another subject comes before a later offset."""
    if _NEW_SUBJECT.search(r.text, end, later):
        return True
    return bool(r.commas_between(end, later) and _SUBORDINATE.match(r.hay, r.clause(start)[0]))


def spares(r: Reading, cue: Cue, start: int) -> bool:
    """Whether a negation before an offset only says of whom or of what a sentence tells, or is of another verb."""
    return _of_whom(r, cue, start) or _in_subject(r, cue, start)


def _of_whom(r: Reading, cue: Cue, start: int) -> bool:
    hay, low = r.hay, max(0, cue.start - 40)
    if _DID.search(hay, low, cue.start + 1) and _ALONE.match(hay, cue.start, start + 1):
        return True
    if _WAS.search(hay, low, cue.start + 1) and _SO.match(hay, cue.start, start + 1) and _DOES.search(hay, start):
        return True  # "was not rare and burnout rose"
    if _LOCAL.match(hay, cue.start) and _BESIDE.search(hay, low, cue.start + 1):
        return True
    if who := _WHO.search(hay, low, cue.start + 1):
        return "," not in r.text[max(0, who.start() - 2) : who.start()]
    low, high = r.clause(cue.start)
    if _WHOSE.match(hay, low) and not r.text.endswith(", ", 0, low) and _TOLD.search(hay, cue.end, high + 1):
        return True  # "those whose pay was not enough reported …"
    if not _LEFT_OUT.match(hay, cue.start) or not r.text[max(0, cue.start - 2) : cue.start - 1].isalpha():
        return False
    low = max(0, cue.start - 40)
    if _PLURAL.search(hay, low, cue.start + 1) and _TOLD.search(hay, cue.end, start + 1):
        return not hay.startswith(" no ", cue.start)
    if not _PEOPLE.search(hay, low, cue.start + 1) or _TOLD.search(hay, start, r.clause(start)[1] + 1) is None:
        return False
    return not hay.startswith(" no ", cue.start) or hay.endswith(" with ", 0, cue.start + 1)


def _in_subject(r: Reading, cue: Cue, start: int) -> bool:
    """Whether a negation is inside the subject of a verb, or of one that is related to something."""
    opens = cue.start
    if r.hay.endswith(_HAVING, 0, cue.start + 1):
        opens -= len(_HAVING) - 1
    elif not _GERUND.match(r.hay, cue.start):
        return False
    if not _OPENS.search(r.text[max(0, opens - 20) : opens]):
        return False
    return r.has(cues.LINK) or _VERB.search(r.hay, cue.end, r.clause(start)[1] + 1) is not None
