"""Persons: is this author that one?"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

from loaders.linking import person_model
from loaders.linking.frequencies import length, rarest
from loaders.linking.mail_domains import by_mail
from loaders.linking.organisations import institution, key_of
from loaders.linking.personal_names import Given, Middle, Name, block_keys, compare_given, fold, parse
from loaders.linking.statements import Mapping
from loaders.linking.things import Document, Item, Node, content_words, person_key
from loaders.parts import people
from loaders.record import ORCID, Person, Record
from ontology.iris import Iris
from ontology.terms import EVG, SEMAPV

_MAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_SHARED_MAIL = frozenset(
    re.findall(
        r"\S+",
        "gmail hotmail outlook yahoo aol icloud live msn qq 163 126 googlemail",
    )
)


@dataclass(frozen=True, slots=True)
class Traits:
    """What a mention shows of a person. `key` is how its company names it, `places` the words of its
    affiliations, `institutions` their keys, `mail` a digest of the address.
    """

    name: Name
    key: str
    orcid: str
    mail: str
    domain: str
    role: str
    position: int | None
    position_from_end: int | None
    collective: bool
    registered: bool
    leads_to: tuple[str, str, str] | None
    institutions: frozenset[str]
    places: frozenset[str]
    breadth: float


class People:
    """Resolver of persons. Groups that sign as authors are resolved by their whole name."""

    name = "person"
    cluster = EVG.PersonCluster
    same = EVG.sameAgentAs

    @property
    def accept(self) -> float:
        return person_model.accept()

    def items(self, record: Record, _: Document, iris: Iris) -> Iterator[Item]:
        for part, person in people(record):
            traits = _traits(person, record)
            node = iris.part(record.source, record.key, part)
            yield Item(node, _display(person), _keys(person), traits)

    def read(self, traits: dict[str, Any]) -> Traits:
        family, given = traits["name"]
        institutions, places = frozenset(traits["institutions"]), frozenset(traits["places"])
        return Traits(
            **traits | {"name": Name(tuple(family), tuple(given)), "institutions": institutions, "places": places},
        )

    def further_keys(self, node: Node) -> Iterator[str]:
        said: Traits = node.traits
        yield from (f"with {key}" for key in node.document.company if key != said.key)
        yield from (f"at {key}" for key in said.institutions)
        yield from (f"in {word}" for word in rarest("place", said.places, 3))
        yield from (f"on {word}" for word in rarest("word", node.document.words, 3))
        yield from (f"mail {digest}" for digest in (said.mail,) if digest)
        if len(said.name.given) > 1 or len(said.name.given[0] if said.name.given else "") > 1:
            yield "as " + " ".join(said.name.given)

    def score(self, left: Node, right: Node) -> float:
        return person_model.score(left, right)

    def reasons(self, left: Node, right: Node) -> tuple[str, str]:
        return person_model.reasons(left, right)

    def group(self, node: Node) -> "Persons":
        return Persons(node)

    def further(self, node: Node) -> list[Mapping]:
        """Where the e-mail domain leads: held to be so where the record or the person names that institution too."""
        said: Traits = node.traits
        if not said.leads_to:
            return []
        iri, key, name = said.leads_to
        named = key in said.institutions or key in node.document.organisations
        comment = f"the e-mail domain {said.domain} is that of {name}" + (", which the record names" if named else "")
        status, score = ("accepted", 0.97) if named else ("candidate", 0.8)
        justification = SEMAPV.CompositeMatching if named else SEMAPV.LexicalMatching
        return [Mapping(node.iri, iri, EVG.inferredAffiliation, score, justification, status, comment)]

    def label(self, nodes: list[Node]) -> str:
        def fullness(node: Node) -> tuple[int, int, str]:
            given = node.traits.name.given
            return sum(len(word) > 1 for word in given), len(node.label), node.label

        return max(nodes, key=fullness).label


class Persons:
    """The mentions of one cluster under construction."""

    def __init__(self, node: Node) -> None:
        said: Traits = node.traits
        self.roles = {(node.document.record, said.role if said.registered else "")}
        self.orcids = {said.orcid} - {""}
        self.names = {said.name}
        self.by_person = False

    def never(self, other: "Persons") -> str | None:
        return "both are named in one record, as two" if self.roles & other.roles else None

    def clashes(self, other: "Persons") -> str | None:
        """Two ORCIDs, or names that no one person bears (unless a person said that this one does)."""
        if self.orcids and other.orcids and self.orcids.isdisjoint(other.orcids):
            return "their clusters bear different ORCID iDs"
        if self.orcids & other.orcids:
            return None
        names = sorted(self.names, key=str), sorted(other.names, key=str)
        apart = [(one, another) for one in names[0] for another in names[1] if _differ(one, another)]
        if not apart or ((self.by_person or other.by_person) and len(apart) < len(names[0]) * len(names[1])):
            return None
        shown = sorted(" ".join((*name.given, *name.family)) for name in apart[0])
        return f"their clusters hold names that differ: {shown[0]} / {shown[1]}"

    def take(self, other: "Persons", *, by_person: bool) -> None:
        self.roles |= other.roles
        self.orcids |= other.orcids
        self.names |= other.names
        self.by_person |= other.by_person or by_person


def _differ(one: Name, other: Name) -> bool:
    first, rest = compare_given(one.given, other.given)
    return one != other and (first is Given.CONFLICT or rest is Middle.CONFLICT)


def _display(person: Person) -> str:
    return f"{person.given} {person.family}" if person.given and person.family else person.name


def _orcid(person: Person) -> str:
    return next((i.value for i in person.identifiers if i.scheme == ORCID and i.status != "inferred"), "")


def _keys(person: Person) -> tuple[str, ...]:
    if person.collective:
        return ("group:" + " ".join(fold(person.name)),)
    keys = ["person:" + key for key in block_keys(parse(person))]
    if orcid := _orcid(person):
        keys.append("orcid:" + orcid)
    return tuple(keys)


def _traits(person: Person, record: Record) -> dict[str, Any]:
    name = Name(fold(person.name), ()) if person.collective else parse(person)
    said = " ".join(a.name for a in person.affiliations)
    mail = _MAIL.search(person.email or said)
    local, _, domain = mail[0].lower().rpartition("@") if mail else ("", "", "")
    shared = domain.split(".")[0] in _SHARED_MAIL
    mailed = by_mail(person)
    places = sorted(content_words(_MAIL.sub(" ", said)))
    return {
        "name": [name.family, name.given],
        "key": person_key(person),
        "orcid": _orcid(person),
        "mail": blake2b(f"{local}@{domain}".encode(), digest_size=8).hexdigest() if local else "",
        "domain": "" if shared else domain,
        "role": person.role,
        "position": person.position,
        "position_from_end": person.position_from_end,
        "collective": person.collective,
        "registered": record.registration is not None,
        "leads_to": [mailed.iri, key_of(mailed), mailed.names[0]] if mailed else None,
        "institutions": sorted({institution(a) for a in person.affiliations} - {""}),
        "places": places,
        "breadth": round(length("place", places), 4),
    }
