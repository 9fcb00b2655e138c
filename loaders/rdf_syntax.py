"""RDF in any syntax, parsed within bounds: Turtle, TriG, N-Triples, N-Quads, RDF/XML, JSON-LD.

The parsers are Oxigraph's. What would make them fail by more than an exception (thousands of nested brackets) or
reach out (a remote context, an external entity) is refused before they see it.
"""

import re
from collections.abc import Iterable, Iterator
from urllib.parse import quote

import orjson
import pyoxigraph as ox
from lxml import etree

from loaders.pages import is_html
from loaders.record import Unreadable
from loaders.streams import ENTRY_LIMIT
from loaders.text import decode, peek
from loaders.trees import parse as parse_xml
from ontology.iris import digest

DEEPEST = 64
"""Brackets within each other in the deepest document that is parsed."""
_LONGEST_ENTITY, _MOST_ENTITIES = 500, 200_000

_SCHEMA_ORG = re.compile(r"https?://(?:www\.)?schema\.org/?(?:docs/jsonldcontext\.jsonld?)?$")
_CONTEXT = {
    "@vocab": "https://schema.org/",
    "schema": "https://schema.org/",
    "id": "@id",
    "type": "@type",
    **{
        name: {"@type": "@id"}
        for name in ("url", "sameAs", "license", "mainEntityOfPage", "image", "about", "citation")
    },
    "author": {"@container": "@list"},
}
"""What of schema.org's own context matters here, since none is ever fetched. Its authors are read as a list: their
order is the order of the document's authors."""
_RDF_NS = b"http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_TERM = r"(?:<[^<>\s]+>|_:\S+)"
_N_QUADS = re.compile(
    rf'^[ \t]*{_TERM}[ \t]+<[^<>\s]+>[ \t]+(?:{_TERM}|"[^\n]*)[ \t]*(?:{_TERM})?[ \t]*\.[ \t]*(?:#.*)?$', re.M
)
_TURTLE = re.compile(r"^[ \t]*(?:@prefix|@base|prefix|base)[ \t]+[^\n]*<[^<>\n]*>", re.M | re.I)
_BARE = re.compile(r"<(?:[a-z][a-z0-9+.-]*://|urn:)[^<>\s]*>\s+(?:a|<[^<>\s]+:[^<>\s]*>)\s+[<\"'\[(_\d]", re.I)
"""Turtle without prefixes."""
_TOKEN = re.compile(
    r'"""(?:[^"\\]|\\.|"(?!""))*"""|\'\'\'(?:[^\'\\]|\\.|\'(?!\'\'))*\'\'\'|"(?:[^"\\\n]|\\.)*"|\'(?:[^\'\\\n]|\\.)*\''
    r"|#[^\n]*|<[^<>\s{}|^`\\\"]*>|<<|>>|[\[({]|[\])}]",
    re.S,
)


def syntax(head: bytes) -> str | None:
    """The syntax that the first bytes of an input are in: "json-ld", "rdf-xml", "n-quads", "trig"; None for no RDF.

    N-Quads and TriG stand for N-Triples and Turtle as well, which they contain.
    """
    if is_html(head) or b"\0" in head:
        return None
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()[:1]
    if start in (b"{", b"["):
        return "json-ld" if re.search(rb'"@(?:context|graph|id)"\s*:', head) else None
    if start == b"<" and re.search(rb"<(?:[\w.-]+:)?RDF[\s>]", head) and _RDF_NS in head:
        return "rdf-xml" if not re.search(rb"<(?:\w+:)?OAI-PMH[\s>]", head) else None
    text = peek(head)
    body = re.sub(r"\A(?:\s*#[^\n]*\n|\s+)*", "", text)
    if _N_QUADS.match(body):
        return "n-quads"
    return "trig" if _TURTLE.match(body) or _BARE.match(body) else None


def parse(raw: bytes, form: str, name: str) -> list[ox.Quad]:
    """The quads of a document in a syntax of `syntax`, in the document's order; `name` is that of its file, which
    relative IRIs are resolved against. Raises Unreadable.
    """
    text = decode(raw, ENTRY_LIMIT)
    if form == "json-ld":
        text = _local(text)
    elif form == "rdf-xml":
        text = etree.tostring(parse_xml(_expanded(text).encode()), encoding="unicode")
    elif _depth(text) > DEEPEST:
        raise Unreadable(f"more than {DEEPEST} brackets stand within each other: write the file anew without nesting")
    known = {"json-ld": ox.RdfFormat.JSON_LD, "rdf-xml": ox.RdfFormat.RDF_XML, "n-quads": ox.RdfFormat.N_QUADS}
    try:
        return list(ox.parse(text, known.get(form, ox.RdfFormat.TRIG), base_iri=f"file:///{quote(name)}"))
    except (SyntaxError, ValueError, OSError) as error:
        raise Unreadable(f"this is no sound {form} ({error}): mend it or write the file anew") from None


def _depth(text: str) -> int:
    """How deep the brackets of a Turtle-like text nest, those in strings, IRIs and comments left out."""
    if sum(text.count(mark) for mark in ("[", "(", "{", "<<")) <= DEEPEST:
        return 0
    depth = deepest = 0
    for match in _TOKEN.finditer(text):
        mark = match[0]
        if mark in ("[", "(", "{", "<<"):
            depth += 1
            deepest = max(deepest, depth)
        elif mark in ("]", ")", "}", ">>"):
            depth = max(0, depth - 1)
    return deepest


def _local(text: str) -> str:
    """A JSON-LD text whose contexts are all within it: schema.org's known one in place of its address."""
    try:
        value = orjson.loads(text)
    except ValueError as error:
        raise Unreadable(f"this is no valid JSON ({error}): export the file again") from None
    stack = [(value, 0)]
    while stack:
        item, depth = stack.pop()
        if depth > DEEPEST:
            raise Unreadable(
                f"more than {DEEPEST} brackets stand within each other: write the file anew without nesting"
            )
        if isinstance(item, dict):
            if "@context" in item:
                item["@context"] = _context(item["@context"])
            stack += [(found, depth + 1) for found in item.values() if isinstance(found, dict | list)]
        else:
            stack += [(found, depth + 1) for found in item if isinstance(found, dict | list)]
    return orjson.dumps(value).decode()


def _context(context: object) -> object:
    if isinstance(context, list):
        return [_context(part) for part in context]
    if isinstance(context, str):
        if _SCHEMA_ORG.match(context.strip()):
            return _CONTEXT
        raise Unreadable(f"its @context {context[:200]!r} is on the web and is not fetched: expand the file first")
    if isinstance(context, dict) and "@import" in context:
        raise Unreadable("its @context imports another, which is not fetched: expand the file first")
    return context


def _expanded(text: str) -> str:
    """An RDF/XML text with the namespace entities that its document type declares, as ontology editors write them."""
    declared = dict(re.findall(r"<!ENTITY\s+([\w.-]+)\s+[\"']([^\"'&%<>]*)[\"']\s*>", text[:_MOST_ENTITIES]))
    known = {name: value for name, value in declared.items() if len(value) <= _LONGEST_ENTITY}
    if not known:
        return text
    pattern = re.compile("&(" + "|".join(map(re.escape, known)) + ");")
    if len(pattern.findall(text)) > _MOST_ENTITIES:
        raise Unreadable(f"more than {_MOST_ENTITIES} entities are in this XML: write the file anew without them")
    return pattern.sub(lambda match: known[match[1]], text)


def labelled(quads: Iterable[ox.Quad]) -> Iterator[tuple[str, str, str, str]]:
    """Quads as N-Triples terms (the graph's name "" for the default graph), each once, with blank nodes labelled by
    what is said of them.

    The labels are the same whatever the parser called the nodes and in whatever order the document has them; nodes
    that are told apart by nothing near them are numbered in the document's order. This is the colouring that the
    W3C's canonicalisation begins with, without the search for symmetries, which hostile graphs make endless.
    """
    found = list(dict.fromkeys((q.subject, q.predicate, q.object, q.graph_name) for q in quads))
    colours = _colours([(s, p, o) for s, p, o, _ in found])
    counts: dict[str, int] = {}
    names: dict[object, str] = {}
    for node, colour in colours.items():
        counts[colour] = counts.get(colour, 0) + 1
        names[node] = f"_:{colour}" if counts[colour] == 1 else f"_:{colour}-{counts[colour]}"

    def term(value: object) -> str:
        return f"<<( {value} )>>" if isinstance(value, ox.Triple) else names.get(value) or str(value)

    for subject, predicate, value, graph in found:
        name = "" if isinstance(graph, ox.DefaultGraph) else term(graph)
        yield term(subject), str(predicate), term(value), name


_ROUNDS = 8


def _colours(triples: list[tuple[object, object, object]]) -> dict[object, str]:
    """Each blank node, in order of appearance, with a hash of what is said of it and of those around it."""
    about: dict[object, list[tuple[str, object, object]]] = {}
    for subject, predicate, value in triples:
        for node in (subject, value):
            if isinstance(node, ox.BlankNode):
                about.setdefault(node, [])
        if isinstance(subject, ox.BlankNode):
            about[subject].append(("s", predicate, value))
        if isinstance(value, ox.BlankNode):
            about[value].append(("o", predicate, subject))
    colours: dict[object, str] = dict.fromkeys(about, "")
    for _ in range(_ROUNDS):
        made = {
            node: digest("\n".join(sorted(f"{way} {p} {colours.get(other, other)}" for way, p, other in said)))
            for node, said in about.items()
        }
        settled = len(set(made.values())) == len(set(colours.values()))
        colours = made
        if settled:
            break
    return colours
