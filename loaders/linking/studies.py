"""Studies: the same project, registered or known from what it published."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from loaders.linking import works
from loaders.linking.frequencies import likeness
from loaders.linking.statements import Mapping
from loaders.linking.things import Document, Item, Node
from loaders.parts import names
from loaders.record import IRAS, ISRCTN, NCT, Record
from ontology.iris import Iris
from ontology.terms import EVG, SEMAPV

_REGISTERS = (IRAS, ISRCTN, NCT)
_SPOKEN = {IRAS: "IRAS ID", ISRCTN: "ISRCTN", NCT: "NCT", "rec": "REC reference"}
_IN_TEXT = {
    IRAS: re.compile(r"\bIRAS\b(?:\W+(?:project|study|id\w*|number|no|ref\w*))*\W{0,3}(\d{5,7})\b", re.IGNORECASE),
    "rec": re.compile(r"\b(\d{2}/(?:[A-Z]{1,4}|[A-Z]?\d{3,4})/\d{1,5})\b"),
    ISRCTN: re.compile(r"\bISRCTN\W{0,2}(\d{8})\b", re.IGNORECASE),
    NCT: re.compile(r"\bNCT\W{0,2}(\d{8})\b", re.IGNORECASE),
}
"""A REC reference: year, committee's code, number; before 2011 the code was a letter with digits or digits alone."""
WORKS = works.Works()


@dataclass(frozen=True, slots=True)
class Traits:
    """`numbers` name studies ("iras:146257", "rec:15/EM/0220"); a registration's are its own. `since` is the year
    in which the study was approved, `work` what tells the publication, `only` whether nothing but its number is known.
    """

    registered: bool
    numbers: frozenset[str]
    since: int | None
    work: works.Traits
    only: bool


class Studies:
    """Resolver of studies."""

    name = "project"
    cluster = EVG.StudyCluster
    same = EVG.sameStudyAs
    accept = 0.9

    def items(self, record: Record, about: Document, iris: Iris) -> Iterator[Item]:
        if not record.describes:
            return
        study = names(record, iris).study
        said = record.publication
        work = works.said(record, said) if said else works.NOTHING
        numbers = _own(record) if record.registration else _in_text(record)
        referred = [r.target for r in said.relations if r.kind == "references-study"] if said else []
        numbers |= {_number(target.scheme, target.value) for target in referred}
        traits = {"registered": said is None, "numbers": sorted(numbers), "since": _since(record), "work": work}
        keys = {study, *about.ids, *work["related"], *works.title_keys(about, 4), *numbers}
        yield Item(study, record.title, tuple(sorted("project:" + key for key in keys)), traits)
        for target in referred:
            yield _referred(iris.study(target.scheme, target.value), _number(target.scheme, target.value), target.value)

    def read(self, traits: dict[str, Any]) -> Traits:
        work = WORKS.read(traits["work"])
        return Traits(
            traits["registered"], frozenset(traits["numbers"]), traits["since"], work, traits.get("only", False)
        )

    def further_keys(self, node: Node) -> Iterable[str]:
        return (node.iri, node.document.title, *node.traits.numbers, *node.document.company)

    def score(self, left: Node, right: Node) -> float:
        return _compare(left, right)[0]

    def reasons(self, left: Node, right: Node) -> tuple[str, str]:
        return _compare(left, right)[1:]

    def group(self, node: Node) -> "Projects":
        return Projects(node)

    def further(self, _: Node) -> list[Mapping]:
        return []

    def label(self, nodes: list[Node]) -> str:
        """The title of a registration, else of a publication."""
        best = max(nodes, key=lambda n: (not n.traits.only, n.traits.registered, len(n.label), n.label))
        return best.label


class Projects:
    """One study under construction: a register has it once."""

    def __init__(self, node: Node) -> None:
        self.numbers: dict[str, set[str]] = {}
        for number in node.traits.numbers if node.traits.registered else ():
            self.numbers.setdefault(number.partition(":")[0], set()).add(number)

    def never(self, _: "Projects") -> str | None:
        return None

    def clashes(self, other: "Projects") -> str | None:
        for register in _REGISTERS:
            here, there = self.numbers.get(register), other.numbers.get(register)
            if here and there and here.isdisjoint(there):
                return f"one register ({register.upper()}) has them as two"
        return None

    def take(self, other: "Projects", *, by_person: bool) -> None:
        if by_person:  # what a person made one keeps no number to clash with
            self.numbers.clear()
            return
        for register, numbers in other.numbers.items():
            self.numbers.setdefault(register, set()).update(numbers)


def _own(record: Record) -> set[str]:
    """The numbers that a registration's study has in registers, and those of its ethics opinions."""
    found = {
        _number(i.scheme, i.value) for i in record.identifiers if i.scheme in _REGISTERS and i.status != "inferred"
    }
    opinions = record.registration.opinions if record.registration else ()
    return found | {_number("rec", opinion.reference) for opinion in opinions if opinion.reference}


def _in_text(record: Record) -> set[str]:
    """The numbers of studies that a text names."""
    text = " ".join((record.title, record.abstract or "", *record.keywords))
    return {_number(scheme, match[1]) for scheme, form in _IN_TEXT.items() for match in form.finditer(text)}


def _number(scheme: str, value: str) -> str:
    digits = value.upper() if scheme == "rec" else re.sub(r"\D", "", value)
    return f"{scheme}:{digits}"


def _since(record: Record) -> int | None:
    """The year of the first ethics opinion."""
    opinions = record.registration.opinions if record.registration else ()
    return min((int(opinion.date[:4]) for opinion in opinions if opinion.date), default=None)


def _referred(study: str, number: str, label: str) -> Item:
    """A registered study that a publication names: there may be no record of it. Nothing else of the publication is
    its own.
    """
    traits = {"registered": True, "numbers": [number], "since": None, "work": works.NOTHING, "only": True}
    return Item(study, label, tuple(sorted(f"project:{key}" for key in (study, number))), traits)


def _compare(left: Node, right: Node) -> works.Verdict:
    """How likely two are one study, why, and by what sort of matching."""
    if left.iri == right.iri:
        return 1.0, "one identifier", SEMAPV.BackgroundKnowledgeBasedMatching
    one, other = left.traits, right.traits
    if shared := sorted(one.numbers & other.numbers):
        return _numbered(one, other, shared[0])
    if one.only or other.only:
        return works.NOT
    if not one.registered and not other.registered:
        works_left, works_right = (replace(node, traits=node.traits.work) for node in (left, right))
        score, reason, justification = works.compare(works_left, works_right)
        return score, f"versions of one publication: {reason}", justification
    if one.registered and other.registered:
        return works.NOT  # without a number in common, registers mean two
    return _by_people(left, right)


def _numbered(one: Traits, other: Traits, number: str) -> works.Verdict:
    scheme, _, value = number.partition(":")
    reason = f"both name {_SPOKEN[scheme]} {value}"
    score = 0.96 if one.registered or other.registered else 0.92
    if any(_several(said, scheme) for said in (one, other)):
        score, reason = 0.6, reason + ", but one of them names several studies"
    return score, reason, SEMAPV.BackgroundKnowledgeBasedMatching


def _several(said: Traits, scheme: str) -> bool:
    """Whether a publication names more than one study of a register: it may be about others' studies."""
    return not said.registered and sum(number.startswith(scheme + ":") for number in said.numbers) > 1


def _by_people(left: Node, right: Node) -> works.Verdict:
    """A registration and a publication without a number in common: never more than a candidate but for equal titles."""
    here, there = left.document, right.document
    shared = here.company & there.company
    alike = (
        likeness("word", here.words, there.words, here.breadth * there.breadth) if here.words and there.words else 0.0
    )
    since = left.traits.since or right.traits.since
    year = here.year or there.year
    if since and year and year < since:
        return works.NOT
    reasons = ["titles alike" if alike < 1.0 else "same title"]
    if shared:
        reasons.append("a person in common: " + sorted(shared)[0].partition("|")[0].capitalize())
        score = 0.92 if alike > 0.9 else 0.5 + 0.45 * alike if alike > 0.2 else 0.0
    else:
        score = 0.5 + 0.4 * (alike - 0.6) if alike > 0.6 else 0.0
    return score, "; ".join(reasons), SEMAPV.CompositeMatching
