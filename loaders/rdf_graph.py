"""What a graph says, by subject: what a reader of documents asks of it."""

import re
from collections.abc import Iterable, Set
from functools import cache

import pyoxigraph as ox

Triple = tuple[str, str, str]
"""Subject, predicate and object as N-Triples terms."""

_NAMESPACES = {
    "http://purl.org/dc/terms/": "dc",
    "http://purl.org/dc/elements/1.1/": "dc",
    "http://schema.org/": "schema",
    "https://schema.org/": "schema",
    "http://purl.org/ontology/bibo/": "bibo",
    "http://purl.org/spar/fabio/": "fabio",
    "http://purl.org/spar/pro/": "pro",
    "http://xmlns.com/foaf/0.1/": "foaf",
    "http://purl.org/net/biblio#": "bib",
    "http://www.w3.org/1999/02/22-rdf-syntax-ns#": "rdf",
    "http://www.w3.org/2000/01/rdf-schema#": "rdfs",
    "http://www.w3.org/2002/07/owl#": "owl",
    "http://www.w3.org/2004/02/skos/core#": "skos",
}
_PRISM = re.compile(r"http://prismstandard\.org/namespaces/(?:[\d.]+/)?basic(?:/[\d.]+)?/(\w+)$|"
                    r"http://prismstandard\.org/namespaces/[\w./]*/(\w+)$")  # fmt: skip
TITLES = ("dc:title", "schema:headline", "schema:name", "bibo:shortTitle", "rdfs:label")
_CREATORS = ("bibo:authorList", "bib:authors", "schema:author", "dc:creator", "schema:creator", "foaf:maker")
DEPTH = 3
"""How far from a document what is said of its people, journal and identifiers may lie."""

MOST = 5000
"""Statements on one document; those of a long list of authors with their affiliations are some hundred."""


@cache
def short(iri: str) -> str:
    """A term by its namespace's short name, `dc:title`; the IRI itself in another namespace."""
    bare = iri[1:-1] if iri.startswith("<") else iri
    for namespace, prefix in _NAMESPACES.items():
        if bare.startswith(namespace):
            return f"{prefix}:{bare.removeprefix(namespace)}"
    match = _PRISM.match(bare)
    return f"prism:{match[1] or match[2]}" if match else bare


class Described:
    """Statements by subject, with what a reader asks of them."""

    def __init__(self, triples: Iterable[Triple]) -> None:
        self.nodes: dict[str, dict[str, list[str]]] = {}
        self.triples: dict[str, list[Triple]] = {}
        self._roles: dict[str, list[str]] = {}
        for triple in triples:
            subject, predicate, value = triple
            self.nodes.setdefault(subject, {}).setdefault(short(predicate), []).append(value)
            self.triples.setdefault(subject, []).append(triple)
            if short(predicate) == "pro:relatesToDocument":
                self._roles.setdefault(value, []).append(subject)

    def all(self, node: str, *names: str) -> list[str]:
        """The terms that the first of some predicates with any has, members of lists one by one."""
        about = self.nodes.get(node, {})
        found = next((about[name] for name in names if name in about), [])
        return [member for term in found for member in self._members(term)]

    def _members(self, term: str) -> list[str]:
        about = self.nodes.get(term, {})
        numbered = {int(name[5:]): values[0] for name, values in about.items() if re.fullmatch(r"rdf:_\d{1,6}", name)}
        if numbered:
            return [numbered[place] for place in sorted(numbered)]
        if "rdf:first" not in about:
            return [] if short(term) == "rdf:nil" else [term]
        found, seen = [], set()
        while term not in seen and "rdf:first" in (cell := self.nodes.get(term, {})):
            seen.add(term)
            found.append(cell["rdf:first"][0])
            term = cell.get("rdf:rest", [""])[0]
        return found

    def texts(self, node: str, *names: str) -> list[str]:
        """The texts of the first of some predicates with any; of a node its name."""
        return [text for term in self.all(node, *names) if (text := self.text(term))]

    def text(self, term: str) -> str | None:
        if term.startswith('"'):
            return literal(term).strip() or None
        names = self.nodes.get(term, {})
        held = next(
            (v for name in ("skos:prefLabel", *TITLES, "foaf:name", "rdf:value") for v in names.get(name, [])), ""
        )
        return literal(held).strip() or None if held.startswith('"') else None

    def first(self, node: str, *names: str) -> str | None:
        return next((text for name in names for text in self.texts(node, name)), None)

    def kinds(self, node: str) -> set[str]:
        return {short(term) for term in self.nodes.get(node, {}).get("rdf:type", [])}

    def around(self, work: str, others: Set[str]) -> list[Triple]:
        """What is said of a document and of what it names, but for other documents; and the roles held in it.

        At most MOST statements, those nearest to the document.
        """
        found: dict[Triple, None] = {}
        seen, level = {work}, [work, *self._roles.get(work, [])]
        for _ in range(DEPTH + 1):
            following: list[str] = []
            for triple in (triple for node in level for triple in self.triples.get(node, ())):
                found[triple] = None
                if len(found) >= MOST:
                    return list(found)
                if triple[2] in self.nodes and triple[2] not in seen and triple[2] not in others:
                    following += self._cells(triple[2], seen)
            level = following
        return list(found)

    def _cells(self, node: str, seen: set[str]) -> list[str]:
        """A node; of a list its steps, of which it has as many as members. They are `seen` from here on."""
        cells = []
        while node in self.nodes and node not in seen:
            seen.add(node)
            cells.append(node)
            node = self.nodes[node].get("rdf:rest", [""])[0]
        return cells

    def creators(self, work: str) -> list[str]:
        """The authors in order: of a list, else by the positions of their roles, else as they are named."""
        named = self.all(work, *_CREATORS)
        places: dict[str, int] = {}
        for role in self._roles.get(work, []):
            held, place = self.all(role, "pro:isHeldBy"), self.first(role, "schema:position")
            if held and place and place.isdecimal():
                places.setdefault(held[0], int(place))
        return sorted(named, key=lambda person: places.get(person, 10**9)) if places else named


def literal(term: str) -> str:
    """The text of a literal in N-Triples."""
    value = ox.parse(f"<a:a> <a:a> {term} .", ox.RdfFormat.N_TRIPLES)
    return next((quad.object.value for quad in value if isinstance(quad.object, ox.Literal)), "")


def iri(term: str) -> str:
    """The IRI of a term; "" for a blank node or a literal."""
    return term[1:-1] if term.startswith("<") else ""
