"""What sources say of one publication, value by value, with who says it; what differs stands side by side."""

import sqlite3
from collections.abc import Mapping, Sequence

from ontology.iris import normalise
from service.answers.common import THESE, Item, listed, rows

FIELDS = ("title", "year", "journal", "volume", "issue", "article_number", "pages", "type", "open_access", "retracted")
"""What is compared."""


def works(db: sqlite3.Connection, topics: Sequence[str]) -> dict[str, str]:
    """The work that each publication is a version of, as resolution has it: its own IRI where it is alone."""
    sql = f"SELECT iri, cluster FROM member WHERE iri IN {THESE}"
    held = {row["iri"]: row["cluster"] for row in rows(db, sql, values=(listed(topics),))}
    return {topic: held.get(topic, topic) for topic in topics}


def stated(publications: Sequence[Item], work_of: Mapping[str, str]) -> list[Item]:
    """Each publication of some descriptions (`publication_item`), with every value and its sources.

    Descriptions of one work are of one publication, but for versions with DOIs of their own: a preprint may well
    differ from its article. Of several versions, a description without a DOI stands for itself.
    """
    found: dict[tuple[str, str | None], list[Item]] = {}
    for p in publications:
        work = work_of.get(p["iri"], p["iri"])
        dois = {other["doi"] for other in publications if other["doi"] and work_of.get(other["iri"], "") == work}
        found.setdefault((work, (p["doi"] or p["iri"]) if len(dois) > 1 else None), []).append(p)
    return [
        {
            "iri": of_one[0]["iri"],
            "url": of_one[0]["url"],
            "doi": next((p["doi"] for p in of_one if p["doi"]), None),
            "sources": _sources(of_one),
            "fields": [field for name in FIELDS if (field := _field(name, of_one))["values"]],
        }
        for of_one in found.values()
    ]


def _sources(publications: Sequence[Item]) -> list[Item]:
    return [{part: p[part] for part in ("source", "source_url", "source_name")} for p in publications]


def _field(name: str, publications: Sequence[Item]) -> Item:
    """A field's values, most often said first. Case, punctuation and accents alone make no other value."""
    by: dict[str, Item] = {}
    for publication in publications:
        value = publication[name]
        if value is None or (name == "retracted" and not value):  # of what is not retracted nobody says so
            continue
        key = normalise(value).replace(" ", "") or value if isinstance(value, str) else repr(value)
        held = by.setdefault(key, {"value": value, "sources": []})
        held["sources"] += [s for s in _sources([publication]) if s not in held["sources"]]
    values = sorted(by.values(), key=lambda held: (-len(held["sources"]), str(held["value"])))
    return {"field": name, "differs": len(values) > 1, "values": values}
