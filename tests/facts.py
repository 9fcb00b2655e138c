"""What a person would look at first in a record, for comparison."""

from typing import Any

from loaders.record import Record


def facts(record: Record) -> dict[str, Any]:
    """The facts of a publication by name; authors as "Family/Given", a body by its name."""
    said = record.publication
    authors = [p for p in record.people if p.role == "author"]
    return {
        "title": record.title,
        "key": record.key,
        "ids": {i.scheme: i.value for i in record.identifiers},
        "authors": ["/".join(n for n in (p.family, p.given) if n) or p.name for p in authors],
        "editors": [p.family or p.name for p in record.people if p.role == "editor"],
        "truncated": record.authors_truncated,
        "orcids": [i.value for p in authors for i in p.identifiers if i.scheme == "orcid"],
        "places": [o.name for p in authors for o in p.affiliations],
        "abstract": record.abstract,
        "keywords": list(record.keywords),
        "type": said.type if said else None,
        "journal": said.journal if said else None,
        "issued": said.issued if said else None,
        "volume": said.volume if said else None,
        "issue": said.issue if said else None,
        "pages": (said.pages or said.article_number) if said else None,
        "issns": list(said.issns) if said else [],
        "retracted": said.retracted if said else False,
        "relations": [f"{r.kind} {r.target.value}" for r in said.relations] if said else [],
    }
