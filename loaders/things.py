"""A record's statements as the things that a person sees in them, each with what is said of it.

Identifiers and roles are folded into whoever has them; IRIs become names; properties become words.
"""

import re
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field
from functools import cache

import pyoxigraph as ox

from ontology import FOLDER
from ontology.literals import text
from ontology.terms import (
    DATACITE,
    DCTERMS,
    EVG,
    FOAF,
    LITRE,
    OA,
    ORG,
    OWN,
    PRO,
    RDF,
    RDFS,
    SCHEMA,
    SKOS,
    STATUS,
)

Node = dict[str, list[str]]

LABELS = {
    "sameAs": "link",
    "issued": "published",
    "publicationName": "journal",
    "number": "issue",
    "pageRange": "pages",
    "hasElectronicArticleIdentifier": "article number",
    "isAccessibleForFree": "open access",
    "wasAttributedTo": "attributed to",
    "memberOf": "member of",
    "subOrganizationOf": "part of",
    "prefLabel": "name",
    "name": "name",
    "doi": "DOI",
    "issn": "ISSN",
    "source": "web page",
    "creativeWorkStatus": "version",
    "encodingFormat": "media type",
}
"""Words for properties of other vocabularies, by their last part; one that is missing here has its own words."""
_SCHEMES = {"doi": "DOI", "orcid": "ORCID", "ror": "ROR", "pmid": "PubMed ID", "pmcid": "PubMed Central ID"}
_SCHEMES |= {"iras": "IRAS ID", "ods": "ODS code", "isbn": "ISBN", "issn": "ISSN", "rec-reference": "REC reference"}
_FOLDED = (DATACITE.hasIdentifier, SCHEMA.encoding, DCTERMS.creator, EVG.hasEthicsOpinion, FOAF.primaryTopic)
"""Properties that only lead to another thing, which is told by itself."""
_FOLLOWS = (EVG.contentHash, SKOS.altLabel, EVG.sourceKind)
_PERSON = (FOAF.Person, FOAF.Group)


@dataclass(slots=True)
class Thing:
    """`title` says what it is ("author 3"), `name` which ("Jane Doe"); `identity` finds it in another state.

    `main` is what the record is about: its facts need no title.
    """

    kind: str
    title: str
    name: str
    identity: str
    main: bool = False
    facts: dict[str, tuple[str, ...]] = field(default_factory=dict)


def things(statements: Iterable[str], record: str, graphs: Collection[str] = ()) -> list[Thing]:
    """The things in the graphs of a record, given as N-Triples statements, in an order for reading."""
    nodes: dict[str, Node] = {}
    for statement in statements:
        subject, predicate, term = statement.split(" ", 2)
        nodes.setdefault(subject[1:-1], {}).setdefault(predicate[1:-1], []).append(term)
    return _Reading(nodes, record, graphs).things()


class _Reading:
    def __init__(self, nodes: dict[str, Node], record: str, graphs: Collection[str]) -> None:
        self.nodes, self.record, self.graphs = nodes, record, graphs
        self.topic = self.one(record, FOAF.primaryTopic) or record
        self.roles = {self.one(name, PRO.isHeldBy): name for name in nodes if PRO.RoleInTime in self.types(name)}

    def things(self) -> list[Thing]:
        made = []
        for name in sorted(self.nodes, key=_order):
            kinds = self.types(name)
            how = next((make for kind, make in self._makers() if kind in kinds), None)
            if name == self.topic:
                kind = "study" if EVG.Study in kinds else "publication"
                made.append(Thing(kind, kind, self._name(name), kind, True, self.facts(name)))
            elif name == self.record:
                made.append(Thing("record", "record", "", "record", True, self.facts(name)))
            elif name in self.graphs:
                made.append(Thing("provenance", "provenance", "", _graph_kind(name), True, self.facts(name)))
            elif how is not None:
                made.append(how(name))
        return _numbered(made)

    def _makers(self) -> list[tuple[str, Callable[[str], Thing]]]:
        return [
            (EVG.Evidence, self._evidence),
            (EVG.Correction, self._correction),
            (EVG.EthicsOpinion, lambda n: self._part(n, "ethics opinion", EVG.recReference)),
            (SCHEMA.MediaObject, lambda n: self._part(n, "copy", SCHEMA.url)),
            (EVG.ImpliedStudy, self._implied),
            *((kind, self._person) for kind in _PERSON),
            (ORG.Organization, lambda n: self._part(n, "organisation", SKOS.prefLabel)),
        ]

    def _person(self, name: str) -> Thing:
        role = self.roles.get(name, "")
        fragment = name.partition("#")[2]
        kind = fragment.rpartition("-")[0].replace("-", " ") or "person"
        raw = self.one(role, EVG.rawName) or self._name(name)
        facts = self.facts(name)
        facts |= {k: v for k, v in self.facts(role).items() if k not in ("with role", "is held by", "position")}
        for folded in ("relates to document", "relates to entity", "type"):
            facts.pop(folded, None)
        return Thing(kind, f"{kind} {fragment.rpartition('-')[2]}", raw, f"{kind} {raw}", False, facts)

    def _implied(self, name: str) -> Thing:
        """The study behind a publication: its title is the publication's."""
        facts = self.facts(name)
        facts.pop(label(DCTERMS.title), None)
        return Thing("study", "study", "", "study", False, facts)

    def _part(self, name: str, kind: str, called: str) -> Thing:
        label = self.one(name, called) or ""
        return Thing(kind, kind, label, f"{kind} {label or name}", False, self.facts(name))

    def _evidence(self, name: str) -> Thing:
        theme, quote = self._shown_all(name, OA.hasBody), self.one(name, EVG.quote) or ""
        facts = self.facts(name)
        for told in (label(EVG.quote), label(OA.hasBody), label(OA.hasTarget), label(EVG.about)):
            facts.pop(told, None)
        named = f"{theme}, {self._shown_all(name, EVG.role)}, “{_brief(quote)}”"
        return Thing("evidence", "evidence", named, f"evidence {theme} {quote}", False, facts)

    def _correction(self, name: str) -> Thing:
        named = f"{self.one(name, EVG.verdict)} by {self.one(name, DCTERMS.creator)}"
        return Thing("correction", "correction", named, f"correction {name} {named}", False, self.facts(name))

    # ---- what is said of one

    def facts(self, name: str) -> dict[str, tuple[str, ...]]:
        found: dict[str, tuple[str, ...]] = {}
        for predicate, terms in sorted(self.nodes.get(name, {}).items(), key=lambda item: _RANK.get(item[0], 99)):
            if predicate not in _FOLDED and predicate not in _FOLLOWS:
                show = text if predicate == EVG.reportsStudy else self.shown
                shown = tuple(sorted({show(term) for term in terms}))
                found[label(predicate)] = tuple(dict.fromkeys((*found.get(label(predicate), ()), *shown)))
        for term in self.nodes.get(name, {}).get(DATACITE.hasIdentifier, ()):
            scheme, value = self._identifier(text(term))
            found[scheme] = tuple(dict.fromkeys((*found.get(scheme, ()), value)))
        return found

    def _identifier(self, name: str) -> tuple[str, str]:
        scheme = (self.one(name, DATACITE.usesIdentifierScheme) or "identifier").rpartition("/")[2].rpartition("#")[2]
        scheme = scheme.removeprefix("scheme-")
        status = self.one(name, EVG.identifierStatus) or ""
        raw = self.one(name, EVG.rawValue)
        told = "" if status in ("", STATUS.stated) else f" ({status.rpartition('/')[2]}{f' from {raw}' if raw else ''})"
        return _SCHEMES.get(scheme, scheme.replace("-", " ")), f"{self.one(name, LITRE.hasLiteralValue)}{told}"

    def shown(self, term: str) -> str:
        """A value as a person reads it: a literal's text in quotes, a thing's name, else the IRI."""
        if term[0] != "<":
            held = text(term)
            return f"“{_brief(held)}”" if " " in held else _brief(held)
        iri = term[1:-1]
        return self._name(iri) or concepts().get(iri) or iri.removeprefix(OWN)

    def _name(self, iri: str) -> str:
        node = self.nodes.get(iri, {})
        return next((text(min(node[p])) for p in (SKOS.prefLabel, FOAF.name, DCTERMS.title) if p in node), "")

    def _shown_all(self, name: str, predicate: str) -> str:
        return ", ".join(self.shown(term) for term in self.nodes.get(name, {}).get(predicate, ()))

    def types(self, name: str) -> list[str]:
        return [term[1:-1] for term in self.nodes.get(name, {}).get(RDF.type, ())]

    def one(self, name: str, predicate: str) -> str | None:
        terms = self.nodes.get(name, {}).get(predicate)
        return text(min(terms)) if terms else None


_RANK = {p: n for n, p in enumerate((RDF.type, DCTERMS.title, FOAF.name, SKOS.prefLabel))}


def _order(name: str) -> tuple[bool, str, int]:
    """The thing and its record first, then its parts by kind and number."""
    fragment = name.partition("#")[2]
    digits = re.search(r"(\d+)$", fragment)
    return bool(fragment), fragment[: digits.start()] if digits else fragment, int(digits[1]) if digits else 0


def _numbered(made: list[Thing]) -> list[Thing]:
    """Things of one identity told apart by their number."""
    seen: dict[str, int] = {}
    for thing in made:
        seen[thing.identity] = seen.get(thing.identity, 0) + 1
        if seen[thing.identity] > 1:
            thing.identity += f" {seen[thing.identity]}"
    return made


def _graph_kind(graph: str) -> str:
    return "evidence graph" if "/graph/evidence/" in graph else "record graph"


def _brief(value: str, most: int = 160) -> str:
    line = " ".join(value.split())
    return line if len(line) <= most else line[: most - 1] + "…"


@cache
def concepts() -> dict[str, str]:
    """The labels of everything in the language of the graph, by IRI."""
    found: dict[str, str] = {}
    for name in ("evidencegraph.ttl", "vocabularies.ttl", "themes.ttl"):
        for quad in ox.parse(path=FOLDER / name, format=ox.RdfFormat.TURTLE):
            if quad.predicate.value in (RDFS.label, SKOS.prefLabel) and isinstance(quad.object, ox.Literal):
                found.setdefault(str(quad.subject)[1:-1], quad.object.value)
    return found


@cache
def label(predicate: str) -> str:
    """A property in words.

    >>> label("http://prismstandard.org/namespaces/basic/2.0/publicationName"), label("http://purl.org/dc/terms/title")
    ('journal', 'title')
    """
    own = concepts().get(predicate)
    last = predicate.rpartition("/")[2].rpartition("#")[2]
    return own or LABELS.get(last) or re.sub(r"(?<=[a-z])(?=[A-Z])", " ", last).lower()
