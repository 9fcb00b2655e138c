"""What all answers share: where they come from, pages of a list, names with their addresses, identifiers."""

import sqlite3
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import orjson

import queries
from ontology.iris import ODS, ROR, Iris, path
from ontology.terms import DATACITE, EVG, STATUS, Vocabulary
from service.index.index import Index
from service.index.terms import Nodes
from service.workers.query import Term

Item = dict[str, Any]
Ask = Callable[[str], Awaitable[list[dict[str, Term]]]]
"""Asks the graph: a SELECT's rows (`Pool.rows`)."""


class Held(Protocol):
    """A record as the archive holds it."""

    @property
    def hash(self) -> str: ...
    @property
    def file(self) -> str: ...
    @property
    def place(self) -> str: ...
    @property
    def loaded_at(self) -> str: ...


class Archive(Protocol):
    """What the answers ask of the archive of raw bytes (`loaders/archive.py`)."""

    def get(self, source: str, key: str) -> Held | None: ...
    def raw(self, hash_: str) -> bytes | None: ...


@dataclass(frozen=True, slots=True)
class Knowledge:
    """Where answers come from: the index, the graph, and the raw bytes where they are kept."""

    index: Index
    iris: Iris
    ask: Ask
    archive: Archive | None = None
    published: Callable[[], int] = int
    """The revision of the graph that `ask` reads."""
    keep_emails: bool = False
    """Whether people's e-mail addresses are shown."""

    @property
    def revision(self) -> int:
        """Changes whenever an answer may: of the index and of the graph that queries read."""
        return self.index.revision + self.published()


@dataclass(frozen=True, slots=True)
class Found:
    """A part of a list: `items` from `offset` on, at most `limit` of `total`.

    `notices` are sentences for a person on a question that names what the graph does not know.
    """

    items: list[Item]
    total: int
    limit: int
    offset: int = 0
    notices: tuple[str, ...] = ()

    @property
    def next_offset(self) -> int | None:
        """Where the next part starts, None at the end."""
        after = self.offset + self.limit
        return after if after < self.total else None


def rows(db: sqlite3.Connection, *sql: str, values: Sequence[Any] = ()) -> list[sqlite3.Row]:
    """The rows of a query that is put together from parts. Values never stand in the parts."""
    return db.execute(" ".join(sql), values).fetchall()


def one(db: sqlite3.Connection, *sql: str, values: Sequence[Any] = ()) -> sqlite3.Row | None:
    row: sqlite3.Row | None = db.execute(" ".join(sql), values).fetchone()
    return row


def number(db: sqlite3.Connection, *sql: str, values: Sequence[Any] = ()) -> int:
    """The one number that a query gives."""
    return int(db.execute(" ".join(sql), values).fetchone()[0])


def listed(values: Iterable[Any]) -> str:
    """Values for `json_each(?)`."""
    return orjson.dumps(list(values)).decode()


THESE = "(SELECT value FROM json_each(?))"
"""A set of values given as `listed(…)`."""


def key_of(iri: str, iris: Iris) -> str:
    """A thing's key: what its IRI has after the base and the noun."""
    return iri.removeprefix(iris.base).partition("/")[2]


def url_of(iri: str, iris: Iris) -> str:
    """The path of a thing's page on this server."""
    return "/" + iri.removeprefix(iris.base)


def named(noun: str, key: str, iris: Iris) -> str:
    """The IRI of a thing of which a request gives the key, decoded."""
    return f"{iris.base}{noun}/{path(key)}"


def ref(name: str | None, iri: str, iris: Iris) -> Item:
    """A person, an organisation or a REC by name and address."""
    return {"name": name, "key": key_of(iri, iris), "iri": iri, "url": url_of(iri, iris)}


def source_of(source: str, record: str, iris: Iris) -> Item:
    """Where a value comes from."""
    return {"source": record, "source_url": url_of(record, iris), "source_name": source}


def words(text: str) -> str:
    """A name as a full-text question: every word, each as the beginning of one.

    >>> words('Gillard, S.')
    '"Gillard" * "S" *'
    """
    return " ".join(f'"{word}" *' for word in _words(text))


def _words(text: str) -> list[str]:
    return "".join(c if c.isalnum() else " " for c in text).split()


SCHEMES = {
    **{DATACITE[s]: s for s in ("doi", "orcid", "ror", "pmid", "pmcid", "isbn", "issn", "handle", "arxiv", "openalex")},
    **{EVG[n]: n.removeprefix("scheme-") for n in EVG.names if n.startswith("scheme-")},
}
ADDRESSES = {
    "doi": "https://doi.org/{}",
    "orcid": "https://orcid.org/{}",
    "ror": f"{ROR}{{}}",
    "pmid": "https://pubmed.ncbi.nlm.nih.gov/{}/",
    "pmcid": "https://pmc.ncbi.nlm.nih.gov/articles/{}/",
    "openalex": "https://openalex.org/{}",
    "arxiv": "https://arxiv.org/abs/{}",
    "handle": "https://hdl.handle.net/{}",
    "isrctn": "https://www.isrctn.com/{}",
    "nct": "https://clinicaltrials.gov/study/{}",
    "mesh": "https://id.nlm.nih.gov/mesh/{}",
    "ods": f"{ODS}{{}}",
}
"""Where the identifiers of each scheme lead: the one place that says so."""
LABELS = {"doi": "DOI", "orcid": "ORCID", "ror": "ROR", "pmid": "PubMed", "pmcid": "PubMed Central"} | {
    "openalex": "OpenAlex",
    "arxiv": "arXiv",
    "handle": "Handle",
    "isrctn": "ISRCTN",
    "nct": "ClinicalTrials.gov",
    "iras": "IRAS ID",
    "eprints": "EPrints",
    "rec-reference": "REC reference",
    "mesh": "MeSH",
    "ods": "NHS ODS code",
}


def local(iri: str, vocabulary: Vocabulary) -> str:
    """The name of a term, or what an IRI ends in where it is no term of the vocabulary."""
    return vocabulary.local(iri) if iri in vocabulary else iri.rpartition("/")[2].rpartition("#")[2]


def address(scheme: str, value: str) -> str | None:
    """Where an identifier leads to on the web, None for a scheme without an address."""
    pattern = ADDRESSES.get(scheme)
    return pattern.format(path(value)) if pattern else None


def identifier(scheme: str, value: str, status: str, raw: str | None) -> Item:
    """An identifier, given its scheme's and its status's IRIs. One that is only inferred leads nowhere."""
    name, known = SCHEMES.get(scheme, local(scheme, DATACITE)), local(status, STATUS)
    url = None if known == "inferred" else address(name, value)
    return {"scheme": name, "value": value, "status": known, "raw": raw, "url": url}


def links(identifiers: Iterable[Item]) -> list[Item]:
    """The addresses of identifiers, each once, with the name of where they lead."""
    found = {i["url"]: LABELS.get(i["scheme"], i["scheme"]) for i in identifiers if i["url"]}
    return [{"label": label, "url": url} for url, label in found.items()]


async def graph_nodes(known: Knowledge, graphs: Sequence[str]) -> dict[str, Nodes]:
    """What named graphs say: graph IRI to subject, predicate and values."""
    found: dict[str, Nodes] = {graph: {} for graph in graphs}
    if graphs:
        for row in await known.ask(queries.bind("graphs", graphs=graphs)):
            node = found[row["graph"].value].setdefault(row["subject"].value, {})
            node.setdefault(row["predicate"].value, []).append(row["object"].value)
    return found


async def identifiers(known: Knowledge, owners: Sequence[str]) -> list[Item]:
    """The identifiers that records give to some mentions of one thing, each once."""
    found: dict[tuple[str, str, str], Item] = {}
    for row in await known.ask(queries.bind("identifiers", owners=owners)):
        raw = row["raw"].value if "raw" in row else None
        made = identifier(row["scheme"].value, row["value"].value, row["status"].value, raw)
        found.setdefault((made["scheme"], made["value"], made["status"]), made)
    return list(found.values())


async def mappings(known: Knowledge, members: dict[str, str]) -> list[Item]:
    """Why mentions are held to be one: the matches among `members`, a mention's IRI to its name."""
    found = []
    for row in await known.ask(queries.bind("mappings", members=list(members))) if members else ():
        pair = [row["a"].value, row["b"].value]
        text = {name: row[name].value if name in row else None for name in ("justification", "reasons")}
        found.append(
            {
                "iri": row["mapping"].value,
                "members": pair,
                "names": [members.get(iri) for iri in pair],
                "sources": [url_of(iri.partition("#")[0], known.iris) for iri in pair],
                "confidence": float(row["confidence"].value),
                "decision": local(row["decision"].value, STATUS),
                "justification": (text["justification"] or "").rpartition("/")[2] or None,
                "reasons": text["reasons"],
            }
        )
    return found
