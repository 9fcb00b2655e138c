"""Statements of a record's graphs to rows of the index: a pure function, made from the graph alone.

Nothing here knows how records are read; whatever wrote the graph, the index can be made of it again.
"""

import marshal
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from ontology.iris import Iris, digest, normalise, unpath
from ontology.terms import (
    DATACITE,
    DCTERMS,
    DIRECTION,
    EVG,
    FABIO,
    FOAF,
    LITRE,
    METHOD,
    OA,
    OPINION,
    ORG,
    PRISM,
    PRO,
    PROV,
    RDF,
    ROLE,
    SCHEMA,
    SCORO,
    SECTION,
    SKOS,
    STATUS,
)
from service.index.terms import Nodes, decimal, first, local, nodes, whole

ROLE_BITS = {"measured": 1, "finding": 2, "aim": 4, "background": 8, "recommendation": 16, "keyword": 32}
REPORTING = ROLE_BITS["measured"] | ROLE_BITS["finding"]
"""The roles of `role:reporting`: what makes a study report a theme."""
KIND_BITS = {"trust": 1, "foundation-trust": 2, "university": 4, "rec": 8, "unit": 16}
ALL = ("", "")
"""Where a source and key stand: everything."""
RESOLUTION = ("", "resolution")
"""Where a source and key stand: the resolution graph."""

_KINDS = {
    EVG.NHSTrust: KIND_BITS["trust"],
    EVG.NHSFoundationTrust: KIND_BITS["trust"] | KIND_BITS["foundation-trust"],
    SCHEMA.CollegeOrUniversity: KIND_BITS["university"],
    EVG.ResearchEthicsCommittee: KIND_BITS["rec"],
    ORG.OrganizationalUnit: KIND_BITS["unit"],
}
_PERSON_ROLES = {
    PRO.author: "author",
    PRO.editor: "editor",
    SCORO["contact-person"]: "contact",
    SCORO["principal-investigator"]: "chief-investigator",
}
_LINKS = {SCHEMA.sponsor: "sponsor", SCHEMA.funder: "funder", DCTERMS.publisher: "publisher"}


class Person(NamedTuple):
    """`alone`: the cluster that the person is where nothing else is known of them."""

    iri: str
    digest: str
    name: str
    sort: str
    raw: str
    role: str
    position: int | None
    from_end: int | None
    orcid: str | None
    alone: str


class Organisation(NamedTuple):
    iri: str
    digest: str
    name: str
    kinds: int
    parent: str | None
    ror: str | None
    ods: str | None
    alone: str


class Opinion(NamedTuple):
    iri: str
    reference: str | None
    date: str | None
    outcome: str | None
    rec: str | None


class Evidence(NamedTuple):
    iri: str
    theme: str
    role: str
    bit: int
    direction: str | None
    section: str | None
    quote: str
    start: int | None
    end: int | None
    matched: str | None
    negated: bool
    hedged: bool
    maintained: bool | None
    confidence: float | None
    section_by: str | None
    role_by: str | None


@dataclass(slots=True)
class Rows:
    """What the index keeps of one record. `study` is None where the graph describes none."""

    source: str
    key: str
    iri: str
    topic: str
    study: str | None
    registration: bool
    title: str | None
    abstract: str | None = None
    keywords: tuple[str, ...] = ()
    doi: str | None = None
    year: int | None = None
    journal: str | None = None
    truncated: bool = False
    retracted: bool = False
    preprint: bool = False
    studies: list[str] = field(default_factory=list)
    people: list[Person] = field(default_factory=list)
    organisations: list[Organisation] = field(default_factory=list)
    links: list[tuple[str, str]] = field(default_factory=list)
    """Organisation IRI and its relation to what the record is about."""
    affiliations: list[tuple[str, str]] = field(default_factory=list)
    opinions: list[Opinion] = field(default_factory=list)
    evidence: list[Evidence] = field(default_factory=list)
    methods: list[str] = field(default_factory=list)

    def __reduce__(self) -> tuple[Callable[[bytes], "Rows"], tuple[bytes]]:
        """Between processes as plain values, which takes a fifth of the time."""
        values = [getattr(self, name) for name in Rows.__slots__]
        plain = [
            [tuple(one) if isinstance(one, tuple) else one for one in v] if isinstance(v, list) else v for v in values
        ]
        return _rows, (marshal.dumps(plain),)


def _rows(plain: bytes) -> Rows:
    found = Rows(*marshal.loads(plain))  # noqa: S302 (from a process of our own, by pickle)
    found.people = [Person(*values) for values in found.people]
    found.organisations = [Organisation(*values) for values in found.organisations]
    found.opinions = [Opinion(*values) for values in found.opinions]
    found.evidence = [Evidence(*values) for values in found.evidence]
    return found


def record_of(graph: str, iris: Iris) -> tuple[str, str] | None:
    """Source and key of the record whose record or evidence graph this is; None for another graph.

    >>> record_of("http://e/graph/evidence/hra/146257", Iris("http://e/"))
    ('hra', '146257')
    """
    for kind in ("record", "evidence"):
        prefix = f"{iris.base}graph/{kind}/"
        if graph.startswith(prefix):
            source, _, key = graph[len(prefix) :].partition("/")
            return (source, unpath(key)) if source and key else None
    return None


def rows(source: str, key: str, said: Iterable[str], read: Iterable[str], iris: Iris) -> Rows | None:
    """The rows of a record, from the statements of its record graph and of its evidence graph.

    None where the record graph holds no catalogue record with a topic: there is nothing to list then.
    """
    here = iris.record(source, key)
    graph = nodes(said)
    topic = first(graph.get(here, {}), FOAF.primaryTopic)
    if topic is None:
        return None
    about = graph.get(topic, {})
    types = about.get(RDF.type, ())
    registration = EVG.Study in types
    studies = [topic] if registration else sorted(about.get(EVG.reportsStudy, ()))
    main = next((s for s in studies if EVG.Study in graph.get(s, {}).get(RDF.type, ())), None)
    found = Rows(source, key, here, topic, main, registration, first(about, DCTERMS.title), studies=studies)
    found.abstract = first(about, DCTERMS.abstract)
    found.keywords = tuple(
        sorted({w for k in about.get(EVG.keyword, ()) for w in graph.get(k, {}).get(SKOS.prefLabel, ())})
    )
    found.doi = first(about, PRISM.doi)
    found.year = _year(first(about, DCTERMS.issued))
    found.journal = first(about, PRISM.publicationName)
    found.truncated = first(about, EVG.authorListTruncated) == "true"
    found.retracted = first(about, EVG.retracted) == "true"
    found.preprint = FABIO.Preprint in types
    _organisations(found, graph, about, iris)
    _people(found, graph, iris)
    _evidence(found, nodes(read))
    return found


def _year(issued: str | None) -> int | None:
    return int(issued[:4]) if issued and re.match(r"[0-9]{4}(-|$|Z)", issued) else None


def _identifier(graph: Nodes, owner: dict[str, list[str]], scheme: str) -> str | None:
    """An identifier of somebody's in a scheme, if it is more than inferred."""
    for name in sorted(owner.get(DATACITE.hasIdentifier, ())):
        node = graph.get(name, {})
        if scheme in node.get(DATACITE.usesIdentifierScheme, ()):
            held = first(node, LITRE.hasLiteralValue)
            if held and STATUS.inferred not in node.get(EVG.identifierStatus, ()):
                return held
    return None


def _organisations(found: Rows, graph: Nodes, about: dict[str, list[str]], iris: Iris) -> None:
    for name, node in graph.items():
        if ORG.Organization not in node.get(RDF.type, ()):
            continue
        kinds = 0
        for type_ in node[RDF.type]:
            kinds |= _KINDS.get(type_, 0)
        label = first(node, SKOS.prefLabel)
        if label:
            ror, ods = (_identifier(graph, node, scheme) for scheme in (DATACITE.ror, EVG["scheme-ods"]))
            parent = first(node, ORG.subOrganizationOf)
            alone = iris.cluster("organisation", label, name)
            found.organisations.append(Organisation(name, digest(name, 12), label, kinds, parent, ror, ods, alone))
    for predicate, relation in _LINKS.items():
        found.links += ((target, relation) for target in about.get(predicate, ()))
    relation = "establishment" if found.registration else "classification"
    found.links += ((target, relation) for target in about.get(PROV.wasAttributedTo, ()))
    for name in sorted(about.get(EVG.hasEthicsOpinion, ())):
        node = graph.get(name, {})
        rec = first(node, EVG.givenBy)
        reference, date = first(node, EVG.recReference), first(node, DCTERMS.issued)
        outcome = local(first(node, EVG.outcome), OPINION)
        found.opinions.append(Opinion(name, reference, date, outcome, rec))
        if rec:
            found.links.append((rec, "rec"))


def _people(found: Rows, graph: Nodes, iris: Iris) -> None:
    for node in list(graph.values()):
        if PRO.RoleInTime not in node.get(RDF.type, ()):
            continue
        iri = first(node, PRO.isHeldBy)
        person = graph.get(iri or "", {})
        raw = first(node, EVG.rawName)
        name = first(person, FOAF.name) or raw
        role = _PERSON_ROLES.get(first(node, PRO.withRole) or "")
        if not iri or not name or not role:
            continue
        place, from_end = (whole(first(node, p)) for p in (SCHEMA.position, EVG.positionFromEnd))
        orcid = _identifier(graph, person, DATACITE.orcid)
        family, given = first(person, FOAF.familyName), first(person, FOAF.givenName)
        sort = normalise(f"{family} {given or ''}" if family else name)
        alone = iris.cluster("person", name, iri)
        found.people.append(Person(iri, digest(iri, 12), name, sort, raw or name, role, place, from_end, orcid, alone))
        for target in person.get(ORG.memberOf, ()):
            found.links.append((target, "affiliation"))
            found.affiliations.append((iri, target))


def _evidence(found: Rows, graph: Nodes) -> None:
    for name, node in graph.items():
        if found.study == name:
            found.methods += sorted(METHOD.local(m) for m in node.get(EVG.method, ()) if m in METHOD)
        if EVG.Evidence not in node.get(RDF.type, ()):
            continue
        theme, quote = first(node, OA.hasBody), first(node, EVG.quote)
        role = local(first(node, EVG.role), ROLE)
        if theme is None or quote is None or role not in ROLE_BITS:
            continue
        found.evidence.append(
            Evidence(
                iri=name,
                theme=theme,
                role=role,
                bit=ROLE_BITS[role],
                direction=local(first(node, EVG.direction), DIRECTION),
                section=local(first(node, EVG.section), SECTION),
                quote=quote,
                start=whole(first(node, EVG.start)),
                end=whole(first(node, EVG.end)),
                matched=first(node, EVG.matchedText),
                negated=first(node, EVG.negated) == "true",
                hedged=first(node, EVG.hedged) == "true",
                maintained={"true": True, "false": False}.get(first(node, EVG.maintained) or ""),
                confidence=decimal(first(node, EVG.confidence)),
                section_by=first(node, EVG.sectionBy),
                role_by=first(node, EVG.roleBy),
            )
        )
