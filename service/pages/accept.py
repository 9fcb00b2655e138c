"""What a caller wants: HTML for a browser, triples or JSON for a program."""

import math
from collections.abc import Iterable, Mapping

from starlette.requests import Request


def accepted(header: str | None, offers: Iterable[str]) -> str | None:
    """The offered media type that an Accept header likes best; the first offer where it likes several as well.

    None where it likes none of them.

    >>> accepted("text/turtle;q=0.9, text/html", ["text/html", "text/turtle"])
    'text/html'
    """
    ranges = _ranges(header or "*/*")
    liked = [(_quality(offer, ranges), offer) for offer in offers]
    best = max((quality for quality, _ in liked), default=0.0)
    return next((offer for quality, offer in liked if quality == best), None) if best > 0 else None


def _ranges(header: str) -> dict[str, float]:
    found: dict[str, float] = {}
    for item in header.split(","):
        name, *parameters = (part.strip().lower() for part in item.split(";"))
        quality = next((p[2:] for p in parameters if p.startswith("q=")), "1")
        try:
            found[name] = min(max(float(quality), 0.0), 1.0) if math.isfinite(float(quality)) else 0.0
        except ValueError:
            found[name] = 0.0
    return found


def _quality(offer: str, ranges: Mapping[str, float]) -> float:
    """RFC 9110, 12.5.1: the most specific range counts."""
    for range_ in (offer, offer.partition("/")[0] + "/*", "*/*"):
        if range_ in ranges:
            return ranges[range_]
    return 0.0


def wants_page(request: Request) -> bool:
    """Whether it is a person's browser that asks: HTML is named, and liked better than JSON."""
    ranges = _ranges(request.headers.get("accept", ""))
    return ranges.get("text/html", 0.0) > max(
        ranges.get("application/json", 0.0), ranges.get("application/problem+json", 0.0)
    )
