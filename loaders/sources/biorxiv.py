"""Preprints of the bioRxiv and medRxiv API: its answers (`collection`), arrays, JSON Lines.

Fields: https://api.biorxiv.org. A preprint's versions are entries of their own with the same DOI.
"""

from collections.abc import Iterator
from typing import BinaryIO

from loaders.fields import parse
from loaders.identifiers import doi, repair_doi
from loaders.markup import paragraphs, plain
from loaders.names import affiliation, listed_author
from loaders.record import DOI, Copy, Entry, Identifier, Publication, Record, Relation, Unreadable
from loaders.streams import json_entries
from loaders.text import iso_date, json_keys, json_number

NAME = "biorxiv"
VERSION = "2"

_SERVERS = {"biorxiv": "bioRxiv", "medrxiv": "medRxiv"}
_LICENCES = {
    "cc_by": "https://creativecommons.org/licenses/by/4.0/",
    "cc_by_nc": "https://creativecommons.org/licenses/by-nc/4.0/",
    "cc_by_nd": "https://creativecommons.org/licenses/by-nd/4.0/",
    "cc_by_nc_nd": "https://creativecommons.org/licenses/by-nc-nd/4.0/",
    "cc0": "https://creativecommons.org/publicdomain/zero/1.0/",
}


def sniff(head: bytes) -> bool:
    keys = json_keys(head)
    return bool(
        {"author_corresponding", "preprint_doi", "biorxiv_doi", "medrxiv_doi", "rel_doi"} & keys
        or {"collection", "jatsxml"} <= keys
    )


def entries(stream: BinaryIO) -> Iterator[Entry]:
    return json_entries(stream)


def stated_total(head: bytes) -> int | None:
    """How many preprints an answer holds by its own count, which is that of its page."""
    return json_number(head, "count") if b'"messages"' in head[:2000] else None


def read(raw: bytes) -> Record:
    """The record of one version of a preprint. Raises Unreadable where it has no DOI or no title."""
    fields = parse(raw)
    identifier = repair_doi(fields.text("doi", "preprint_doi", "biorxiv_doi", "medrxiv_doi", "rel_doi") or "")
    title = plain(fields.text("title", "preprint_title", "rel_title"))
    if not identifier or not title:
        raise Unreadable("a bioRxiv or medRxiv preprint needs its doi and a title: ask the API for it again")
    version = fields.text("version", "rel_version")
    server = fields.text("server", "preprint_platform", "rel_site") or ""
    published = doi(fields.text("published", "published_doi"))
    terms = _LICENCES.get(fields.text("license", "preprint_license") or "")
    place = plain(fields.text("author_corresponding_institution", "preprint_author_corresponding_institution"))
    names = fields.text("authors", "preprint_authors")
    category = plain(fields.text("category", "preprint_category"))
    people = [listed_author(name, position) for position, name in enumerate(_names(names), 1)]
    people += [
        listed_author(name, position)
        for position, item in enumerate(fields.children("rel_authors"), 1)
        if (name := plain(item.text("author_name")))
    ]
    fields.drop("jatsxml", "author_corresponding", "preprint_author_corresponding", "rel_num_authors", "rel_link")
    return Record(
        source=NAME,
        key=f"{identifier.value}v{version}" if version else identifier.value,
        title=title,
        abstract=paragraphs(fields.text("abstract", "preprint_abstract", "rel_abs")),
        keywords=(category,) if category else (),
        identifiers=(identifier,),
        people=tuple(people),
        organisations=(affiliation(place),) if place else (),
        publication=Publication(
            type="preprint",
            publisher=_SERVERS.get(server.lower(), server or None),
            issued=iso_date(fields.text("date", "preprint_date", "rel_date") or ""),
            open_access=True,
            copies=(Copy(version=f"version {version}" if version else None, licence=terms),),
            relations=(Relation("is-preprint-of", Identifier(DOI, published)),) if published else (),
        ),
        leftovers=fields.left(),
    )


def _names(text: str | None) -> list[str]:
    """Names of one string, "Gillard, S.; Foster, R."."""
    return [name for part in (text or "").split(";") if (name := plain(part))]
