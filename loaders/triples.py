"""Record to triples: the only place that knows both.

Two named graphs come of a record: what its source says, and what was read out of its text. Everything in
them follows from the record's own bytes, so that the same bytes give the same graphs wherever and whenever
they are loaded.
"""

from collections.abc import Iterator, Sequence

from loaders.description import description
from loaders.ntriples import Statements, boolean, double, integer
from loaders.parts import Names, names
from loaders.record import Evidence, Record
from ontology.iris import Iris
from ontology.terms import DIRECTION, EVG, METHOD, OA, OWN, PROV, RDF, ROLE, SECTION

VERSION = "1"
"""Raised whenever the same record would give other triples."""
REPORTING = frozenset({"measured", "finding"})
"""The roles that make a study report a theme, not merely mention it (`role:reporting`)."""


def graphs(
    record: Record,
    evidence: Sequence[Evidence],
    methods: Sequence[str],
    content_hash: str,
    iris: Iris,
    *,
    versions: tuple[str, str] = ("", ""),
    keep_emails: bool = False,
) -> dict[str, list[str]]:
    """The named graphs of a record: graph IRI to N-Triples statements.

    `content_hash` is the SHA-256 of the entry's bytes in hexadecimal; `versions` are those of the reader
    and the annotator that read it. E-mail addresses stay out unless `keep_emails`; their domain is kept.
    """
    about = names(record, iris)
    said = description(record, about, iris, keep_emails=keep_emails)
    said.text(about.record, EVG.contentHash, content_hash)
    source_graph = iris.record_graph(record.source, record.key)
    _provenance(said, source_graph, about.record, f"reader/{record.source}/{versions[0]}")
    read = _evidence(evidence, methods, about)
    found = {source_graph: list(said.lines)}
    evidence_graph = iris.evidence_graph(record.source, record.key)
    if read.lines:
        _provenance(read, evidence_graph, about.record, f"annotator/{versions[1]}")
    found[evidence_graph] = list(read.lines)
    return found


def _provenance(graph: Statements, name: str, record: str, agent: str) -> None:
    graph.link(name, PROV.wasDerivedFrom, record)
    graph.link(name, PROV.wasAttributedTo, OWN + agent.rstrip("/"))


def _evidence(evidence: Sequence[Evidence], methods: Sequence[str], about: Names) -> Statements:
    g = Statements()
    for name in methods:
        g.link(about.study, EVG.method, METHOD[name])
    for item, node in _evidence_nodes(evidence, about.record):
        g.link(node, RDF.type, EVG.Evidence, OA.Annotation)
        g.link(node, OA.hasBody, item.theme)
        g.link(node, OA.hasTarget, about.record)
        g.link(node, EVG.about, about.study)
        g.link(node, EVG.role, ROLE[item.role])
        g.link(node, EVG.section, SECTION[item.section])
        g.text(node, EVG.quote, item.quote)
        g.add(node, EVG.start, integer(item.start))
        g.add(node, EVG.end, integer(item.end))
        g.text(node, EVG.matchedText, item.matched)
        if item.direction:
            g.link(node, EVG.direction, DIRECTION[item.direction])
        g.add(node, EVG.negated, boolean(item.negated))
        g.add(node, EVG.hedged, boolean(item.hedged))
        g.add(node, EVG.confidence, double(item.confidence))
        g.text(node, EVG.sectionBy, item.section_by)
        g.text(node, EVG.roleBy, item.role_by)
        g.link(about.study, EVG.mentionsTheme, item.theme)
        if item.role in REPORTING:
            g.link(about.study, EVG.reportsTheme, item.theme)
    return g


def _evidence_nodes(evidence: Sequence[Evidence], record: str) -> Iterator[tuple[Evidence, str]]:
    """Each piece of evidence with its IRI: theme and place, so that it stays the same when others come and go."""
    for item in evidence:
        field = item.section if item.section in ("title", "keywords") else "abstract"
        theme = item.theme.rstrip("/").rpartition("/")[2].rpartition("#")[2]
        yield item, f"{record}#evidence-{theme}-{field}-{item.start}"
