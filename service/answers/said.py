"""What single records say, read from their named graphs: so every value comes with its source."""

import sqlite3
from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass

import queries
from ontology.iris import Iris
from ontology.terms import DATACITE, DCTERMS, EVG, FABIO, LITRE, OWN, PRISM, RDF, SCHEMA, SKOS
from service.answers.common import Item, Knowledge, address, graph_nodes, identifier, key_of, source_of, url_of
from service.index.terms import Nodes, first, whole

_TYPES = {
    FABIO.JournalArticle: "journal-article",
    FABIO.Preprint: "preprint",
    FABIO.ConferencePaper: "conference-paper",
    FABIO.Book: "book",
    FABIO.BookChapter: "book-chapter",
    FABIO.DoctoralThesis: "thesis",
    FABIO.ReportDocument: "report",
    FABIO.ReviewArticle: "review",
    FABIO.Editorial: "editorial",
    FABIO.Letter: "letter",
    FABIO.Dataset: "dataset",
}
"""What sort of document each class says that a publication is."""


def type_of(classes: Iterable[str]) -> str | None:
    """What sort of document a publication of these classes is; None where they say none."""
    return next((_TYPES[c] for c in classes if c in _TYPES), None)


@dataclass(frozen=True, slots=True)
class Said:
    """What one record says: its record graph, by subject and predicate."""

    source: str
    key: str
    iri: str
    topic: str
    study: str | None
    registration: bool
    graph: Nodes

    def of(self, subject: str, predicate: str) -> str | None:
        return first(self.graph.get(subject, {}), predicate)

    def all(self, subject: str, predicate: str) -> list[str]:
        return sorted(self.graph.get(subject, {}).get(predicate, ()))


async def said(known: Knowledge, records: Iterable[sqlite3.Row]) -> list[Said]:
    """What some records say, from the graph. The rows are of the index's table `record`."""
    held = [(known.iris.record_graph(row["source"], row["key"]), row) for row in records]
    graphs = await graph_nodes(known, [graph for graph, _ in held])
    return [
        Said(
            *(row["source"], row["key"], row["iri"], row["topic"], row["study"], bool(row["registration"])),
            graph=graphs[graph],
        )
        for graph, row in held
    ]


async def made_by(known: Knowledge, graphs: Iterable[str]) -> dict[str, str]:
    """What made each of some named graphs, by its name and version; nothing for a graph that is not there."""
    rows = await known.ask(queries.bind("provenance", graphs=graphs))
    return {row["graph"].value: row["agent"].value.removeprefix(OWN) for row in rows}


async def record_items(known: Knowledge, records: Sequence[Said]) -> list[Item]:
    """Records with where they stand. A text in which nothing was found has no evidence graph."""
    there = await made_by(known, [known.iris.evidence_graph(r.source, r.key) for r in records])
    return [_record_item(r, known.iris, there) for r in records]


def _record_item(record: Said, iris: Iris, there: Container[str]) -> Item:
    evidence_graph = iris.evidence_graph(record.source, record.key)
    return {
        "iri": record.iri,
        "url": url_of(record.iri, iris),
        "source": record.source,
        "key": record.key,
        "graph": iris.record_graph(record.source, record.key),
        "evidence_graph": evidence_graph if evidence_graph in there else None,
        "web_page": record.of(record.iri, DCTERMS.source),
    }


def abstracts(records: Iterable[Said], iris: Iris) -> list[Item]:
    return [
        {"text": text, **source_of(r.source, r.iri, iris)} for r in records for text in r.all(r.topic, DCTERMS.abstract)
    ]


def titles(records: Iterable[Said], title: str | None) -> list[str]:
    """Every other title that a record gives, each once."""
    found = (t for r in records for p in (DCTERMS.title, DCTERMS.alternative) for t in r.all(r.topic, p))
    return [t for t in dict.fromkeys(found) if t != title]


def keywords(record: Said) -> list[str]:
    return [w for k in record.all(record.topic, EVG.keyword) for w in record.all(k, SKOS.prefLabel)]


def identifiers_of(record: Said, owner: str) -> list[Item]:
    found = []
    for node in record.all(owner, DATACITE.hasIdentifier):
        scheme, value = record.of(node, DATACITE.usesIdentifierScheme), record.of(node, LITRE.hasLiteralValue)
        status = record.of(node, EVG.identifierStatus)
        if scheme and value and status:
            found.append(identifier(scheme, value, status, record.of(node, EVG.rawValue)))
    return found


def unique(items: Iterable[Item]) -> list[Item]:
    found: dict[tuple[str, str], Item] = {}
    for item in items:
        found.setdefault((item["scheme"], item["value"]), item)
    return list(found.values())


def publication_item(record: Said, iris: Iris) -> Item:
    topic = record.topic
    node = record.graph.get(topic, {})
    issued, doi = first(node, DCTERMS.issued), first(node, PRISM.doi)
    open_access = first(node, SCHEMA.isAccessibleForFree)
    return {
        "iri": topic,
        "key": key_of(topic, iris),
        "url": url_of(topic, iris),
        "title": first(node, DCTERMS.title),
        "doi": doi,
        "doi_url": address("doi", doi) if doi else None,
        "journal": first(node, PRISM.publicationName),
        "volume": first(node, PRISM.volume),
        "issue": first(node, PRISM.number),
        "article_number": first(node, FABIO.hasElectronicArticleIdentifier),
        "pages": first(node, PRISM.pageRange),
        "issued": issued,
        "year": whole(issued[:4]) if issued else None,
        "type": type_of(node.get(RDF.type, ())),
        "open_access": None if open_access is None else open_access == "true",
        "retracted": first(node, EVG.retracted) == "true",
        "identifiers": identifiers_of(record, topic),
        "copies": [_copy(record, copy) for copy in record.all(topic, SCHEMA.encoding)],
        **source_of(record.source, record.iri, iris),
    }


def _copy(record: Said, node: str) -> Item:
    return {
        "status": record.of(node, EVG.oaStatus),
        "version": record.of(node, SCHEMA.creativeWorkStatus),
        "licence": record.of(node, DCTERMS.license),
        "url": record.of(node, SCHEMA.url),
        "media_type": record.of(node, SCHEMA.encodingFormat),
    }


def registration_item(record: Said) -> Item:
    topic = record.topic
    return {
        "iras_id": record.of(topic, EVG.irasId),
        "research_type": record.of(topic, EVG.researchType),
        "version": record.of(topic, SCHEMA.version),
        "duration": record.of(topic, EVG.plannedDuration),
        "expected_end": record.of(topic, EVG.expectedEnd),
        "participants": whole(record.of(topic, EVG.participantCount)),
    }
