"""RDF in any syntax: Turtle, TriG, N-Triples, N-Quads, RDF/XML, JSON-LD.

A file is one record: its statements stand as they are in the record's graph, whatever graphs the file had (their
names are kept as `dcterms:hasPart` of the record). Each document that it describes in the usual terms is a record
beside it, read like any other source's, so that it is searched, annotated and linked.

What would speak with this application's own voice is left out: statements with its predicates or classes, or on its
own vocabulary; `triples` leaves out those on things under its own base. So is what has no place in RDF 1.1.

The first line of an entry is ours: a comment with the name of the file, which the file itself does not bear.
"""

import re
from collections.abc import Iterator
from pathlib import PurePath
from typing import BinaryIO

import orjson

from loaders.ntriples import literal
from loaders.rdf_graph import Described
from loaders.rdf_syntax import labelled, parse, syntax
from loaders.rdf_works import publication, works
from loaders.record import RECORD, Entry, Record, Unreadable
from loaders.streams import ENTRY_LIMIT
from ontology.iris import digest
from ontology.terms import DCAT, DCTERMS, OWN, RDF, SSSOM

NAME = "rdf"
VERSION = "1"

_HEADER = b"# evidence-graph "
_DATASETS = frozenset(
    {
        *("http://www.w3.org/2002/07/owl#Ontology", "http://rdfs.org/ns/void#Dataset", DCAT.Dataset, DCAT.Catalog),
        *(
            "http://schema.org/Dataset",
            "https://schema.org/Dataset",
            "http://www.w3.org/2004/02/skos/core#ConceptScheme",
        ),
    }
)
"""Classes whose one member in a file gives the file its name."""


def sniff(head: bytes) -> bool:
    return head.startswith(_HEADER) or syntax(head) is not None


def entries(stream: BinaryIO) -> Iterator[Entry]:
    raw = stream.read(ENTRY_LIMIT + 1)
    if len(raw) > ENTRY_LIMIT:
        raise Unreadable(f"more than {ENTRY_LIMIT >> 20} MB of RDF are no single record: split the file")
    if raw.startswith(_HEADER):
        yield Entry(raw)
        return
    name = PurePath(str(getattr(stream, "name", ""))).name
    whole = _header(name=name, syntax=syntax(raw[:ENTRY_LIMIT]) or "trig") + raw
    yield Entry(whole)
    try:
        triples = [triple for *triple, _ in _statements(whole)]
    except Unreadable:
        return  # said when the entry above is read
    graph = Described((s, p, o) for s, p, o in triples)
    found = works(graph)
    for place, work in enumerate(found, 1):
        lines = (f"{' '.join(triple)} .\n" for triple in graph.around(work, set(found)))
        yield Entry(_header(name=name, work=work) + "".join(lines).encode(), f"document {place}")


def read(raw: bytes) -> Record:
    """The record of a file, or of one document in it. Raises Unreadable."""
    about = _about(raw)
    quads = list(_statements(raw))
    if not quads:
        raise Unreadable("this RDF says nothing: there is no statement in it")
    if "work" in about:
        graph = Described((s, p, o) for s, p, o, _ in quads)
        if about["work"] not in works(graph):
            raise Unreadable("this part of a file describes no document: load the file again")
        return publication(graph, about["work"], NAME)
    kept = [quad for quad in quads if not _ours(quad[:3])]
    graphs = dict.fromkeys(f"{RECORD} <{_HAS_PART}> {name}" for *_, name in kept if name.startswith("<"))
    name = about.get("name", "")
    declared = _declared(kept)
    key = declared or name or _only(kept) or digest("\n".join(" ".join(quad) for quad in kept))
    title = [f"{RECORD} <{DCTERMS.title}> {literal(name)}"] if name else []
    left = len(quads) - len(kept)
    return Record(
        source=NAME,
        key=re.sub(r"^https?://", "", key),
        title=name or key,
        url=declared or None,
        statements=tuple(dict.fromkeys((*title, *graphs, *(" ".join(quad[:3]) for quad in kept)))),
        leftovers=("statements in this application's own terms",) if left else (),
    )


_HAS_PART = "http://purl.org/dc/terms/hasPart"


def _header(**about: str) -> bytes:
    return _HEADER + orjson.dumps(about, option=orjson.OPT_SORT_KEYS) + b"\n"


def _about(raw: bytes) -> dict[str, str]:
    """What the first line of an entry says; of a file without it nothing."""
    if not raw.startswith(_HEADER):
        return {}
    try:
        value = orjson.loads(raw[len(_HEADER) :].partition(b"\n")[0])
    except ValueError:
        raise Unreadable("the entry's first line is damaged: load its file again") from None
    return {str(k): str(v) for k, v in value.items()} if isinstance(value, dict) else {}


def _statements(raw: bytes) -> Iterator[tuple[str, str, str, str]]:
    about = _about(raw)
    body = raw.partition(b"\n")[2] if about else raw
    if "work" in about:  # its blank nodes are labelled already
        quads = parse(body, "n-quads", "")
        return ((str(q.subject), str(q.predicate), str(q.object), "") for q in quads)
    form = about.get("syntax") or syntax(body)
    if not form:
        raise Unreadable("this is RDF in no syntax known here: write it as Turtle or JSON-LD")
    return labelled(parse(body, form, about.get("name", "")))


def _ours(triple: tuple[str, ...]) -> bool:
    """Whether a statement would speak for this application, or is one of RDF 1.2 on a statement."""
    subject, predicate, value = triple
    bare = predicate[1:-1]
    spoken = bare.startswith((OWN, SSSOM.namespace)) or subject[1:].startswith(OWN)
    typed = bare == RDF.type and value[1:].startswith((OWN, SSSOM.namespace))
    return spoken or typed or value.startswith("<<") or bool(re.search(r'"@[A-Za-z0-9-]+--(?:ltr|rtl)$', value))


def _declared(quads: list[tuple[str, str, str, str]]) -> str:
    """The IRI of the one dataset, ontology or scheme that a file describes, if it describes one."""
    named = {s for s, p, o, _ in quads if p == f"<{RDF.type}>" and o[1:-1] in _DATASETS and s.startswith("<")}
    return named.pop()[1:-1].rstrip("#/") if len(named) == 1 else ""


def _only(quads: list[tuple[str, str, str, str]]) -> str:
    """The one IRI that a file's statements are about, if there is one."""
    named = {s for s, *_ in quads if s.startswith("<")}
    return named.pop()[1:-1] if len(named) == 1 else ""
