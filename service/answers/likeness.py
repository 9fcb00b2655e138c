"""How alike two names are, for people who match a table of their own with the graph. Scores are 0 to 100."""

from rapidfuzz import fuzz

from ontology.iris import normalise

SMALL = frozenset({"of", "the", "and", "for", "in", "at", "de", "la", "le"})
"""Words that a name has or lacks without being another name."""
_FULL = {
    "ft": "foundation trust",
    "nhsft": "nhs foundation trust",
    "univ": "university",
    "uni": "university",
    "hosp": "hospital",
    "dept": "department",
    "inst": "institute",
}
_COMMITTEE = ("research ethics committee", "ethics committee", "rec")
EXACT = 100.0
TURNED = 97.0
"""The same words in another order: York University is not the University of York."""


def of_organisation(name: str) -> str:
    """A name with its abbreviations written out and without small words, folded.

    >>> of_organisation("The Univ. of Example"), of_organisation("London - Example Research Ethics Committee")
    ('university example', 'london example rec')
    """
    return _written_out(_joined(name))


def _written_out(name: str) -> str:
    text = f" {' '.join(_FULL.get(word, word) for word in normalise(name).split())} "
    for said in _COMMITTEE:
        if f" {said} " in text:
            text = text.replace(f" {said} ", " ") + "rec "
            break
    words = [word for word in text.split() if word not in SMALL]
    return " ".join(words or text.split())


def of_person(name: str) -> str:
    """A name in the order in which it is spoken, folded.

    >>> of_person("Gillard, Steve")
    'steve gillard'
    """
    family, comma, given = _joined(name).partition(",")
    return normalise(f"{given} {family}" if comma else family)


def _joined(name: str) -> str:
    """A name without apostrophes: Kings is King's, and ONeill O'Neill."""
    return name.replace("'", "").replace("’", "")


def looked_up(name: str, noun: str) -> list[str]:
    """The words of a name as an index of names has them."""
    words = (_written_out(name) if noun == "organisation" else normalise(name)).split()
    kept = [word for word in dict.fromkeys(words) if word not in SMALL and (noun != "organisation" or word != "rec")]
    return kept or words


def folded(name: str, noun: str) -> str:
    """A name for comparison; `noun` is "person", "organisation" or "theme"."""
    return {"person": of_person, "organisation": of_organisation}.get(noun, normalise)(name)


def likeness(asked: str, name: str, noun: str) -> float:
    """How alike two names are that were folded with `folded`. Only the same words in the same order are 100."""
    if asked == name:
        return EXACT if asked else 0.0
    found = _persons(asked, name) if noun == "person" else float(fuzz.token_sort_ratio(asked, name))
    return min(found, TURNED)


def _persons(asked: str, name: str) -> float:
    """By words, each with the best that is left; an initial is a part of what it may stand for.

    >>> _persons("s gillard", "steve gillard") > _persons("j gillard", "steve gillard")
    True
    """
    wanted, there = sorted(asked.split(), key=len, reverse=True), name.split()
    left, total = list(there), 0.0
    for word in wanted:
        best, which = max(((_word(word, other), other) for other in left), default=(0.0, ""))
        if best > 0:
            left.remove(which)
            total += best
    matched = len(there) - len(left)
    return 100 * total / max(1.0, len(wanted) + 0.3 * (len(there) - matched))


def _word(a: str, b: str) -> float:
    if a == b:
        return 1.0
    if len(a) == 1 or len(b) == 1:
        return 0.75 if a[0] == b[0] else 0.0
    ratio = float(fuzz.ratio(a, b)) / 100
    return ratio if ratio >= 0.75 else 0.0


def whole(asked: str, noun: str) -> bool:
    """Whether a folded name can stand for one alone: a person's needs a given name, more than an initial."""
    words = asked.split()
    return len(words) > 1 and sum(len(word) > 1 for word in words) > 1 if noun == "person" else bool(words)
