"""The headings that an abstract has of its own: "Background:", "MethodsWe report", "Findings" on a line.

A heading is made of a closed set of words, so that a sentence is never taken for one. What it says is a set
of sections: "Methods and findings" allows two, and the model chooses between them for each sentence.
"""

import re
from dataclasses import dataclass, replace

BACKGROUND, OBJECTIVE, METHODS, RESULTS, CONCLUSIONS = SECTIONS = (
    "background",
    "objective",
    "methods",
    "results",
    "conclusions",
)

# The words that decide, in the order in which a compound heading is judged by them.
_DECIDING = {
    RESULTS: "results result findings finding résultats resultados ergebnisse outcomes",
    CONCLUSIONS: "conclusions conclusion concluding discussion interpretation interpretations implications implication "
    "significance recommendations summary limitation limitations originality value impact contribution contributions "
    "relevance lessons generalisability comment perspectives conclusiones schlussfolgerungen outlook",
    OBJECTIVE: "objective objectives aim aims purpose purposes goal goals hypothesis hypotheses question questions "
    "objetivo objetivos objectif objectifs ziel",
    BACKGROUND: "background introduction context rationale importance motivation antecedentes hintergrund contexte "
    "overview",
    METHODS: "methods method methodology methodologies design designs setting settings participants participant "
    "patients patient subjects sample samples sampling population populations measures measure measurements "
    "measurement intervention interventions procedure procedures approach materials material data analysis analyses "
    "registration trial instruments eligibility criteria selection sources source extraction synthesis searches "
    "randomisation randomization exposure exposures exposition predictors variables métodos méthodes methodik "
    "statistical "
    "duration place comparators follow-up procedures location interventions protocol recruitment ethics funding "
    "dissemination registered register registry prospero clinicaltrials identifier number isrctn nct trials status "
    "time treatment blinding allocation assessments assessment controls cases sponsor sponsorship collection strategy "
    "strategies acquisition disclosure disclosures acknowledgements acknowledgments interest interests",
}
_SECTION_OF = {word: section for section, listed in _DECIDING.items() for word in listed.split()}
_OTHER = (
    "and of the for in or to with & main primary secondary study studies research principal key major "
    "clinical practical practice policy public theoretical social brief general patient case review "
    "outcome problem state knowledge what is known this paper adds already on topic new future work managerial "
    "current controlled evidence level quality literature question present "
    "specific overall strengths list abbreviations keywords abstract a description "
    "statement people nursing health care recent reviewer's reviewers' author's authors' experimental scientific "
    "search presentation report series history comparison existing inclusion exclusion "
    "financial competing conflict conflicts declaration review issue issues addressed so period"
)
# Headings whose words mean something else together than they do alone.
_TOGETHER = (
    (
        re.compile(r"(?:clinical )?cases? (?:presentation|report|description|series|history|summary)"),
        (METHODS, RESULTS),
    ),
    (re.compile(r"issues? addressed"), (BACKGROUND,)),
    (re.compile(r"so what|comparison with existing|.*\bimplications of\b"), (CONCLUSIONS,)),
)
_WORD = "|".join(sorted(map(re.escape, {*_SECTION_OF, *_OTHER.split()}), key=len, reverse=True))
_JOIN = r"(?:[ \t]*[/\\&,][ \t]*|[ \t]+|-)"
_PHRASE = rf"(?:{_WORD})(?:\(s\))?(?:{_JOIN}(?:{_WORD})(?:\(s\))?){{0,5}}"

# Words that may stand as a heading without a colon before a capital: "Methods We report", "MethodsWe report".
_BARE = (
    r"Background(?: and (?:aims?|purpose|objectives?))?|Introduction|Context|Rationale|Objectives?|Aims?(?: and "
    r"(?:methods?|objectives?))?|Purpose|(?:Study )?design(?:/methodology/approach)?(?: and (?:methods?|setting))?"
    r"|Settings?|Participants?|Subjects|Sample|Methodology|(?:Materials?|Methods?|Patients|Subjects)(?: and | & )"
    r"(?:methods?|materials?|findings|results|analysis)|Methods?(?:/design)?|Methodology/principal findings"
    r"|Interventions?|(?:Main |Primary )?outcome measures?|Measurements?|Data sources|Case (?:presentation|description)"
    r"|(?:Main |Principal |Key |Recent )?findings|(?:Main |Key )?Results?(?: and (?:discussion|conclusions?))?"
    r"|Purpose of review|Discussion(?: and conclusions?)?|(?:Main )?Conclusions?(?:/significance| and implications)?"
    r"|Interpretation|Implications(?: for practice)?|Originality/value|(?:Practical|Social|Research) implications"
    r"(?:/limitations)?|Research limitations/implications|Clinical implications|Trial registration"
)
_IS_BARE = re.compile(_BARE, re.IGNORECASE)
_IS_PHRASE = re.compile(_PHRASE, re.IGNORECASE)
# Where a heading may begin: at the start, on a new line, after a sentence, or, where the full stop is lost, before a
# colon: "during the pandemic Methods: We asked".
_PLACE = re.compile(
    r"\A\s*(?:(?i:abstract)[.:]?\s+)?|\n[ \t]*|[.!?:;)\]”’][ \t]+|[.!?](?=[A-Z])|[ \t]{2,}"
    r"|(?<=[a-z0-9%])[ \t]+(?=(?:Background|Introduction|Objectives?|Aims?|Methods?|Results?|Findings|Conclusions?):)"
)
# A heading that punctuation, a line's end or the letters run into it show to be one.
_SURE = re.compile(
    rf"(?P<name>(?:\d\.\s*)?(?i:{_PHRASE})\??)(?:\s*(?P<end>[:–—]|\.(?=\s*\n|\s+[A-Z]|$)|\s-\s)|[ \t]*(?P<line>\r?\n|$)"
    r"|(?P<glued>(?=[A-Z][a-z]+[ ,'’-]|(?:We|A|In|It|To)\s|[A-Z]{3}[\w ])))"
)
_CAPITALS = re.compile(r"(?P<name>[A-Z][A-Z/&, \t-]{3,60}[A-Z])(?=[ \t]+[A-Z0-9][a-z0-9 ])")
_SPACED = re.compile(rf"(?P<name>(?i:{_BARE}))[ \t]+(?=[A-Z0-9(“\"][\w ])")
_WORDS = re.compile(r"[\w-]+")
_ABSTRACT = re.compile(r"\s*abstract[.:]?\s*", re.IGNORECASE)  # it heads the whole
_REGISTERS = frozenset(("ISRCTN", "NCT", "PROSPERO"))  # before a number they are no heading


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading at text[start:end]; what follows it is in one of `sections`."""

    start: int
    end: int
    name: str
    sections: tuple[str, ...]


def meaning(name: str) -> tuple[str, ...]:
    """The sections that a heading's words allow; none where it has no word that decides.

    >>> meaning("Design/methodology/approach"), meaning("Methods and findings")
    (('methods',), ('methods', 'results'))
    >>> meaning("Main outcome measures"), meaning("Results and discussion")
    (('methods',), ('results', 'conclusions'))
    """
    lower = name.lower()
    for words, sections in _TOGETHER:
        if words.match(lower):
            return sections
    found = [_SECTION_OF[word] for word in _WORDS.findall(lower.replace("(s)", "")) if word in _SECTION_OF]
    said = set(found)
    if not said:
        return ()
    if "outcome" in lower and ("measure" in lower or lower.startswith(("main", "primary", "secondary"))):
        return (METHODS,)
    if CONCLUSIONS in said and RESULTS not in said:
        return (CONCLUSIONS,)
    if "registration" in lower or ("trial" in lower and not said & {RESULTS, OBJECTIVE}):
        return (METHODS,)
    if said >= {METHODS, RESULTS} and not re.search(r"and|&|/|,", lower):
        return (RESULTS,)
    if OBJECTIVE in said and "question" in lower and METHODS in said:
        return (OBJECTIVE,)
    return tuple(section for section in SECTIONS if section in said)


def headings(text: str) -> list[Heading]:
    """Every heading of a text, in order. One that nothing but a space parts from its text needs company."""
    found: dict[int, Heading] = {}
    spaced: dict[int, Heading] = {}
    for place in _PLACE.finditer(text):
        start = place.end()
        first = text[start : start + 1]
        if not first.isupper() and not first.isdigit():
            continue
        match = _SURE.match(text, start)
        if match is None or not _plausible(match, text):
            match = _CAPITALS.match(text, start)
            if match is not None and (_IS_PHRASE.fullmatch(match["name"]) is None or match["name"] in _REGISTERS):
                match = None
        if match is not None:
            _take(match, found)
        elif match := _SPACED.match(text, start):
            _take(match, spaced)
    if spaced:
        every = {**spaced, **found}
        sections = {section for heading in every.values() for section in heading.sections}
        if len(sections) > 1 and (len(every) > 2 or min(every) == 0):
            found = every
    ordered = _disjoint(sorted(found.values(), key=lambda heading: heading.start))
    if ordered and _ABSTRACT.fullmatch(text, 0, ordered[0].start):
        ordered[0] = replace(ordered[0], start=0)
    return ordered


def _take(match: re.Match[str], found: dict[int, Heading]) -> None:
    if sections := meaning(match["name"]):
        start = match.start("name")
        found.setdefault(start, Heading(start, match.end(), match["name"].strip(), sections))


def _plausible(match: re.Match[str], text: str) -> bool:
    """Whether what looks like a heading is one: it begins with a capital, and its ending is a heading's."""
    name = match["name"]
    if not name.lstrip("0123456789. ")[:1].isupper():
        return False
    if match["glued"] is not None:
        return name[-1].islower() and _IS_BARE.fullmatch(name) is not None
    if match["end"] == ".":
        return _IS_BARE.fullmatch(name) is not None
    if match["line"] is not None:
        before = text[: match.start("name")].rstrip(" \t")
        return not before or before.endswith("\n") or _IS_BARE.fullmatch(name) is not None
    return True


def _disjoint(ordered: list[Heading]) -> list[Heading]:
    kept: list[Heading] = []
    for heading in ordered:
        if not kept or heading.start >= kept[-1].end:
            kept.append(heading)
    return kept
