"""What a negation in a sentence reaches: which words are denied, and which only stand near what is.

After NegEx and ConText (Chapman et al. 2001; Harkema et al. 2009): a negation reaches some words on, or back to the
subject of its verb, until something ends its scope. It is no denial of what is told where it only says of whom.
"""

import re
from functools import lru_cache

from loaders.evidence import cues
from loaders.evidence.reading import AUXILIARIES, HYPHENS, Cue, Reading
from loaders.evidence.spared import WITHOUT, listed, spares

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
# "Sleep had not been impaired" denies it; "had not been studied" says that nothing is known.
_NOT_BEEN = re.compile(
    r" not (?:yet )?(?:been )?(?:(?!only )\w+ly )?(?:impaired|affected|changed|improved|worsened|reduced|increased"
    r"|decreased|achieved|resolved|restored|resulted|led|reached|returned|recovered|influenced|altered|harmed) "
)
# Behind these a whole clause is denied, with its verb.
_NO_EVIDENCE = re.compile(
    r" (?:no (?:\w+ )?(?:evidence|indication|suggestion|proof|sign)(?:  however )? that"
    r"|not (?:support|confirm|suggest|indicate|show|find|demonstrate|reveal|provide) (?:\w+ ){0,4}that) "
)

_NEXT = re.compile(r" (?:absence|rather than|instead of) ")
# A negation reaches this many words on or back to the subject of its verb.
REACH = 30

_ELLIPSIS = re.compile(r" not (?:in terms |or |but |than |and )")  # "those who had not"
# Between a negation and what stands behind it: another predicate, unless it only says that nothing was found.
_FOUND = re.compile(
    r" (?:was|were|is|are|has been|have been|could be|can be) (?:\w+ly )?(?:found|observed|noted|seen|detected"
    r"|identified|reported|evident|apparent|shown|present|significant|given|made|obtained|recorded|demonstrated|revealed"
    r"|discovered|established) "
)
_PREDICATE = re.compile(
    r" and (?:recorded|reported|showed|experienced|scored|had|were|felt|described) (?:\w+ly )?(?:higher|lower|more|less"
    r"|greater|better|worse|an?|the) | (?:was|were|is|are|has|have|had|can|could|may|might|will|would|during|because"
    r"|since|with (?:only|just|\d\S*)|apart from|aside from|other than|exception of"
    r"|\d[\d ]*(?:reported|perceived|experienced|described|felt|showed)) "
)
# "Neither pay nor age was related to burnout" denies that burnout was.
_DETERMINER = re.compile(r" (?:neither|nor|no|none) ")
_RELATED = re.compile(
    r" (?:was|were|is|are) (?:\w+ly )?(?:associated|related|correlated|linked|predictive|affected|different|able) "
)
# "Do not have …", "nor was …", "did not think that they had …": the negated verb itself
_NEGATED_VERB = re.compile(
    r"^ (?:(?:have|had|be|been|yet|was|were|did|is|are)|(?:think|believe|feel|perceive|report|say|consider|indicate"
    r"|state)(?:  ?that)? (?:they|it|there|he|she|their \w+) (?:was|were|is|are|has|have|had)) "
)
# What stands behind a comma and belongs to what is before it: "no difference, according to age or burnout"
_REGARDING = r"(?:regarding|concerning|in terms of|with (?:regard|regards|respect) to|in relation to)"
_GOES_ON = re.compile(
    rf" +(?:{_REGARDING}|according to|depending on|regardless of|irrespective of|including|such as|namely|specifically"
    r"|however|that|compared (?:with|to)|relative to|between|among|either|as measured by|as assessed by"
    r"|after (?:adjust|control)\w+|for example|e g|i e) "
)
# "No difference between those who … and those who … regarding burnout"
_BETWEEN = re.compile(
    r" (?:no|not|neither|nor|without) (?:\w+ ){0,4}?(?:differences?|differ|differed) (?:\w+ ){0,3}?(?:between|among) "
    rf".* {_REGARDING} "
)
_ABOUT = re.compile(rf" {_REGARDING} ")
# An item of more words than `Reading` takes for one, and the last one of a list, each without a verb
_WORD = rf"(?!(?:{AUXILIARIES}|only|but|which|who|with|while|greater|higher|lower|more|less|\w+ed|\w+ing)\b)[^\s,;]+"
_LONG_ITEM = re.compile(rf", {_WORD}(?: {_WORD}){{3,8}}?(?:,| or | and )")
_LAST_ITEM = re.compile(rf", (?:and|or) (?:(?!(?:{AUXILIARIES})\b|\w+ed\b)[^\s,;]+ )*$")
_ANY_VERB = re.compile(rf" (?:{AUXILIARIES}|\w+ed|rose|fell|led) ")

_AFTER = re.compile(r" (?:not|never|un\w+|nor|cannot|fail|fails|failed|didn|wasn|weren|non(?!e )\w*|insignificant) ")
_WITHOUT_CHANGE = re.compile(r" without (?:\w+ ){0,2}(?:differences?|changes?) ")
_HAD_NO = re.compile(
    r" (?:had|has|have|showed|shows|show|was|were|is|are|found|produced|exerted|exhibited|demonstrated|displayed"
    r"|revealed|made|caused|yielded|gave|led to|resulted in)(?: (?:only |very )?\w+ (?:or|to))? no$"
)
_VERBAL = re.compile(  # what "not" stands behind where it denies a whole clause, and not only a word of a list
    r" (?:was|were|is|are|has|have|had|did|do|does|could|can|would|will|may|might|should|be|been|to|but|also|still|why"
    r"|or)(?: \w+ly)? +$"
)
# "Was unchanged", "remained non-significant" deny what they are said of; "than unchanged work" nothing before it.
_OF_STATE = re.compile(r" (?:un\w+|non(?!e )\w*|insignificant) ")
_STATED = re.compile(
    r" (?:was|were|is|are|be|been|being|remain\w*|stay\w*|became|seem\w*|appear\w*|to|or|and|but|though|although"
    r"|(?:had|(?!reduced|increased|improved|related|associated)\w+ed)(?: an?)?)(?: \w+ly| small)* $"
)
# "Burnout was common, and no difference was found between wards": in it
_NO_DIFFERENCE = re.compile(
    r" no (?:\w+ ){0,2}differences? (?:was|were) (?:\w+ly )?(?:found|observed|seen|noted|detected|identified|reported)"
    rf" (?:between|among) (?!.* (?:in|{_REGARDING}) )"
)
_AND_THERE = re.compile(r"(?:,| and| with) (?:and )?(?:there (?:was|were) )?$")
# "As for burnout, no difference was found"
_AS_FOR = re.compile(rf"\W*(?:for|as for|{_REGARDING}) ", re.IGNORECASE)
_NOTHING = re.compile(r"[^,;]*(?:,| there (?:was|were)|, there (?:was|were)|,? we (?:found|observed|saw)) no$")
_OF_RESULT = re.compile(
    r" no (?:\w+ ){0,4}?(?:\w*differen\w+|effects?|associat\w+|relation\w*|correlat\w+|changes?|impact|influence"
    r"|improvements?|interactions?|predictors?|benefits?|evidence) "
)
_LISTS = (":", ";")  # "predictors were: not having …"
_AUXILIARY = re.compile(
    r"(?: (?:was|were|is|are|has|have|had|did|do|does|could|can|would|will|been|\w+ly|showed|shows|show"
    r"|produced|exerted|exhibited|demonstrated|displayed|revealed))+ +$"
)
# Between words and a negation behind them: another verb, or another subject.
_SMALL = re.compile(r" (?:was|were|is|are) (?:\w+ly )?\w+ and$")  # "was small and not significant"
_SAID = re.compile(
    r" (?:was|were|is|are|has|have|had|showed|found|suggests?|shows?|indicates?|thought|it|they|there) | this $"
    r"| and \w+ed "
)
# A second verb of the same subject denies what stands before it only where that is the subject: "scores were 38 and did
# not change", but not "the course improved burnout and did not change sleep".
_JOINED = re.compile(r"(?:,|\band|\bbut|\bor) (?:did|do|does|was|were|is|are|has|have|had|showed)(?: \w+ly)? $")
_AND_DID = re.compile(r" (?:was|were|is|are) [^a-z]*\d.* and (?:did|was|were|is|are|do|does|has|have|had) $")
_ACTED = re.compile(
    r" (?:was|were|is|are|has|have|had|showed|found|increased|decreased|reduced|improved|worsened|predicted|affected"
    r"|reported|caused|led) "
)
# "Changes that did not …", "the scale showed that half of the nurses did not …": the verb has another subject.
_THAT = re.compile(
    rf" that (?:(?!(?:{AUXILIARIES}|\w+ed)\b)\w+ +)*(?:(?:did|do|does|had|have|has|was|were|is|are)(?: \w+ly)? )?$"
)
_CONCEDES = re.compile(r" ?(?:although|though|while|whilst|whereas|if|when) ")
# "Despite burnout, pay did not change", but "although burnout rose, the difference was not significant"
_RESULT = r"(?:differen|effect|associat|relation|correl|change|result|improve|reduc|increas|decreas)\w*"
# "Burnout spread over the wards and worried staff, and pay did not change": not "burnout, measured by a scale, and pay"
_THEN = re.compile(
    r"(?<!,) (?!(?:measured|assessed|associated|related|based|compared|reported|used|experienced|induced)\b)\w+ed [^;]*"
    rf", (?:and|but) (?!(?:{AUXILIARIES})\b)\w"
)
_OPENING = re.compile(
    r" ?(?:although|though|while|whilst|whereas|since|despite|in spite of|given|following|due to|unlike) "
)
_WHILE = re.compile(r" ?(?:while|whilst|whereas) ")
_ITS_OWN = re.compile(rf", (?:they|it|(?:the|these|this|such|its|their|no) (?:\w+ ){{0,2}}{_RESULT})")
_SUBORDINATE = re.compile(r" ?(?:which|who|whose|where|when|if|because|unless) ")
_MAIN = re.compile(r", (?:\d|(?!or |nor |and )[a-z]+ (?!or |nor |and )[a-z]+ (?!or |nor |and )[a-z]+)")
_MAIN_VERB = re.compile(r" (?:was|were|is|are|had|has|have|did|could|may|might|can|will|showed|increased|decreased) ")
_NEW_SUBJECT = re.compile(
    r"(?:,|\band) (?:\d[\d.]*\s?%(?! CI)|we|I|he|she|it|they|this|these|none|most|many|some|few|others"
    rf"|(?:the|their|its|our|his|her) (?!(?:\w+ ){{0,2}}{_RESULT})\w+) "
)


# "None was free of burnout"
_TWICE = re.compile(
    r" (?:none|no|not|nobody|never|nor) (?:\w+ ){0,6}?"
    r"(?:free of|free from|(?<!with and )(?<!with or )without)(?: \w+){0,2} $"
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
        and (_NO_STUDY.match(r.hay, cue.start) or _NOT_BEEN.match(r.hay, cue.start) or not cue.within(shields))
    )


def negated(r: Reading, start: int, end: int) -> bool:
    """Whether a negation reaches the words from start to end."""
    if _TWICE.search(r.hay, 0, start + 1):
        return False
    return any(
        _reaches_on(r, cue, start) if cue.end <= start else cue.start >= end and _reaches_back(r, cue, start, end)
        for cue in negations(r)
        if not r.aside(cue.start, start)
    )


def _reaches_on(r: Reading, cue: Cue, start: int) -> bool:
    reach = 3 if _NEXT.match(r.hay, cue.start) else 6 if WITHOUT.match(r.hay, cue.start) else REACH
    whole = _NO_EVIDENCE.match(r.hay, cue.start) is not None
    if not _in_reach(r, cue.end, start, 2 * REACH if whole else reach):
        return _reaches_past(r, cue, start)
    between = _FOUND.sub(" ", _NEGATED_VERB.sub(" ", r.hay[cue.end + 1 : start + 1]))
    if _DETERMINER.match(r.hay, cue.start):
        between = _RELATED.sub(" ", between, count=1)
    if whole:
        between = _PREDICATE.sub(" ", between, count=1)
    if _ELLIPSIS.match(r.hay, cue.start) or _PREDICATE.search(between):
        return False
    if _CONCEDES.match(r.hay, r.clause(cue.start)[0]) and _in_main_clause(r, cue, start):
        return False
    return not spares(r, cue, start) and not listed(r, cue, start)


def _reaches_past(r: Reading, cue: Cue, start: int) -> bool:
    """Whether a negation is of a difference regarding the words, between groups that are described before them."""
    if not _BETWEEN.match(r.hay, cue.start):
        return False
    last = max((found.start() for found in _ABOUT.finditer(r.hay, cue.end, start + 1)), default=None)
    return last is not None and _PREDICATE.search(r.hay, last, start + 1) is None and _in_reach(r, last, start, REACH)


def _in_reach(r: Reading, low: int, high: int, words: int) -> bool:
    """Whether two offsets are some words apart at most, in one clause, with no comma that parts them."""
    return r.distance(low, high) <= words and r.together(low, high) and not _parted(r, low, high)


def _parted(r: Reading, low: int, high: int) -> bool:
    """Whether a comma between two offsets ends more than an item of a list or the first words of a phrase."""
    return any(
        low <= at < high
        and not _GOES_ON.match(r.hay, at + 1)
        and not _LONG_ITEM.match(r.text, at)
        and not (
            "," in r.text[low:at]
            and _LAST_ITEM.match(r.text, at, high)
            and not _ANY_VERB.search(r.hay, high, r.clause(high)[1] + 1)
        )
        for at in r.commas
    )


def _in_main_clause(r: Reading, cue: Cue, start: int) -> bool:
    """Whether words stand behind the clause of a negation: "although sleep did not change, scores of burnout rose"."""
    other = _NEW_SUBJECT.search(r.text, cue.end)
    if other and other.start() < start:
        return True
    return bool(_MAIN.search(r.text, cue.end, start) and _MAIN_VERB.search(r.hay, start, r.clause(start)[1] + 1))


def _reaches_back(r: Reading, cue: Cue, start: int, end: int) -> bool:
    if r.distance(end, cue.start) > REACH or not r.together(end, cue.start):
        return False
    if _WITHOUT_CHANGE.match(r.hay, cue.start):
        return True
    if _NO_DIFFERENCE.match(r.hay, cue.start) and _AND_THERE.search(r.text, end, cue.start):
        return not _is_object(r, start)
    if _AS_FOR.match(r.text, r.clause(start)[0]) and _NOTHING.match(r.text, end, cue.end):
        return _OF_RESULT.match(r.hay, cue.start) is not None
    if _JOINED.search(r.text, end, cue.start) and _is_object(r, start):
        return False
    had = _HAD_NO.search(r.hay, 0, cue.end + 1)
    last = max(end, had.start()) if had else cue.start
    return (
        (had is not None or _denies(r, cue))
        and not _before_another(r, start, end, cue.start)
        and not _THAT.search(r.hay, end, cue.start + 1)
        and (not r.hay.endswith(" and", 0, cue.start) or _SMALL.search(r.hay, end, cue.start) is not None)
        and (
            _AND_DID.search(r.hay, end, cue.start + 1) is not None
            or not _SAID.search(_AUXILIARY.sub(" ", _SMALL.sub(" ", r.hay[end:last]) + " "))
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
    if _OF_STATE.match(r.hay, cue.start):
        return _STATED.search(r.hay, 0, cue.start + 1) is not None
    if not r.hay.startswith(" not ", cue.start):
        return True
    return r.text[max(0, cue.start - 2) : cue.start - 1] not in _LISTS and bool(_VERBAL.search(r.hay[: cue.start + 1]))


def _before_another(r: Reading, start: int, end: int, later: int) -> bool:
    """Whether a clause with words ends at a comma, behind which another subject comes before a later offset."""
    if _NEW_SUBJECT.search(r.text, end, later) or _THEN.search(r.text, end, later):
        return True
    if not r.commas_between(end, later):
        return False
    low = r.clause(start)[0]
    if _OPENING.match(r.hay, low) and (low == 0 or not _WHILE.match(r.hay, low)):
        return not _ITS_OWN.search(r.text, end, later)
    return _SUBORDINATE.match(r.hay, low) is not None
