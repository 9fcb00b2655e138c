"""Record to triples: the only place that knows both.

Two named graphs come of a record: what its source says, and what was read out of its text. Everything in
them follows from the record's own bytes, so that the same bytes give the same graphs wherever and whenever
they are loaded.
"""

from collections.abc import Iterable, Sequence

from loaders.description import description
from loaders.evidence.annotator import field
from loaders.evidence.corrections import NO, Correction
from loaders.evidence.roles import REPORTING
from loaders.ntriples import Statements, boolean, double, integer, typed
from loaders.parts import Names, evidence_name, names
from loaders.record import RECORD, Evidence, Record
from ontology.iris import Iris
from ontology.terms import DCTERMS, DIRECTION, EVG, METHOD, OA, OWN, PROV, RDF, ROLE, SECTION, XSD

VERSION = "2"
"""Raised whenever the same record would give other triples."""


def graphs(
    record: Record,
    evidence: Sequence[Evidence],
    methods: Sequence[str],
    content_hash: str,
    iris: Iris,
    *,
    corrections: Iterable[Correction] = (),
    versions: tuple[str, str] = ("", ""),
    keep_emails: bool = False,
) -> dict[str, list[str]]:
    """The named graphs of a record: graph IRI to N-Triples statements.

    `corrections` are people's, already applied to `evidence`. `content_hash` is the SHA-256 of the entry's bytes
    in hexadecimal; `versions` are those of the reader and the annotator that read it. E-mail addresses stay out
    unless `keep_emails`; their domain is kept.
    """
    about = names(record, iris)
    said = description(record, about, iris, keep_emails=keep_emails)
    for statement in record.statements:
        if placed := _placed(statement, about.record, iris):
            said.lines[placed] = None
    said.text(about.record, EVG.contentHash, content_hash)
    source_graph = iris.record_graph(record.source, record.key)
    _provenance(said, source_graph, about.record, f"reader/{record.source}/{versions[0]}")
    read = _evidence(evidence, methods, about) if record.describes else Statements()
    _corrections(read, corrections, about)
    found = {source_graph: list(said.lines)}
    evidence_graph = iris.evidence_graph(record.source, record.key)
    if read.lines:
        _provenance(read, evidence_graph, about.record, f"annotator/{versions[1]}")
    found[evidence_graph] = list(read.lines)
    return found


def _placed(statement: str, record: str, iris: Iris) -> str | None:
    """A source's own statement with parts of the record for its blank nodes; None for one on a thing of ours."""
    subject, predicate, value = statement.split(" ", 2)
    if subject.startswith(f"<{iris.base}"):
        return None
    return " ".join((_part(subject, record), predicate, _part(value, record)))


def _part(term: str, record: str) -> str:
    if not term.startswith("_:"):
        return term
    return f"<{record}>" if term == RECORD else f"<{record}#b-{term[2:]}>"


def _provenance(graph: Statements, name: str, record: str, agent: str) -> None:
    graph.link(name, PROV.wasDerivedFrom, record)
    graph.link(name, PROV.wasAttributedTo, OWN + agent.rstrip("/"))


def _evidence(evidence: Sequence[Evidence], methods: Sequence[str], about: Names) -> Statements:
    g = Statements()
    for name in methods:
        g.link(about.study, EVG.method, METHOD[name])
    for item in evidence:
        node = f"{about.record}#{evidence_name(item.theme, field(item), item.start)}"
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
        if item.maintained is not None:
            g.add(node, EVG.maintained, boolean(item.maintained))
        g.add(node, EVG.confidence, double(item.confidence))
        g.text(node, EVG.sectionBy, item.section_by)
        g.text(node, EVG.roleBy, item.role_by)
        g.link(about.study, EVG.mentionsTheme, item.theme)
        if item.role in REPORTING:
            g.link(about.study, EVG.reportsTheme, item.theme)
    return g


def _corrections(g: Statements, corrections: Iterable[Correction], about: Names) -> None:
    """What people said of the evidence, as annotations of their own beside it."""
    for said in corrections:
        target = f"{about.record}#{evidence_name(said.theme, said.field, said.start)}"
        node = target.replace("#evidence-", "#correction-")
        g.link(node, RDF.type, EVG.Correction, OA.Annotation)
        g.link(node, OA.hasBody, said.theme)
        g.link(node, OA.hasTarget, target)
        g.text(node, EVG.verdict, said.verdict)
        if said.verdict != NO:
            g.link(node, EVG.role, ROLE[said.role])
        g.link(node, EVG.correctedRole, ROLE[said.was])
        g.text(node, EVG.quote, said.quote)
        g.text(node, DCTERMS.creator, said.person)
        if said.at:
            g.add(node, DCTERMS.created, typed(said.at, XSD.dateTime))
