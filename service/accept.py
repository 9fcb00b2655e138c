"""What a client likes best (RFC 9110, section 12): media types, content codings; and which answers it has."""

import math
from collections.abc import Iterable, Mapping


def qualities(header: str) -> dict[str, float]:
    """The items of a header and their quality. What is malformed is left out: odd clients get what is usual.

    >>> qualities("text/html, application/xml;q=0.9, */*;q=x")
    {'text/html': 1.0, 'application/xml': 0.9}
    """
    found: dict[str, float] = {}
    for item in header.split(","):
        value, *parameters = (part.strip().lower() for part in item.split(";"))
        liked = 1.0
        for parameter in parameters:
            name, _, number = parameter.partition("=")
            if name.strip() == "q":
                try:
                    liked = float(number)
                except ValueError:
                    liked = math.nan
        if value and 0 <= liked <= 1:
            found[value] = max(liked, found.get(value, 0.0))
    return found


def liking(media: str, ranges: Mapping[str, float]) -> float:
    """How much a media type is liked: the most specific range counts."""
    for range_ in (media, media.partition("/")[0] + "/*", "*/*"):
        if range_ in ranges:
            return ranges[range_]
    return 0.0


def accepted(header: str | None, offers: Iterable[str]) -> str | None:
    """The offered media type that an Accept header likes best; the first offer where it likes several as well.

    None where it likes none of them.

    >>> accepted("text/turtle;q=0.9, text/html", ["text/html", "text/turtle"])
    'text/html'
    """
    ranges = qualities(header or "*/*")
    liked = [(liking(offer, ranges), offer) for offer in offers]
    best = max((quality for quality, _ in liked), default=0.0)
    return next((offer for quality, offer in liked if quality == best), None) if best > 0 else None


def wants_page(header: str | None) -> bool:
    """Whether it is a person's browser that asks: HTML is named, and liked better than JSON."""
    ranges = qualities(header or "")
    programs = (ranges.get("application/json", 0.0), ranges.get("application/problem+json", 0.0))
    return ranges.get("text/html", 0.0) > max(programs)


def coding(header: str, name: str) -> float:
    """How much an Accept-Encoding header likes a content coding, 0 to 1.

    >>> coding("gzip, zstd;q=0.5", "zstd")
    0.5
    """
    likes = qualities(header)
    return likes.get(name, likes.get("*", 0.0))


def has(header: str, tag: str) -> bool:
    """Whether an If-None-Match header has an entity tag, be it weak or not (RFC 9110, 13.1.2).

    >>> has('"x", W/"1a-json"', 'W/"1a-json"'), has('"1a-json"', 'W/"1a-json"'), has('W/"1"', 'W/"1a-json"')
    (True, True, False)
    """
    return tag.removeprefix("W/") in header
