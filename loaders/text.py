"""What all readers share about text: decoding, white space, dates, durations, keywords, licences.

Names of persons and organisations are in `loaders/names.py`, identifiers in `loaders/identifiers.py`.
"""

import re
from typing import BinaryIO

from loaders.identifiers import repair_doi
from loaders.record import Entry, Unreadable

__all__ = [
    "clean",
    "decode",
    "duration",
    "fold_keyword",
    "iso_date",
    "json_keys",
    "labelled",
    "licence",
    "medline_date",
    "repair_doi",
    "whole",
]

LONGEST = 4 << 20
"""Bytes of the largest text that is read as one record. The longest page seen has 60 KB, the longest reference with
all that it cites 90 KB."""

_BOMS = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))
_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            *("january jan", "february feb", "march mar", "april apr", "may", "june jun", "july jul"),
            *("august aug", "september sept sep", "october oct", "november nov", "december dec"),
        ),
        1,
    )
    for name in names.split()
}


def decode(raw: bytes, longest: int = LONGEST) -> str:
    """The text of a record's bytes, with line ends as `\\n` and no byte order mark.

    UTF-8, or what a byte order mark says. Other encodings are not guessed at. Raises Unreadable with the
    position of the first byte that is none of it, for NUL, which no text holds, and for more than `longest` bytes.
    """
    if len(raw) > longest:
        raise Unreadable(f"more than {longest >> 20} MB are no single record of this kind: is a line end missing?")
    encoding = "utf-8"
    for bom, name in _BOMS:
        if raw.startswith(bom):
            raw, encoding = raw[len(bom) :], name
            break
    try:
        text = raw.decode(encoding)
    except UnicodeDecodeError as error:
        raise Unreadable(
            f"byte {error.start} (0x{raw[error.start]:02X}) is not {encoding.upper()} text: "
            "save the file as UTF-8 and load it again"
        ) from None
    if "\0" in text:
        raise Unreadable(f"character {text.index(chr(0))} is NUL: this is a binary file, not a text")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def peek(head: bytes) -> str:
    """The first bytes of an input as text for a sniffer: never raises, and "" for what is plainly binary."""
    try:
        return decode(head)
    except Unreadable:
        # a multi-byte character may be cut at the end; anything else that is not text stays unread
        return "" if b"\0" in head else head.decode("utf-8", errors="ignore").replace("\r\n", "\n")


def json_keys(head: bytes) -> frozenset[str]:
    """The field names that the first bytes of a JSON input show; none for an input that is no JSON."""
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()[:1]
    if start not in (b"{", b"[") or b"\0" in head:
        return frozenset()
    return frozenset(key.decode() for key in re.findall(rb'"([A-Za-z0-9_-]{1,60})"\s*:', head))


def json_number(head: bytes, name: str) -> int | None:
    """The first number (or text of digits) of a name that the first bytes of a JSON input show."""
    match = re.search(rf'"{re.escape(name)}"\s*:\s*"?(\d{{1,12}})\b'.encode(), head)
    return int(match[1]) if match else None


def whole(stream: BinaryIO) -> Entry:
    """A page as its one entry. Raises Unreadable where it has more than LONGEST bytes."""
    raw = stream.read(LONGEST + 1)
    if len(raw) > LONGEST:
        raise Unreadable(f"more than {LONGEST >> 20} MB is no single page: split it into one file a page")
    return Entry(raw)


def clean(text: str) -> str:
    """A text on one line: every run of white space, U+00A0 included, as one space.

    >>> clean("  Steve\\u00a0G \\n Gillard ")
    'Steve G Gillard'
    """
    return " ".join(text.split())


def labelled(lines: list[str], known: frozenset[str]) -> dict[str, str]:
    """The values of a block of `Label: value` lines, by label; a later line without a known label belongs to
    the value above it. A label that is not known is taken for one only where it has at most four words.

    >>> labelled(["Type: Article", "Location: England", "and Wales"], frozenset({"Type"}))
    {'Type': 'Article', 'Location': 'England\\nand Wales'}
    """
    found: dict[str, str] = {}
    label = ""
    for line in lines:
        match = re.match(r"([A-Z][^:\n]{1,60}):(?:\s+(.*))?$", line.strip())
        if match and match[1] not in found and (match[1] in known or len(match[1].split()) <= 4):
            label = match[1]
            found[label] = (match[2] or "").strip()
        elif label:
            found[label] = (found[label] + "\n" + line.strip()).strip("\n")
    return {name: value.strip() for name, value in found.items()}


def fold_keyword(text: str) -> str:
    """A keyword for comparison: lower case, hyphens and dashes as spaces, one space between words.

    >>> fold_keyword("JOB-SATISFACTION") == fold_keyword("Job  satisfaction")
    True
    """
    return " ".join(re.sub(r"[-‐-―]", " ", text.casefold()).split())


def iso_date(text: str) -> str | None:
    """A date in English or ISO form as "YYYY-MM-DD", "YYYY-MM" or "YYYY", as precise as given; else None.

    >>> iso_date("19 May 2015"), iso_date("March 2016"), iso_date("2024-07-05"), iso_date("31 Feb 2020")
    ('2015-05-19', '2016-03', '2024-07-05', None)
    """
    words = clean(text).rstrip(".")
    if match := re.fullmatch(
        r"(\d{4})(?:[-/](\d{1,2})(?:[-/](\d{1,2}))?)?(?:[T ]\d\d:[\d:.]+ ?(?:Z|UTC|[+-]\d\d:?\d\d)?)?", words
    ) or re.fullmatch(r"((?:19|20)\d\d)([01]\d)([0-3]\d)", words):
        return calendar(match[1], match[2], match[3])
    if match := re.fullmatch(r"(?:(\d{1,2})(?:st|nd|rd|th)? )?([A-Za-z]{3,9})\.?,? (\d{4})", words):
        return calendar(match[3], match[2], match[1])
    if match := re.fullmatch(r"([A-Za-z]{3,9})\.? (\d{1,2})(?:st|nd|rd|th)?,? (\d{4})", words):
        return calendar(match[3], match[1], match[2])
    return None


def calendar(year: str, month: str | None = None, day: str | None = None) -> str | None:
    """A date from its parts, the month as a number or an English name; None where no calendar has it.

    >>> calendar("2015", "Sept", "5"), calendar("2015", "13"), calendar("2015", None, "5")
    ('2015-09-05', None, '2015')
    """
    if not re.fullmatch(r"[12]\d{3}", year):
        return None
    if not month:
        return year
    number = int(month) if month.isdecimal() else _MONTHS.get(month.lower(), 0)
    if not 1 <= number <= 12:
        return None
    if not day:
        return f"{year}-{number:02}"
    leap = int(year) % 4 == 0 and (int(year) % 100 != 0 or int(year) % 400 == 0)
    last = (31, 29 if leap else 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)[number - 1]
    return f"{year}-{number:02}-{int(day):02}" if day.isdecimal() and 1 <= int(day) <= last else None


def medline_date(text: str) -> str | None:
    """A date of MEDLINE, as precise as it names one day, month or year; of a span its first year or month.

    >>> [medline_date(text) for text in ("2006 Mar 1", "2018 Apr", "1998 Dec-1999 Jan", "2000 Spring", "2012 Jul-Aug")]
    ['2006-03-01', '2018-04', '1998', '2000', '2012']
    """
    match = re.match(r"(?:.*?\b)?([12]\d{3})(?: ([A-Za-z]{3,9})(?: (\d{1,2}))?)?(?P<rest>.*)", clean(text))
    if not match:
        return None
    year, month, day = match[1], match[2], match[3]
    if match["rest"].startswith(("-", "/", "–")):
        day = None if day else day
        month = month if match[3] else None
    return calendar(year, month, day) or calendar(year, month) or calendar(year)


def duration(text: str) -> str | None:
    """An English duration as canonical xsd:duration (XSD 1.1, 3.3.6.2); None for none, or for nothing.

    Twelve months make a year; days never make a month.

    >>> duration("0 years, 11 months, 30 days"), duration("14 months"), duration("0 years, 0 months, 0 days")
    ('P11M30D', 'P1Y2M', None)
    """
    match = re.fullmatch(r"(?:(\d{1,3}) years?)?,? ?(?:(\d{1,4}) months?)?,? ?(?:(\d{1,5}) days?)?", clean(text))
    if not match:
        return None
    years, months, days = (int(part or 0) for part in match.groups())
    years, months = years + months // 12, months % 12
    parts = "".join(f"{number}{unit}" for number, unit in ((years, "Y"), (months, "M"), (days, "D")) if number)
    return f"P{parts}" if parts else None


def licence(text: str) -> str | None:
    """The first Creative Commons licence that a text names by address, as the plain address; else None.

    >>> licence("see http://www.creativecommons.org/licenses/by/4.0/legalcode.")
    'https://creativecommons.org/licenses/by/4.0/'
    """
    pattern = r"creativecommons\.org/(licenses|publicdomain)/([a-z-]+)(?:/(\d\.\d))?"
    if not (match := re.search(pattern, text, re.IGNORECASE)):
        return None
    kind, name, version = match.groups()
    return f"https://creativecommons.org/{kind.lower()}/{name.lower().rstrip('-')}/" + (
        f"{version}/" if version else ""
    )
