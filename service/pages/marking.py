"""A text with its evidence marked in place: cut into pieces that a template can print one after the other.

Evidence overlaps: one sentence may speak of three themes, and a quote may run into the next. So the text is
cut wherever a quote or a matched phrase begins or ends, and every piece knows all that covers it.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of text. `notes` are the numbers of the evidence whose quote covers it, `hit` that whose matched
    words it belongs to (0: none), `closing` those whose quote ends with it.
    """

    text: str
    notes: tuple[int, ...] = ()
    hit: int = 0
    closing: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class _Span:
    start: int
    end: int
    number: int


def marked(text: str, evidence: Sequence[dict[str, Any]]) -> list[Piece]:
    """The pieces of `text`, which joined are `text` again.

    `evidence` are dicts with `start`, `end` (offsets in `text`, code points), `matched` and `number` (its
    note's number, from 1). What lies outside of the text, as that of a title does, must be left out by the
    caller; a span that does not fit the text is ignored rather than shown in the wrong place.
    """
    fits = [e for e in evidence if 0 <= e["start"] < e["end"] <= len(text)]
    quotes = [_Span(e["start"], e["end"], e["number"]) for e in fits]
    hits = [
        _Span(e["start"] + span[0], e["start"] + span[1], e["number"])
        for e in fits
        for span in occurrences(text[e["start"] : e["end"]], e.get("matched") or "")
    ]
    edges = sorted({0, len(text)}.union(*((s.start, s.end) for s in (*quotes, *hits))))
    return [
        Piece(
            text[start:end],
            tuple(q.number for q in quotes if q.start <= start and end <= q.end),
            next((h.number for h in hits if h.start <= start and end <= h.end), 0),
            tuple(q.number for q in quotes if q.end == end),
        )
        for start, end in pairwise(edges)
    ]


def occurrences(quote: str, matched: str) -> list[tuple[int, int]]:
    """Where the matched words stand in a quote, as whole words where they do; case and white space are free.

    `matched` may name several phrases, parted by ";".
    """
    found: list[tuple[int, int]] = []
    for phrase in filter(None, (part.strip() for part in matched.split(";"))):
        words = r"\s+".join(map(re.escape, phrase.split()))
        whole = [m.span() for m in re.finditer(rf"(?<!\w){words}(?!\w)", quote, re.IGNORECASE)]
        found += whole or [m.span() for m in re.finditer(words, quote, re.IGNORECASE)]
    return sorted(set(found))


def highlighted(quote: str, matched: str) -> list[tuple[str, bool]]:
    """A quote cut into runs, each with whether it belongs to the matched words.

    >>> highlighted("Less burnout at 12 months", "burnout")
    [('Less ', False), ('burnout', True), (' at 12 months', False)]
    """
    pieces = marked(quote, [{"start": 0, "end": len(quote), "matched": matched, "number": 1}])
    return [(piece.text, piece.hit > 0) for piece in pieces]


def sentences(evidence: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Evidence gathered by the sentence that it quotes, in the order in which a reader meets them.

    The order is title, abstract, keywords; records apart. Each is the dict of a quote with `number` (from 1),
    `matched` (of all), `read_as` (the evidence) and `reasons`: pairs of an explanation and the labels of the
    themes that it holds for.
    """
    gathered: dict[tuple[Any, ...], list[dict[str, Any]]] = {}
    for item in evidence:
        field = {"title": 0, "keywords": 2}.get(item["section"] or "", 1)
        gathered.setdefault((item["source"], field, item["start"], item["end"]), []).append(item)
    found = []
    for number, place in enumerate(sorted(gathered), 1):
        group = gathered[place]
        matched = "; ".join(e["matched"] for e in group if e["matched"])
        found.append(group[0] | {"number": number, "matched": matched, "read_as": group, "reasons": reasons(group)})
    return found


def reasons(group: Iterable[dict[str, Any]]) -> list[tuple[str, str]]:
    """Why the evidence on one sentence was read as it was, each explanation once: text, labels of its themes."""
    told: dict[str, list[str]] = {}
    for e in group:
        parts = [f"Role by: {e['role_by']}." if e.get("role_by") else ""]
        parts.append(f"Section by: {e['section_by']}." if e.get("section_by") else "")
        parts.append(f"Confidence {sure(e['confidence'])}." if e.get("confidence") is not None else "")
        told.setdefault(" ".join(filter(None, parts)), []).append(e["label"])
    return [(why, ", ".join(labels)) for why, labels in told.items() if why]


def sure(confidence: float) -> str:
    """A confidence with two digits, which never makes one of what is less.

    >>> sure(0.9995), sure(1.0), sure(0.8)
    ('over 0.99', '1.00', '0.80')
    """
    return "over 0.99" if 0.995 <= confidence < 1 else f"{confidence:.2f}"
