"""Organisations: which one does a name mean?"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from loaders.linking.organisation_names import committee_key, fold, trust_key
from loaders.linking.registry import Entry, registry
from loaders.linking.things import Item
from loaders.parts import organisations
from loaders.record import ODS, ROR, Organisation, Record
from ontology.iris import Iris, digest
from ontology.terms import SEMAPV


@dataclass(frozen=True, slots=True)
class Match:
    """What a name means. `key` is equal for all names of one organisation; `entry` is the register's, where it has
    one; `reason` says why in words, `justification` by what sort of matching (an IRI of SEMAPV).
    """

    key: str
    entry: Entry | None
    score: float
    reason: str
    justification: str = SEMAPV.LexicalMatching


@lru_cache(1 << 16)
def match(organisation: Organisation) -> Match:
    """What an organisation's name and identifiers mean. A unit stands for itself within its institution."""
    for identifier in organisation.identifiers:
        if identifier.scheme in (ROR, ODS) and identifier.status != "inferred":
            number = registry().by_id.get(identifier.value.rpartition("/")[2])
            if number is not None:
                return _known(registry().entries[number], 1.0, f"its {identifier.scheme.upper()} identifier is stated")
    if organisation.kind == "research-ethics-committee":
        return Match("committee:" + committee_key(organisation.name), None, 1.0, "same committee name")
    name = fold(organisation.name)
    if organisation.parent:
        return Match(f"unit:{name}<{match(organisation.parent).key}", None, 1.0, "same unit of the same institution")
    for numbers in (registry().names.get(name), registry().trusts.get(trust_key(organisation.name))):
        if numbers and len(numbers) == 1:
            return _known(registry().entries[numbers[0]], 0.97, "the register has this name")
    return Match("name:" + name, None, 1.0, "same name")


def _known(entry: Entry, score: float, reason: str) -> Match:
    return Match(_key(entry), entry, score, reason)


def institution(organisation: Organisation) -> str:
    """The key of the institution that an organisation is or belongs to."""
    while organisation.parent:
        organisation = organisation.parent
    return match(organisation).key


def of_record(record: Record) -> frozenset[str]:
    """The institutions that a record names for itself: its sponsor, its establishment, those it is attributed to."""
    said = record.registration
    named = [said.sponsor, said.establishment] if said else []
    return frozenset(institution(o) for o in (*named, *record.organisations) if o)


def items(record: Record, iris: Iris) -> Iterator[Item]:
    """The organisations of a record; where the register knows one, its entry as well."""
    known: dict[str, Entry] = {}
    for organisation, part in organisations(record).items():
        found = match(organisation)
        node = iris.part(record.source, record.key, part)
        if found.entry:
            known[found.entry.iri] = found.entry
        yield Item(node, organisation.name, (_block(found.key),), _traits(found))
    for entry in known.values():
        yield Item(entry.iri, entry.names[0], (_block(_key(entry)),), _traits(Match("", entry, 1.0, "")))


def _traits(found: Match) -> dict[str, Any]:
    register = found.entry.iri if found.entry else ""
    return {"register": register, "score": found.score, "reason": found.reason, "justification": found.justification}


def _key(entry: Entry) -> str:
    return "register:" + (entry.ror or entry.ods)


def _block(key: str) -> str:
    return "organisation:" + (key if len(key) < 100 else digest(key, 32))
