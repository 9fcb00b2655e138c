"""The statements of the resolution graph."""

from dataclasses import dataclass

from loaders.ntriples import double, literal, typed
from ontology.iris import Iris, digest
from ontology.terms import DATACITE, DCTERMS, EVG, LITRE, ORG, OWL, RDF, SEMAPV, SKOS, SSSOM, STATUS, XSD

TOOL = "Evidence Graph linking"
_SCHEMES = {"ror": DATACITE.ror, "ods": EVG["scheme-ods"]}


@dataclass(frozen=True, slots=True)
class Mapping:
    """One decision on two things: `predicate`, `justification` and the two ends are IRIs."""

    left: str
    right: str
    predicate: str
    score: float
    justification: str
    status: str
    comment: str
    by: str = ""
    at: str = ""


@dataclass(frozen=True, slots=True)
class Cluster:
    """`kind` is its class, an IRI, `label` its best name. Where a register knows it, `register` is the register's own
    IRI of it, with its `classes`, the IRI of what took over from it, and its `identifiers` (scheme to value).
    """

    kind: str
    label: str
    register: str = ""
    classes: tuple[str, ...] = ()
    successor: str = ""
    identifiers: dict[str, str] | None = None


def mapping_iri(iris: Iris, mapping: Mapping) -> str:
    """The IRI of a mapping, named after its two ends."""
    return f"{iris.base}mapping/{digest(mapping.left + ' ' + mapping.right)}"


def mapping_lines(node: str, said: Mapping) -> list[str]:
    """A mapping, in terms of SSSOM."""
    lines = [
        f"<{node}> <{RDF.type}> <{SSSOM.Mapping}>",
        f"<{node}> <{OWL.annotatedSource}> <{said.left}>",
        f"<{node}> <{OWL.annotatedProperty}> <{said.predicate}>",
        f"<{node}> <{OWL.annotatedTarget}> <{said.right}>",
        f"<{node}> <{SSSOM.confidence}> {double(min(said.score, 1.0))}",
        f"<{node}> <{SSSOM.mapping_justification}> <{said.justification}>",
        f"<{node}> <{EVG.decision}> <{STATUS[said.status]}>",
        f"<{node}> <{SSSOM.comment}> {literal(said.comment)}",
    ]
    if said.justification == SEMAPV.ManualMappingCuration:
        lines.append(f"<{node}> <{SSSOM.author_label}> {literal(said.by)}")
        if said.at:
            lines.append(f"<{node}> <{SSSOM.mapping_date}> {typed(said.at[:10], XSD.date)}")
    else:
        lines.append(f"<{node}> <{SSSOM.mapping_tool}> {literal(TOOL)}")
    return lines


def member_line(member: str, cluster: str) -> str:
    return f"<{member}> <{EVG.inCluster}> <{cluster}>"


def cluster_lines(node: str, said: Cluster) -> list[str]:
    """A cluster: its class and its best name; where a register knows it, the register's own IRI of it as a further
    member, and the identifiers that the register gives.
    """
    lines = [f"<{node}> <{RDF.type}> <{said.kind}>", f"<{node}> <{SKOS.prefLabel}> {literal(said.label)}"]
    if entry := said.register:
        lines.append(f"<{entry}> <{SKOS.prefLabel}> {literal(said.label)}")
        lines += [f"<{entry}> <{RDF.type}> <{kind}>" for kind in (ORG.Organization, *said.classes)]
        if said.successor:
            lines.append(f"<{entry}> <{DCTERMS.isReplacedBy}> <{said.successor}>")
    for scheme, value in sorted((said.identifiers or {}).items()):
        part = f"{node}#{scheme}"
        lines += [
            f"<{node}> <{DATACITE.hasIdentifier}> <{part}>",
            f"<{part}> <{RDF.type}> <{DATACITE.Identifier}>",
            f"<{part}> <{DATACITE.usesIdentifierScheme}> <{_SCHEMES[scheme]}>",
            f"<{part}> <{LITRE.hasLiteralValue}> {literal(value)}",
            f"<{part}> <{EVG.identifierStatus}> <{STATUS.inferred}>",
        ]
    return lines
