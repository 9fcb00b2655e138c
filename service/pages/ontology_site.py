"""The ontology as the web wants it: each part in every RDF syntax, and as terms for a readable page.

The files in `ontology/` are the truth; everything here is made from them at first use and kept. Only rdflib
touches them, and only here: nothing of this runs while a question is answered.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pyoxigraph as ox
from rdflib import OWL, RDF, RDFS, SKOS, BNode, Graph, Namespace, URIRef
from rdflib.namespace import DCTERMS
from rdflib.term import Node

import ontology
from ontology.terms import OWN, PREFIXES

FOLDER = Path(ontology.__file__).parent
PARTS: dict[str, tuple[str, ...]] = {
    "": ("evidencegraph.ttl", "vocabularies.ttl"),
    "themes": ("themes.ttl",),
    "shapes": ("shapes.ttl",),
}
"""The documents under /ontology and the files that each is made of."""

SYNTAXES: dict[str, tuple[str, str]] = {
    "ttl": ("text/turtle", "turtle"),
    "jsonld": ("application/ld+json", "json-ld"),
    "rdf": ("application/rdf+xml", "xml"),
    "nt": ("application/n-triples", "nt"),
}
"""File ending to media type and rdflib's name of it."""

SPAR = PREFIXES["datacite"]
TYPE = str(RDF.type)
_IDENTIFIER_SCHEMES = (URIRef(SPAR + "ResourceIdentifierScheme"), URIRef(SPAR + "OrganizationIdentifierScheme"))
SH = Namespace("http://www.w3.org/ns/shacl#")


@dataclass(frozen=True, slots=True)
class Link:
    """A term that another term points to: a local anchor for ours, the web for others."""

    label: str
    href: str


@dataclass(frozen=True, slots=True)
class Term:
    """One term as the page shows it. `facts` are what else is said of it: a label and what it links to."""

    iri: str
    name: str
    anchor: str
    label: str
    definition: str
    facts: tuple[tuple[str, tuple[Link, ...]], ...]


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """A concept scheme and its concepts."""

    title: str
    anchor: str
    terms: tuple[Term, ...]


@dataclass(frozen=True, slots=True)
class Page:
    """What /ontology shows."""

    title: str
    description: str
    version: str
    licence: str
    classes: tuple[Term, ...]
    properties: tuple[Term, ...]
    vocabularies: tuple[Vocabulary, ...]


@cache
def graph(part: str) -> Graph:
    """One of PARTS as an rdflib graph. Raises KeyError for another name."""
    whole = Graph(bind_namespaces="none")
    for file in PARTS[part]:
        whole.parse(FOLDER / file, format="turtle")
    return whole


@cache
def document(part: str, ending: str) -> bytes:
    """One of PARTS in one of SYNTAXES, UTF-8. Raises KeyError for another name of either."""
    text = graph(part).serialize(format=SYNTAXES[ending][1], encoding="utf-8")
    assert isinstance(text, bytes)
    return text


@cache
def page() -> Page:
    """The classes, properties and vocabularies of the ontology, in the order of their labels."""
    whole = graph("")
    about = next(whole.subjects(RDF.type, OWL.Ontology))
    schemes = sorted(whole.subjects(RDF.type, SKOS.ConceptScheme), key=lambda s: _label(whole, s).casefold())
    return Page(
        title=_label(whole, about),
        description=str(whole.value(about, DCTERMS.description)),
        version=str(whole.value(about, OWL.versionInfo)),
        licence=str(whole.value(about, DCTERMS.license)),
        classes=_terms(whole, whole.subjects(RDF.type, OWL.Class)),
        properties=_terms(
            whole,
            {*whole.subjects(RDF.type, OWL.ObjectProperty), *whole.subjects(RDF.type, OWL.DatatypeProperty)},
        ),
        vocabularies=(
            *(Vocabulary(_label(whole, s), anchor(str(s)), _concepts(whole, s)) for s in schemes),
            Vocabulary("Identifier schemes", "identifier-schemes", _terms(whole, _identifier_schemes(whole))),
        ),
    )


def _concepts(whole: Graph, scheme: Node) -> tuple[Term, ...]:
    return _terms(whole, whole.subjects(SKOS.inScheme, scheme))


def _identifier_schemes(whole: Graph) -> list[Node]:
    """The individuals of SPAR's kinds of identifier scheme."""
    return [s for kind in _IDENTIFIER_SCHEMES for s in whole.subjects(RDF.type, kind)]


@cache
def themes() -> tuple[Term, ...]:
    """Every shipped theme, in the order of their labels."""
    whole = graph("themes")
    return _terms(whole, whole.subjects(SKOS.prefLabel, None))


@cache
def shapes() -> tuple[tuple[str, str], ...]:
    """Every SHACL shape with a target: its name and what it holds for."""
    whole = graph("shapes")
    found = []
    for shape in whole.subjects(RDF.type, SH.NodeShape):
        targets = [*whole.objects(shape, SH.targetClass), *whole.objects(shape, SH.targetSubjectsOf)]
        named = ", ".join(short(str(t)) for t in targets if isinstance(t, URIRef))
        found.append((str(shape).rpartition("#")[2], named or "a SPARQL target"))
    return tuple(sorted(found))


@cache
def concepts(scheme: str) -> dict[str, str]:
    """The names and labels of one of our own vocabularies, in the order of its file.

    >>> concepts("direction")["no-change"]
    'No change'
    """
    space = f"{OWN}{scheme}/"
    said = list(ox.parse(path=FOLDER / "vocabularies.ttl", format=ox.RdfFormat.TURTLE))
    members = {q.subject for q in said if q.predicate.value == str(SKOS.inScheme)}
    return {
        str(q.subject.value).removeprefix(space): q.object.value
        for q in said
        if q.predicate.value == str(SKOS.prefLabel) and q.subject in members and q.subject.value.startswith(space)
    }


def anchor(iri: str) -> str:
    """The fragment under which a page of the ontology shows one of our own terms.

    >>> anchor("https://w3id.org/evidencegraph/ns#Study"), anchor("https://w3id.org/evidencegraph/status/repaired")
    ('Study', 'status-repaired')
    """
    space, _, name = iri.removeprefix(OWN).rpartition("#" if "#" in iri else "/")
    if space == "ns":
        return name
    return f"{space}-{name}" if space else f"{name}-scheme"


def href(iri: str) -> str:
    """Where a person reads about a term: our own terms on our own pages, others where they are."""
    if not iri.startswith(OWN):
        return iri
    if iri.startswith(OWN + "theme/"):
        return f"/ontology/themes#{anchor(iri)}"
    if iri.startswith(OWN + "shapes"):
        return "/ontology/shapes"
    return f"/ontology#{anchor(iri)}" if iri in _shown() else "/ontology"


@cache
def _shown() -> frozenset[str]:
    """Every IRI that has an anchor on the page of the ontology."""
    whole = graph("")
    kinds = (OWL.Class, OWL.ObjectProperty, OWL.DatatypeProperty, SKOS.ConceptScheme, *_IDENTIFIER_SCHEMES)
    typed = {s for kind in kinds for s in whole.subjects(RDF.type, kind)}
    return frozenset(map(str, {*typed, *whole.subjects(SKOS.inScheme, None)}))


def short(iri: str) -> str:
    """A term as a query would write it, or the IRI itself when no known prefix fits.

    >>> short("https://w3id.org/evidencegraph/ns#Study")
    'evg:Study'
    """
    fits = [(space, prefix) for prefix, space in PREFIXES.items() if iri.startswith(space)]
    if not fits:
        return iri
    space, prefix = max(fits, key=lambda fit: len(fit[0]))
    return f"{prefix}:{iri[len(space) :]}"


def label(iri: str) -> str:
    """What a term is called: ours by its label, another's by its name opened at hyphens and humps.

    >>> label("https://w3id.org/evidencegraph/ns#reportsTheme"), label("http://purl.org/spar/pro/isHeldBy")
    ('reports theme', 'is held by')
    """
    if iri in _labels():
        return _labels()[iri]
    name = re.split(r"[/#]", iri.rstrip("/#"))[-1] if short(iri) != iri or iri.startswith(OWN) else iri
    if name == iri:
        return iri
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).replace("-", " ").replace("_", " ").lower() or iri


@cache
def _labels() -> dict[str, str]:
    named = (g.triples((None, p, None)) for g in map(graph, PARTS) for p in (RDFS.label, SKOS.prefLabel))
    return {str(s): str(o) for triples in named for s, _, o in triples}


_SHOWN = (
    ("kind of", RDFS.subClassOf),
    ("kind of", RDFS.subPropertyOf),
    ("said of", RDFS.domain),
    ("gives", RDFS.range),
    ("broader", SKOS.broader),
    ("see also", SKOS.related),
    ("also called", SKOS.altLabel),
    ("note", SKOS.scopeNote),
    ("same as", SKOS.exactMatch),
    ("close to", SKOS.closeMatch),
    ("narrower than", SKOS.broadMatch),
    ("broader than", SKOS.narrowMatch),
)


def _terms(whole: Graph, subjects: Iterable[Node]) -> tuple[Term, ...]:
    named = (s for s in set(subjects) if isinstance(s, URIRef))
    return tuple(sorted((_term(whole, s) for s in named), key=lambda t: (t.label.casefold(), t.iri)))


def _term(whole: Graph, subject: URIRef) -> Term:
    iri = str(subject)
    definition = whole.value(subject, SKOS.definition) or whole.value(subject, RDFS.comment) or ""
    return Term(iri, short(iri), anchor(iri), _label(whole, subject), str(definition), tuple(_facts(whole, subject)))


def _facts(whole: Graph, subject: URIRef) -> Iterator[tuple[str, tuple[Link, ...]]]:
    for name, predicate in _SHOWN:
        found = sorted((o for o in whole.objects(subject, predicate) if not isinstance(o, BNode)), key=str)
        if found:
            yield name, tuple(_link(whole, o) for o in found)


def _link(whole: Graph, target: Node) -> Link:
    if not isinstance(target, URIRef):
        return Link(str(target), "")
    iri = str(target)
    label = _label(whole, target)
    return Link(short(iri) if label == iri else label, href(iri))


def _label(whole: Graph, subject: Node) -> str:
    for predicate in (SKOS.prefLabel, RDFS.label, DCTERMS.title):
        if (label := whole.value(subject, predicate)) is not None:
            return str(label)
    return str(subject)
