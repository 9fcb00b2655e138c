"""XML as trees whose elements are found by their local names, read without entities, DTDs or networks."""

import html
import re
from collections.abc import Iterator

from lxml import etree

from loaders.record import Unreadable

_PREFIXES = {
    "xsi": "http://www.w3.org/2001/XMLSchema-instance",
    "xlink": "http://www.w3.org/1999/xlink",
    "mml": "http://www.w3.org/1998/Math/MathML",
    "dc": "http://purl.org/dc/elements/1.1/",
    "oai_dc": "http://www.openarchives.org/OAI/2.0/oai_dc/",
}
_DOCTYPE = re.compile(r"<!DOCTYPE(?:[^\[>]|\[.*?\]\s*(?=>))*>", re.DOTALL)
_XML_ENTITIES = frozenset({"amp", "lt", "gt", "quot", "apos"})
_UNSPOKEN = frozenset({"tex-math", "annotation", "annotation-xml", "fn"})
_PARTED = frozenset({"break", "br", "p", "list", "list-item", "title", "sec", "disp-formula", "label", "tr", "td"})

Element = etree._Element


def parse(raw: bytes) -> Element:
    """The root of an XML text or of an element cut out of one.

    A document type is left out unread, so that no entity can be defined; HTML's named characters are known;
    prefixes that the surrounding text declared get their usual namespace. Raises Unreadable.
    """
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Unreadable(f"byte {error.start} is not UTF-8 text: export the file again as UTF-8") from None
    text = _DOCTYPE.sub("", re.sub(r"^\s*<\?xml[^>]*\?>", "", text), count=1).strip()
    text = re.sub(r"&([A-Za-z]\w*);", _character, text)
    try:
        root = etree.fromstring(text, _parser())
    except etree.XMLSyntaxError as error:
        if "prefix" not in str(error):
            raise _malformed(error) from None
        try:
            root = etree.fromstring(_declared(text), _parser())
        except (etree.XMLSyntaxError, ValueError) as again:
            raise _malformed(again) from None
    except ValueError as error:
        raise _malformed(error) from None
    if root is None:
        raise Unreadable("this XML has no element: export the record again")
    return root


def _malformed(error: Exception) -> Unreadable:
    return Unreadable(f"this is no well-formed XML ({error}): export the record again")


def _declared(text: str) -> str:
    """The text with its undeclared prefixes declared on its first element."""
    used = re.findall(r"[<\s]([A-Za-z_][\w.-]*):[\w.-]+(?=[\s=>/])", text)
    missing = sorted(prefix for prefix in {*used} - {"xml", "xmlns"} if f"xmlns:{prefix}=" not in text)
    declared = "".join(f' xmlns:{prefix}="{_PREFIXES.get(prefix, "urn:" + prefix)}"' for prefix in missing)
    return re.sub(r"^(<[^\s/>]+)", lambda match: match[1] + declared, text, count=1)


def _parser() -> etree.XMLParser:
    """A parser for one text: parsers keep state, and are not shared between threads."""
    return etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )


def _character(match: re.Match[str]) -> str:
    name = match[1]
    if name in _XML_ENTITIES:
        return match[0]
    known = html.unescape(match[0])
    return known if known != match[0] else f"&amp;{name};"


def local(element: Element) -> str:
    """An element's name without its namespace."""
    tag = element.tag
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""


def children(element: Element | None, *path: str) -> Iterator[Element]:
    """The elements at the end of a path of local names, in order."""
    if element is None:
        return
    if len(path) == 1:
        yield from element.iterchildren("{*}" + path[0])
        return
    for found in element.iterchildren("{*}" + path[0]):
        yield from children(found, *path[1:])


def child(element: Element | None, *path: str) -> Element | None:
    """The first element at the end of a path of local names."""
    if element is not None and len(path) == 1:
        return next(element.iterchildren("{*}" + path[0]), None)
    return next(children(element, *path), None)


def inner(element: Element | None, *path: str) -> str | None:
    """The text within the first element of a path (or of none: the element itself), on one line, or None.

    Formulas in TeX and footnotes are left out.
    """
    found = child(element, *path) if path else element
    return _line(found) or None if found is not None else None


def inners(element: Element | None, *path: str) -> tuple[str, ...]:
    """The texts within all elements of a path."""
    return tuple(text for found in children(element, *path) if (text := _line(found)))


def _line(element: Element) -> str:
    text = "".join(_spoken(element)) if len(element) else element.text or ""
    return " ".join(text.split())


def descendants(element: Element, name: str) -> Iterator[Element]:
    """Every element of a local name within another, at any depth, in order."""
    return element.iter("{*}" + name)


def attribute(element: Element | None, name: str) -> str | None:
    """An attribute by its local name, whatever its namespace; None where it is absent or empty."""
    if element is None:
        return None
    for key, value in element.attrib.items():
        if str(key).rpartition("}")[2] == name:
            return str(value).strip() or None
    return None


def _spoken(element: Element, skip: frozenset[str] = frozenset()) -> Iterator[str]:
    if local(element) in _UNSPOKEN or local(element) in skip:
        return
    yield element.text or ""
    for part in element:
        parted = local(part) in _PARTED
        if parted:
            yield " "
        yield from _spoken(part, skip)
        if parted:
            yield " "
        yield part.tail or ""


def without(element: Element | None, *names: str) -> str | None:
    """The text within an element but for that of some elements in it, on one line, or None."""
    if element is None:
        return None
    return " ".join("".join(_spoken(element, frozenset(names))).split()) or None


def prose(element: Element) -> str | None:
    """The text within an element with its line breaks, each line trimmed; None where there is none."""
    lines = [line.strip() for line in "".join(_spoken(element)).strip().split("\n")]
    return "\n".join(lines).strip() or None


def values(element: Element) -> dict[str, object]:
    """The elements within another as the object that their JSON would be: text, an object, or a list of those
    that stand more than once. A text with attributes is their object, the text its `value`."""
    found: dict[str, object] = {}
    for part in element:
        marks = {str(key): str(mark) for key, mark in part.attrib.items()}
        value: object = (
            values(part) if any(isinstance(p.tag, str) for p in part) and not _marked_up(part) else _markup(part)
        )
        value = marks | {"value": value} if marks and isinstance(value, str) else value
        held = found.get(local(part))
        found[local(part)] = value if held is None else [*held, value] if isinstance(held, list) else [held, value]
    return found


_MARKUP = frozenset({"i", "b", "sub", "sup", "h4", "p", "u", "em", "strong", "italic", "bold", "br", "a"})


def _marked_up(element: Element) -> bool:
    return any(local(part) in _MARKUP for part in element)


def _markup(element: Element) -> str:
    """The text within an element with its markup."""
    inside = "".join(etree.tostring(part, encoding="unicode", with_tail=True) for part in element)
    return html.escape(element.text or "", quote=False) + inside if inside else element.text or ""
