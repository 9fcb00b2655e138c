"""People's e-mail addresses where a source has them within the name of an organisation, a title or an abstract."""

import re
from dataclasses import replace

from loaders.record import Organisation, Person, Record
from ontology.literals import starred

_ADDRESS = r"[^\s@<>()\[\],;:]+@[^\s@<>()\[\],;:]+\.[^\W\d_]{2,}"
_NAMED = re.compile(
    r"[\s,;(\[<]*(?:\band\s+)?(?:\b(?:electronic|e-?mail)(?:\s+address(?:es)?)?\s*[:.]?\s*|\bmailto:)?"
    rf"{_ADDRESS}[)\]>]*(?:[.;](?=\s|$))?",
    re.IGNORECASE,
)
"""An address with what announces it and what parts it off: ". Electronic address: jane@example.org." in PubMed."""


def without_addresses(record: Record) -> Record:
    """The record without e-mail addresses in the names of its organisations; one named by nothing else goes.

    In its title and abstract asterisks stand for what is a person's of an address, so that offsets stay. A person's
    own address is `Person.email`, which reaches the graph only where the operator asked for it.
    """
    if "@" in record.title or "@" in (record.abstract or ""):
        record = replace(record, title=starred(record.title), abstract=record.abstract and starred(record.abstract))
    if not any("@" in o.name for o in (*record.organisations, *(o for p in record.people for o in p.affiliations))):
        return record
    return replace(record, organisations=_cleared(record.organisations), people=tuple(map(_person, record.people)))


def _person(person: Person) -> Person:
    return replace(person, affiliations=_cleared(person.affiliations))


def _cleared(organisations: tuple[Organisation, ...]) -> tuple[Organisation, ...]:
    named = (o if "@" not in o.name else replace(o, name=_NAMED.sub("", o.name).strip()) for o in organisations)
    return tuple(dict.fromkeys(o for o in named if o.name))
