"""Which format an answer has: by `?format=`, else by the Accept header (RFC 9110, section 12).

The form of a query decides which formats it can have, and only the engine knows the form for certain: so a
request's wish is settled for both, bindings (SELECT, ASK) and graphs (CONSTRUCT, DESCRIBE).

>>> wish("application/rdf+xml, application/sparql-results+xml;q=0.9", None)
Wish(bindings=Format(name='xml', media='application/sparql-results+xml'), \
graphs=Format(name='rdfxml', media='application/rdf+xml'))
"""

from functools import lru_cache
from typing import NamedTuple

from service.accept import liking, qualities


class Format(NamedTuple):
    """A format's name for the engine and the media type that it is sent as."""

    name: str
    media: str

    @property
    def content_type(self) -> str:
        return f"{self.media}; charset=utf-8" if self.media.startswith("text/") else self.media


class Wish(NamedTuple):
    """The format for each form of query; None where the client takes none that there is."""

    bindings: Format | None
    graphs: Format | None


BINDINGS = {
    "json": ("application/sparql-results+json", "application/json"),
    "xml": ("application/sparql-results+xml", "application/xml", "text/xml"),
    "csv": ("text/csv",),
    "tsv": ("text/tab-separated-values",),
}
GRAPHS = {
    "turtle": ("text/turtle", "application/turtle", "application/x-turtle"),
    "ntriples": ("application/n-triples", "text/plain"),
    "rdfxml": ("application/rdf+xml", "application/xml", "text/xml"),
    "jsonld": ("application/ld+json", "application/json"),
    "nquads": ("application/n-quads",),
    "trig": ("application/trig", "application/x-trig"),
    "n3": ("text/n3", "text/rdf+n3"),
}
"""Names, best first, with their media type and then the aliases that clients use."""

NAMES = {
    "ttl": "turtle", "nt": "ntriples", "rdf": "rdfxml", "json-ld": "jsonld", "nq": "nquads",
    "n-triples": "ntriples", "n-quads": "nquads", "rdf+xml": "rdfxml", "rdf/xml": "rdfxml", "srj": "json",
    "srx": "xml",
}  # fmt: skip
"""What else `?format=` may say."""
OF_BOTH = {"json": "jsonld", "xml": "rdfxml"}


class UnknownFormat(ValueError):
    """`?format=` names nothing that we have."""


def wish(accept: str | None, named: str | None) -> Wish:
    """What a request asks for. Raises UnknownFormat for a `?format=` that there is not."""
    if named:
        return _by_name(named.strip().lower())
    return _by_accept(accept or "*/*") if len(accept or "") < 1000 else _by_accept.__wrapped__(accept or "")


def known(named: str) -> bool:
    """Whether `?format=` may say this."""
    try:
        return bool(_by_name(named.strip().lower()))
    except UnknownFormat:
        return False


def _by_name(name: str) -> Wish:
    media = name.replace(" ", "+")  # a plus sign in a URL that nobody encoded
    known = NAMES.get(name, name)
    bindings = _named(BINDINGS, known, media)
    graphs = _named(GRAPHS, OF_BOTH.get(known, known), media)
    if not bindings and not graphs:
        raise UnknownFormat(f"there is no format {name!r}; there are {', '.join([*BINDINGS, *GRAPHS])}")
    return Wish(bindings, graphs)


def _named(table: dict[str, tuple[str, ...]], name: str, media: str) -> Format | None:
    if name in table:
        return Format(name, table[name][0])
    return next((Format(own, media) for own, medias in table.items() if media in medias), None)


@lru_cache(maxsize=512)
def _by_accept(accept: str) -> Wish:
    ranges = _ranges(accept) or {"*/*": 1.0}
    return Wish(_best(BINDINGS, ranges), _best(GRAPHS, ranges))


def _ranges(accept: str) -> dict[str, float]:
    """Media ranges and their quality."""
    return {media: liked for media, liked in qualities(accept).items() if media.count("/") == 1}


def _best(table: dict[str, tuple[str, ...]], ranges: dict[str, float]) -> Format | None:
    best, found = 0.0, None
    for name, medias in table.items():
        for media in medias:
            exact = media in ranges
            if not exact and media != medias[0]:
                continue  # an alias only for those who ask for it
            liked = liking(media, ranges)
            if liked > best:
                best, found = liked, Format(name, media)
    return found
