"""Of whom or of what a negation only speaks: what stands behind it in the sentence, and is not denied by it."""

import re

from loaders.evidence import cues
from loaders.evidence.reading import WHOSE, Cue, Reading

_DID = re.compile(r" (?:did|do|does|could|can) +$")
_ALONE = re.compile(r" not (?!\w+ly )\w+ and ")  # "did not matter and …"
_WAS = re.compile(r" (?:was|were|is|are|should|could|can|must|may|might|has|have|had) +$")
_SO = re.compile(r" not (?:be |been )?(?:\w+ly )?\w+ and (?:\w+ ){0,2}$")
_ACTS = re.compile(r" (?:\w+ ){1,3}?(?:\w+ly )?\w+ed (?:the|an?|some|all|most|their|its) ")  # "and burnout raised the"
_DOES = re.compile(
    r" (?:\w+ ){0,2}(?:could|can|may|might|should|will|has|have|had|was|were|is|are|increased|decreased|rose|fell"
    r"|improved|declined|worsened) "
)
# "Higher than in those without burnout", "in nurses without children and in students", "nurses without children"
WITHOUT = re.compile(r" (?:without|free) ")
_BESIDE = re.compile(r" (?:than|with|to|versus|vs) (?:\w+ ){0,3}$")
_AND_IN = re.compile(r" and (?:in|with|among|for|on) ")
_WITHOUT_THING = re.compile(
    r" without (?!(?:\w+ ){0,3}(?:differences?|changes?|effects?|improvements?|associations?) )"
)
_PLURAL = re.compile(
    r" (?:those|staff|people|men|women|children|group|(?!(?:was|is|has|does|this|as|versus|vs) )\w+s) $"
)
# "Participants who did not drink reported …", "those not at work had …": only of whom it is told is denied
_WHO = re.compile(r" (?:who|that) (?:did|do|does|had|have|has|was|were|is|are) $")
_LEFT_OUT = re.compile(r" (?:not \w+(?:ing|ed)|not (?:at|in|on)|without|no) ")
_WITH = r"(?:with|reporting|having|experiencing|showing) (?:\w+ (?:and|or) )?"
_WITH_NO = re.compile(rf" {_WITH}$")
_PEOPLE = re.compile(
    r" (?:those|staff|people|persons|individuals|participants|respondents|responders|patients|adults|adolescents"
    r"|students|residents|nurses|workers|men|women|children|parents|mothers|caregivers|survivors|subjects)"
    rf" (?:{_WITH})?$"
)
_TOLD = re.compile(
    r"(?<! self) (?:reported|showed|had|experienced|scored|expressed|described|felt|perceived|presented|exhibited"
    r"|displayed|endorsed|were|was) "
)
# "Not having children was …", "having no garden raised the …": what is denied is a part of the verb's subject
_GERUND = re.compile(r" (?:not \w+ing|absence of) ")
_HAVING = " having "
_OPENS = re.compile(r"(?:^|[,;:(]) ?(?:\w+ )?$| (?:and|or|that|such as|of|by|for|than|with|to)(?: the| an)? $")
_VERB = re.compile(
    r" (?:was|were|is|are|has|have|had|can|may|might|could|will|would) | (?:\w+ed|led to|leads to|\w+s) (?:the|an?"
    r"|their|its|his|her|our|higher|lower|more|less|greater) "
)
# "Predictors were male sex, no partner, and burnout"
_OTHER = (
    r"(?!\w*(?:differen|effect|associat|relation|correl|change|impact|influence|improve|evidence)|(?:was|were|is|are) )"
    r"[^\s,;]+"
)
_ENTRY = re.compile(rf"(?:no|not|lack of|absence of|failure to|without) {_OTHER}(?: {_OTHER}){{0,4}} ?[,;]")
_FINITE = re.compile(r" (?:was|were|is|are|had|has|have|\w+ed) ")
_STATE = re.compile(r" un\w+ (?!to |by |with |in |between |for |likely )")


def spares(r: Reading, cue: Cue, start: int) -> bool:
    """Whether a negation before an offset only says of whom or of what a sentence tells, or is of another verb."""
    return _of_whom(r, cue, start) or _in_subject(r, cue, start)


def listed(r: Reading, cue: Cue, start: int) -> bool:
    """Whether a negation before an offset is of one item of a list, and the offset in another."""
    if _STATE.match(r.hay, cue.start):
        return "," in r.text[cue.end : start]
    return bool(
        _ENTRY.match(r.text, cue.start, start)
        and r.text[: cue.start].rstrip()[-1:] in (",", ";", ":")
        and _FINITE.search(r.hay, 0, cue.start + 1)
    )


def _of_whom(r: Reading, cue: Cue, start: int) -> bool:
    hay, low = r.hay, max(0, cue.start - 40)
    if _DID.search(hay, low, cue.start + 1) and _ALONE.match(hay, cue.start, start + 1):
        return True
    if _WAS.search(hay, low, cue.start + 1) and _SO.match(hay, cue.start, start + 1) and _DOES.search(hay, start):
        return True  # "was not rare and burnout rose"
    if hay.endswith(" and ", 0, start + 1) and _ACTS.match(hay, start):
        return True
    if WITHOUT.match(hay, cue.start) and (
        _BESIDE.search(hay, low, cue.start + 1) or _AND_IN.search(hay, cue.end, start)
    ):
        return True
    if WITHOUT.match(hay, cue.start) and not hay[: cue.start + 1].strip() and "," in r.text[cue.end : start]:
        return True  # "without supervision, burnout rose"
    if _WITHOUT_THING.match(hay, cue.start) and _PLURAL.search(hay, low, cue.start + 1):
        return True
    if who := _WHO.search(hay, low, cue.start + 1):
        return "," not in r.text[max(0, who.start() - 2) : who.start()]
    begins, ends = r.clause(cue.start)
    if WHOSE.match(hay, begins) and not r.text.endswith(", ", 0, begins) and _TOLD.search(hay, cue.end, ends + 1):
        return True  # "those whose pay was not enough reported …"
    if not _LEFT_OUT.match(hay, cue.start) or not r.text[max(0, cue.start - 2) : cue.start - 1].isalpha():
        return False
    if _PLURAL.search(hay, low, cue.start + 1) and _TOLD.search(hay, cue.end, start + 1):
        return not hay.startswith(" no ", cue.start)
    if not _PEOPLE.search(hay, low, cue.start + 1) or _TOLD.search(hay, start, r.clause(start)[1] + 1) is None:
        return False
    return not hay.startswith(" no ", cue.start) or _WITH_NO.search(hay, low, cue.start + 1) is not None


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
