"""Source records: where everything comes from, with their raw text and the annotations of it."""

import sqlite3
from typing import Any

import anyio.to_thread

from ontology.iris import Iris
from ontology.literals import starred
from ontology.terms import DCTERMS, DIRECTION, EVG, OA, OWN, RDF, ROLE, SECTION
from service.answers.common import (
    Found,
    Item,
    Knowledge,
    graph_nodes,
    number,
    one,
    rows,
    url_of,
)
from service.answers.errors import NotKnown
from service.answers.items import QUOTES, of_rows, study_ref
from service.answers.names import search_text, unknown
from service.answers.said import Said, identifiers_of, made_by, said
from service.index.terms import first

CONTEXT = 32
"""Characters before and after a quote that tell it from the same words elsewhere."""


async def find(known: Knowledge, q: str = "", source: str | None = None, limit: int = 20, offset: int = 0) -> Found:
    """Records by source and key, or those that a text is found in, the best first. Raises BadQuestion, TooSlow."""
    text = search_text(q)
    conditions: list[str] = []
    values: list[Any] = []
    origin, order = "record AS r", "r.source, r.key"
    if text:
        origin = "document_text AS f JOIN record AS r ON r.id = f.rowid"
        order = "bm25(document_text, 4.0, 1.0, 2.0), r.source, r.key"
        conditions.append("document_text MATCH ?")
        values.append(text)
    if source is not None:
        conditions.append("r.source = ?")
        values.append(source)
    where = f"WHERE {' AND '.join(conditions)}" if conditions else ""

    def work(db: sqlite3.Connection) -> Found:
        total = number(db, "SELECT count(*) FROM", origin, where, values=values)
        columns = "SELECT r.*, s.iri AS study_iri, s.title AS study_title FROM"
        study = "LEFT JOIN study AS s ON s.id = r.item"
        sql = (columns, origin, study, where, "ORDER BY", order, "LIMIT ? OFFSET ?")
        held = rows(db, *sql, values=[*values, limit, offset])
        notices = tuple(unknown(db, [("source", source)], known.iris)) if source is not None else ()
        return Found([item_of(row, known.iris) for row in held], total, limit, offset, notices)

    return await known.index.read(work)


def item_of(row: sqlite3.Row, iris: Iris) -> Item:
    """A record as an item of a list."""
    return {
        "iri": row["iri"],
        "url": url_of(row["iri"], iris),
        "source": row["source"],
        "key": row["key"],
        "title": row["title"],
        "kind": "registration" if row["registration"] else "publication",
        "year": row["year"],
        "doi": row["doi"],
        "study": study_ref(row["study_title"], row["study_iri"], iris) if row["study_iri"] else None,
    }


async def _record(known: Knowledge, source: str, key: str) -> tuple[Item, Said, list[Item]]:
    """A record as an item, what it says, and the evidence from it."""

    def work(db: sqlite3.Connection) -> tuple[Item, sqlite3.Row, list[Item]]:
        found = one(
            db,
            "SELECT r.*, s.iri AS study_iri, s.title AS study_title FROM record AS r",
            "LEFT JOIN study AS s ON s.id = r.item WHERE r.source = ? AND r.key = ?",
            values=(source, key),
        )
        if found is None:
            raise NotKnown("record", f"{source}/{key}")
        evidence = rows(db, QUOTES.format(where="r.id = ?"), values=(found["id"],))
        return item_of(found, known.iris), found, [quote for _, quote in of_rows(db, evidence, known.iris)]

    item, row, quotes = await known.index.read(work)
    [record] = await said(known, [row])
    return item, record, quotes


async def record(known: Knowledge, source: str, key: str) -> Item:
    """A record's provenance, raw text and evidence. `key` is decoded. Raises NotKnown, TooSlow."""
    item, held, quotes = await _record(known, source, key)
    graph = known.iris.record_graph(source, key)
    evidence_graph = known.iris.evidence_graph(source, key)
    by = await made_by(known, [graph, evidence_graph])
    return item | {
        "topic": held.topic,
        "hash": held.of(held.iri, EVG.contentHash),
        "graph": graph,
        "evidence_graph": evidence_graph if evidence_graph in by else None,
        "web_page": held.of(held.iri, DCTERMS.source),
        "rights": held.of(held.iri, DCTERMS.rights),
        "read_by": by.get(graph),
        "annotated_by": by.get(evidence_graph),
        **await anyio.to_thread.run_sync(_archived, known, source, key),
        "evidence": quotes,
        "identifiers": identifiers_of(held, held.topic),
    }


def _archived(known: Knowledge, source: str, key: str) -> Item:
    """What the archive keeps of a record. `raw` is None for bytes that are no UTF-8."""
    archive = known.archive
    held = archive.get(source, key) if archive else None
    raw = archive.raw(held.hash) if archive and held else None
    try:
        text = raw.decode() if raw is not None else None
    except UnicodeDecodeError:
        text = None
    if text is not None and not known.keep_emails:
        text = starred(text)
    return {
        "loaded_at": held.loaded_at if held else None,
        "file": held.file if held else None,
        "place": held.place or None if held else None,
        "raw": text,
        "raw_bytes": len(raw) if raw is not None else None,
    }


async def annotations(known: Knowledge, source: str, key: str) -> Item:
    """A record's evidence, and what people said of it, as a page of W3C Web Annotations. Raises NotKnown, TooSlow.

    Evidence targets the record with two selectors: TextQuoteSelector, with what stands before and after where the
    abstract or title is in the graph, and TextPositionSelector in Unicode code points within that text. What a person
    said targets the evidence. Their `evg:` terms are those of the graph.
    """
    item, held, quotes = await _record(known, source, key)
    graph = known.iris.evidence_graph(source, key)
    nodes = (await graph_nodes(known, [graph]))[graph]
    by = await made_by(known, [graph])
    found = [_annotation(held, quote, by.get(graph)) for quote in quotes]
    found += [_verdict(iri, node) for iri, node in sorted(nodes.items()) if EVG.Correction in node.get(RDF.type, ())]
    page = f"{known.iris.base}api/records/{item['iri'].removeprefix(known.iris.base + 'record/')}/annotations"
    return {
        "@context": ["http://www.w3.org/ns/anno.jsonld", _TERMS],
        "id": page,
        "type": "AnnotationPage",
        "startIndex": 0,
        "partOf": {
            "id": f"{page}#all",
            "type": "AnnotationCollection",
            "label": f"Evidence in the record {source}/{key}",
            "total": len(found),
            "first": page,
        },
        "items": found,
    }


_TERMS: Item = {
    "evg": EVG.namespace,
    **{name: terms.namespace for name, terms in (("role", ROLE), ("section", SECTION), ("direction", DIRECTION))},
    **{f"evg:{name}": {"@type": "@id"} for name in ("role", "section", "direction", "correctedRole")},
    "evg:confidence": {"@type": "http://www.w3.org/2001/XMLSchema#double"},
}
"""What the terms of ours in an annotation mean: the statements of the graph."""


def _annotation(held: Said, quote: Item, by: str | None) -> Item:
    exact = {"type": "TextQuoteSelector", "exact": quote["quote"]}
    selectors: list[Item] = [exact]
    text = _text(held, quote)
    if text is not None:
        exact["prefix"] = text[max(0, quote["start"] - CONTEXT) : quote["start"]]
        exact["suffix"] = text[quote["end"] : quote["end"] + CONTEXT]
    if quote["start"] is not None and quote["end"] is not None:
        selectors.append({"type": "TextPositionSelector", "start": quote["start"], "end": quote["end"]})
    said = {f"evg:{name}": f"{name}:{quote[name]}" for name in ("role", "section", "direction") if quote[name]}
    said |= {f"evg:{name}": quote[name] for name in ("negated", "hedged", "maintained", "confidence")}
    said |= {"evg:sectionBy": quote["section_by"], "evg:roleBy": quote["role_by"], "evg:matchedText": quote["matched"]}
    return {
        "id": quote["iri"],
        "type": "Annotation",
        "motivation": "classifying",
        **({"generator": {"id": OWN + by, "type": "Software", "name": by}} if by else {}),
        "body": {"type": "SpecificResource", "source": quote["theme_iri"]},
        "target": {"source": held.iri, "selector": selectors},
        **{name: value for name, value in said.items() if value is not None},
    }


def _verdict(iri: str, node: dict[str, list[str]]) -> Item:
    """A person's verdict on a piece of evidence."""
    verdict, person, at = first(node, EVG.verdict), first(node, DCTERMS.creator), first(node, DCTERMS.created)
    roles = (("evg:role", first(node, EVG.role)), ("evg:correctedRole", first(node, EVG.correctedRole)))
    return {
        "id": iri,
        "type": "Annotation",
        "motivation": "assessing",
        "creator": {"type": "Person", "name": person},
        **({"created": at} if at else {}),
        "body": [
            {"type": "SpecificResource", "source": first(node, OA.hasBody), "purpose": "classifying"},
            {"type": "TextualBody", "value": verdict, "purpose": "assessing"},
        ],
        "target": first(node, OA.hasTarget),
        "evg:verdict": verdict,
        **{name: f"role:{role.removeprefix(ROLE.namespace)}" for name, role in roles if role},
        "evg:quote": first(node, EVG.quote),
    }


def _text(held: Said, quote: Item) -> str | None:
    """The text that a quote's offsets count in, None where no text of the record has the quote there."""
    for predicate in (DCTERMS.abstract, DCTERMS.title):
        for text in held.all(held.topic, predicate):
            if quote["start"] is not None and text[quote["start"] : quote["end"]] == quote["quote"]:
                return text
    return None
