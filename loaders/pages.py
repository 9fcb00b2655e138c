"""Saved web pages: their text as a person would copy it, and what their head says in tags."""

import re
from collections.abc import Iterator

import orjson
from selectolax.lexbor import LexborHTMLParser, LexborNode

from loaders.record import Unreadable
from loaders.text import clean, decode, peek

_BLOCKS = frozenset(
    {
        *("p", "div", "section", "article", "main", "ul", "ol", "dl", "dt", "dd", "table", "tr", "blockquote", "pre"),
        *("h1", "h2", "h3", "h4", "h5", "h6", "li", "figure", "figcaption", "form", "header", "footer", "aside", "hr"),
    }
)
_UNSEEN = "script, style, noscript, template, svg, nav, iframe, button, select"


def is_html(head: bytes) -> bool:
    return bool(
        re.match(rb"(?:\xef\xbb\xbf)?\s*(?:<!--.*?-->\s*)*<(?:!doctype html|html|head|body|meta)\b", head, re.I | re.S)
    )


def shown(head: bytes) -> str:
    """The text of a page's first bytes for a sniffer, "" for what is no page: other markup, JSON, binary.

    Pages whose head describes an article are left to the reader of heads.
    """
    if is_html(head):
        return "" if describes_article(head) or _depth(head) > _DEEPEST else text_of(head)
    text = peek(head)
    return "" if text.lstrip().startswith(("<", "{", "[")) else text


def page_text(raw: bytes) -> str:
    """A page's text, of HTML as `text_of` gives it. Raises Unreadable for what is no text."""
    return text_of(raw) if is_html(raw) else decode(raw)


def text_of(raw: bytes) -> str:
    """A page's text, a line for each block, from its first main heading on.

    A row of a table is one line, so that a label and its value stand together. Raises Unreadable for elements
    that nest too deep; otherwise, as a browser, it shows something for any bytes.
    """
    tree = _tree(raw)
    for unseen in tree.css(_UNSEEN):
        unseen.decompose()
    root = tree.css_first("main") or tree.body
    if root is None:
        return ""
    lines = [clean(line) for line in "".join(_words(root)).split("\n")]
    text = re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()
    heading = tree.css_first("h1")
    title = clean(heading.text()) if heading else ""
    return text[text.index(title) :] if title and title in text else text


_DEEPEST = 500
"""Elements within each other on the deepest page that is read: parsing takes their number squared."""
_OPEN = frozenset(
    {
        *(b"p", b"li", b"td", b"th", b"tr", b"dt", b"dd", b"option", b"br", b"hr", b"img", b"input", b"meta", b"link"),
        *(b"area", b"base", b"col", b"embed", b"source", b"track", b"wbr", b"param", b"thead", b"tbody", b"tfoot"),
    }
)
"""Elements that need no closing tag."""


def _tree(raw: bytes) -> LexborHTMLParser:
    if _depth(raw) > _DEEPEST:
        raise Unreadable(f"more than {_DEEPEST} elements stand within each other: this is no page that a person sees")
    return LexborHTMLParser(raw)


def _depth(raw: bytes) -> int:
    """How deep the elements of a page nest, counting those that need a closing tag."""
    depth = deepest = 0
    for match in re.finditer(rb"<(/?)([a-zA-Z][\w-]*)", raw):
        if match[2].lower() not in _OPEN:
            depth = max(0, depth - 1) if match[1] else depth + 1
            deepest = max(deepest, depth)
    return deepest


def describes_article(head: bytes) -> bool:
    """Whether the head of a page describes an article in tags or JSON-LD. Never raises."""
    if _depth(head) > _DEEPEST:
        return False
    found = Head(head)
    return bool(_TITLES & found.tags.keys()) or any(is_article(item) for item in found.objects)


def _words(node: LexborNode) -> Iterator[str]:
    """The words of a node and those in it, without recursion: pages nest as deep as they like."""
    stack: list[LexborNode | str] = [node]
    while stack:
        item = stack.pop()
        if isinstance(item, str):
            yield item
            continue
        name = item.tag or ""
        if name == "-text":
            yield re.sub(r"\s+", " ", item.text(deep=False))
            continue
        edge = "\n" if name in _BLOCKS else " " if name in ("td", "th") else ""
        if name == "br":
            yield "\n"
        yield edge
        stack.append(edge)
        stack.extend(reversed(list(item.iter(include_text=True))))


_TITLES = frozenset({"citation_title", "eprints.title", "dc.title", "dcterms.title"})
_ARTICLES = frozenset({"ScholarlyArticle", "MedicalScholarlyArticle", "Article", "Thesis", "Report", "Book", "Chapter"})


def is_article(item: dict[str, object]) -> bool:
    """Whether an object of JSON-LD describes an article."""
    kinds = item.get("@type")
    names = {str(kind) for kind in kinds} if isinstance(kinds, list) else {str(kinds)}
    return bool(_ARTICLES & names) and bool(item.get("headline") or item.get("name"))


class Head:
    """What a page's head says in `<meta name content>` tags and in JSON-LD. Raises Unreadable as `text_of`."""

    def __init__(self, raw: bytes) -> None:
        tree = _tree(raw)
        self.tags: dict[str, list[str]] = {}
        self.ordered: list[tuple[str, str]] = []
        for node in tree.css("meta[content]"):
            name = node.attributes.get("name") or node.attributes.get("property") or ""
            text = clean(node.attributes.get("content") or "")
            if name and text:
                self.tags.setdefault(name.lower(), []).append(text)
                self.ordered.append((name.lower(), text))
        self.objects = [
            found for node in tree.css('script[type="application/ld+json"]') for found in _objects(node.text())
        ]
        html = tree.css_first("html")
        self.language = (html.attributes.get("lang") if html else None) or None

    def all(self, *names: str) -> tuple[str, ...]:
        """The contents of the first of the tags that the page has."""
        return next((tuple(self.tags[name]) for name in names if name in self.tags), ())

    def first(self, *names: str) -> str | None:
        return next(iter(self.all(*names)), None)


def _objects(text: str) -> list[dict[str, object]]:
    """The objects of a JSON-LD script: one, a list, or a `@graph`."""
    try:
        value = orjson.loads(text)
    except ValueError:
        return []
    items = value.get("@graph", [value]) if isinstance(value, dict) else value
    return [item for item in items if isinstance(item, dict)] if isinstance(items, list) else []
