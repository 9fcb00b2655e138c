"""Where a text's sentences begin and end. Offsets, so that a quote is always text[start:end]."""

import re

_BREAK = re.compile(
    r"[.!?][\"'”’)\]]*(?:\[[\d,–\- ]+\])?;?(?=\s+[\"'“‘(\[]?[A-Z0-9À-Þ])\s+"  # a full stop and a new beginning
    r"|(?<=[a-z)%\]][a-z0-9)%\]])[.!?](?=[A-Z][a-z]+[\s:])"  # the space forgotten: "service.Methods"
    r"|\n\s*"  # white space before it is left out below: to look for it here takes the square of its length
)
# Some databases give abstracts without any full stop: what is left of "… school. We …" is two spaces.
_STOP = re.compile(r"[.!?][\"'”’)\]]*\s+[\"'“‘(\[]?[A-Z0-9À-Þ]")
_GAP = re.compile(r"(?<=\S)(?:[ \xa0]{2,}(?=[\"'“‘(\[]?[A-ZÀ-Þ])|\s*\n\s*)")
_GAPS = 2  # from so many gaps on; fewer are slips of typing
_WRAPPED = re.compile(r"\S[ \xa0]{2,}[a-z]")  # lines joined by two spaces: then these end no sentence

_WRAPPING = 40  # characters of the shortest line that wraps

_ABBREVIATION = re.compile(
    r"(?:\b(?:e\.g|i\.e|et al|vs?|cf|approx|ca|resp|Dr|Mr|Mrs|Ms|Prof|St|Figs?|Eq|Nos?|Vol|Inc|Ltd|Jr|Sr|dept|spp?"
    r"|subsp|var|Refs?|viz|incl|excl|min|max|Tab|Ch|pp?|Suppl|U\.S|U\.K|Ph\.D|M\.D|a\.m|p\.m)|\b[A-Z]|(?<=\s)[ivx]+)$"
)
_LETTERED = re.compile(r"(?:^|[\s(])\(?\w{1,2}$")


def sentences(text: str, start: int = 0, end: int | None = None) -> list[tuple[int, int]]:
    """The sentences of text[start:end], in order, as offsets in `text`; white space lies between them.

    >>> [(a, b) for a, b in sentences("Burnout fell (p < .05). It rose again.")]
    [(0, 23), (24, 38)]
    """
    end = len(text) if end is None else end
    spans: list[tuple[int, int]] = []
    begin = start
    gaps = [gap for gap in _GAP.finditer(text, start, end) if not _wraps(text, gap)] if _stopless(text) else []
    if len(gaps) >= _GAPS:
        for gap in gaps:
            _add(text, begin, gap.start(), spans)
            begin = gap.end()
        _add(text, begin, end, spans)
        return spans
    for found in _BREAK.finditer(text, start, end):
        mark = found.start()
        if text[mark] in ".!?":
            close = mark + len(found.group().rstrip())
            if text[mark] == "." and _no_end(text, begin, mark, found.end()):
                continue
        elif _wraps(text, found):
            continue
        else:
            close = mark
        _add(text, begin, close, spans)
        begin = found.end()
    _add(text, begin, end, spans)
    return spans


def _wraps(text: str, end: re.Match[str]) -> bool:
    """Whether the end of a line only wraps a sentence: a long line, behind which small letters go on."""
    mark = end.start()
    return (
        end.group() == "\n"
        and mark - text.rfind("\n", 0, mark) > _WRAPPING
        and (text[mark - 1].islower() or text[mark - 1] == ",")
        and text[mark + 1 : mark + 2].islower()
    )


def _stopless(text: str) -> bool:
    return _STOP.search(text) is None and _WRAPPED.search(text) is None


def _no_end(text: str, begin: int, mark: int, after: int) -> bool:
    """Whether a full stop belongs to an abbreviation, an initial or a numbered item."""
    tail = text[max(begin, mark - 12) : mark]
    if _ABBREVIATION.search(tail):
        # "… in group B. The" ends a sentence, "J. Smith" does not: a following function word decides.
        return not (tail[-1:].isupper() and _OPENER.match(text, after))
    return mark - begin <= 3 and bool(_LETTERED.search(tail))


_OPENER = re.compile(r"(?:The|This|These|We|In|It|A|An|Our|There|All|However|Of|For|After|At|Both|No|Patients)\b")


def _add(text: str, start: int, end: int, spans: list[tuple[int, int]]) -> None:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    if start < end:
        spans.append((start, end))
