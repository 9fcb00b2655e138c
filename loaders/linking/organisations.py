"""Organisations: which one does a name mean?"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from loaders.linking import mail_domains, trusts
from loaders.linking import registry as registry_file
from loaders.linking.affiliations import CERTAIN, matcher
from loaders.linking.mail_domains import by_mail
from loaders.linking.organisation_names import committee_key, fold
from loaders.linking.registry import Entry, registry
from loaders.linking.things import Item
from loaders.linking.trusts import find as find_trust
from loaders.linking.trusts import looks_like_trust
from loaders.parts import organisations
from loaders.record import ODS, ROR, Organisation, Record
from ontology.iris import Iris, digest
from ontology.terms import SEMAPV


@dataclass(frozen=True, slots=True)
class Match:
    """What a name means. `key` is equal for all names of one organisation, and empty for a name that may be many's
    ("Department of Psychology"); `entry` is the register's, where it has one; `reason` says why in words,
    `justification` by what sort of matching (an IRI of SEMAPV).
    """

    key: str
    entry: Entry | None
    score: float
    reason: str
    justification: str = SEMAPV.LexicalMatching


def use_register(path: Path) -> None:
    """Read this register in place of the shipped one, where it is there. What was made from another is forgotten."""
    before = registry_file.edition()
    registry_file.CHOSEN = path
    registry_file.edition.cache_clear()
    if registry_file.edition() == before:
        return
    for made in (registry, matcher, match, mail_domains.by_domain, mail_domains.by_initials, trusts.by_words):
        made.cache_clear()


@lru_cache(1 << 14)
def match(organisation: Organisation, host: str = "") -> Match:
    """What an organisation's name and identifiers mean. A unit stands for itself within its institution.

    `host` is that of the record's page: a repository speaks of its own institution by its acronym.
    """
    for identifier in organisation.identifiers:
        if identifier.scheme in (ROR, ODS) and identifier.status != "inferred":
            number = registry().by_id.get(identifier.value.rpartition("/")[2])
            if number is not None:
                stated = f"its {identifier.scheme.upper()} identifier is stated"
                return _known(registry().entries[number], 1.0, stated, SEMAPV.BackgroundKnowledgeBasedMatching)
    if organisation.kind == "research-ethics-committee":
        return Match("committee:" + committee_key(organisation.name), None, 1.0, "same name of a committee")
    if organisation.parent:
        above = match(organisation.parent, host).key
        key = f"unit:{fold(organisation.name)}<{above}" if above else ""
        return Match(key, None, 1.0, "same unit of the same institution")
    return _named(organisation.name) or _at_home(organisation.name, host) or _unknown(organisation.name)


def _named(name: str) -> Match | None:
    if looks_like_trust(name) and (trust := find_trust(name)):
        similar = SEMAPV.LexicalMatching if trust.score > 0.95 else SEMAPV.LexicalSimilarityThresholdMatching
        return _known(trust.entry, trust.score, trust.reason, similar)
    found = next(iter(matcher().find(name)), None)
    if found and found.score >= CERTAIN:
        return _known(found.entry, min(found.score, 0.99), found.reason)
    return None


def _at_home(name: str, host: str) -> Match | None:
    """An acronym that the institution whose page this is goes by."""
    for number in registry().acronyms.get(name.strip(), ()) if host else ():
        entry = registry().entries[number]
        if any(host == domain or host.endswith("." + domain) for domain in entry.domains):
            return _known(entry, 0.97, f"the acronym of the institution whose page is at {host}")
    return None


def _unknown(name: str) -> Match:
    key = "name:" + fold(name) if matcher().distinctive(name) else ""
    return Match(key, None, 0.9, "same name")


def _known(entry: Entry, score: float, reason: str, justification: str = SEMAPV.LexicalMatching) -> Match:
    return Match(key_of(entry), entry, score, reason, justification)


def institution(organisation: Organisation) -> str:
    """The key of the institution that an organisation is or belongs to; empty where the register lacks it."""
    while organisation.parent:
        organisation = organisation.parent
    found = match(organisation)
    return found.key if found.entry else ""


def of_record(record: Record) -> frozenset[str]:
    """The institutions that a record names for itself: its sponsor, its establishment, those it is attributed to."""
    said = record.registration
    named = [said.sponsor, said.establishment] if said else []
    return frozenset({institution(o) for o in (*named, *record.organisations) if o} - {""})


def items(record: Record, iris: Iris) -> Iterator[Item]:
    """The organisations of a record; where the register knows one, its entry as well."""
    known: dict[str, Entry] = {}
    host = urlsplit(record.url or "").hostname or record.key.partition("-")[0] * (record.source == "eprints")
    for organisation, part in organisations(record).items():
        found = match(organisation, host)
        node = iris.part(record.source, record.key, part)
        if found.entry:
            known[found.entry.iri] = found.entry
        yield Item(node, organisation.name, (_block(found.key or node),), _traits(found))
    for person in record.people:
        if entry := by_mail(person):
            known[entry.iri] = entry
    for entry in known.values():
        yield Item(entry.iri, entry.names[0], (_block(key_of(entry)),), _traits(Match("", entry, 1.0, "")))


def _traits(found: Match) -> dict[str, Any]:
    register = found.entry.iri if found.entry else ""
    return {"register": register, "score": found.score, "reason": found.reason, "justification": found.justification}


def key_of(entry: Entry) -> str:
    """The key of all names of a register's entry."""
    return "register:" + (entry.ror or entry.ods)


def _block(key: str) -> str:
    return "organisation:" + (key if len(key) < 100 else digest(key, 32))
