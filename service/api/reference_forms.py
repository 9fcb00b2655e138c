"""A reference as RIS and as BibTeX."""

import re

from ontology.iris import slug
from service.answers.references import Name, Reference

CUT = "The list of authors is cut short, as in its source: there are others."
"""The note of a reference in RIS, which has no other way to say it."""
RETRACTED = "Retracted: a source says so."
PREPRINT = "Preprint"
_IN_JOURNALS = ("journal-article", "review", "editorial", "letter")
_RIS = {
    "preprint": "UNPB",
    "conference-paper": "CPAPER",
    "book": "BOOK",
    "book-chapter": "CHAP",
    "thesis": "THES",
    "report": "RPRT",
    "dataset": "DATA",
} | dict.fromkeys(_IN_JOURNALS, "JOUR")
_BIBTEX = {
    "preprint": "misc",
    "conference-paper": "inproceedings",
    "book": "book",
    "book-chapter": "incollection",
    "thesis": "phdthesis",
    "report": "techreport",
    "dataset": "misc",
} | dict.fromkeys(_IN_JOURNALS, "article")
_PARTING = re.compile(r",|\band\b", re.IGNORECASE)
_PUBLISHERS = {"phdthesis": "school", "techreport": "institution"}


def ris(one: Reference) -> str:
    """A reference in RIS; its end is a blank line. What no source says is left out."""
    kind = _RIS.get(one.type) or ("JOUR" if one.journal else "GEN")
    first, last = _pages(one.pages)
    fields: list[tuple[str, object]] = [("TY", kind), ("TI", one.title)]
    fields += [("AU", _inverted(author) or author.name) for author in one.authors]
    fields += [("A2", _inverted(editor) or editor.name) for editor in one.editors]
    fields += [("PY", one.year), ("DA", _date(one.issued)), ("T2", one.journal)]
    fields += [("VL", one.volume), ("IS", one.issue), ("SP", first), ("EP", last), ("C7", one.article_number)]
    fields += [("SN", " ".join(one.issns) or None), ("PB", one.publisher), ("LA", one.language)]
    fields += [("DO", one.doi), ("UR", one.url), ("AB", one.abstract)]
    fields += [("M3", PREPRINT)] if one.type == "preprint" else []
    fields += [("KW", word) for word in _words(one)]
    fields += [("N1", RETRACTED)] if one.retracted else []
    fields += [("N1", CUT)] if one.truncated else []
    fields += [("N1", note) for note in (*one.notes, *one.quotes)]
    lines = [f"{tag}  - {_line(value)}" for tag, value in fields if value is not None]
    return "".join(f"{line}\r\n" for line in (*lines, "ER  - ", ""))


def bibtex(one: Reference) -> str:
    """A reference in BibTeX, in UTF-8; its end is a blank line. What no source says is left out."""
    kind = _BIBTEX.get(one.type) or ("article" if one.journal else "misc")
    names = one.authors or one.editors
    who = (names[0].family or names[0].name) if names else "anonymous"
    # The end of the IRI keeps keys apart: the same publication has the same key in every export.
    key = f"{slug(who, 20)}-{one.year or 'undated'}-{slug(one.key, 60)}"
    container = {"article": "journal", "misc": "howpublished"}.get(kind, "booktitle")
    notes = [RETRACTED] if one.retracted else []
    notes += [PREPRINT] if one.type == "preprint" else []
    fields = {
        "title": f"{{{_tex(one.title)}}}" if one.title else None,
        "author": _several(one.authors, one.truncated),
        "editor": _several(one.editors),
        "year": one.year,
        "month": one.issued[5:7] if one.issued else None,
        container: one.journal and _tex(one.journal),
        "volume": one.volume and _tex(one.volume),
        "number": one.issue and _tex(one.issue),
        "pages": "--".join(_tex(page) for page in _pages(one.pages) if page),
        "eid": one.article_number and _tex(one.article_number),
        "issn": ", ".join(one.issns),
        _PUBLISHERS.get(kind, "publisher"): one.publisher and _tex(one.publisher),
        "language": one.language and _tex(one.language),
        "doi": one.doi,
        "url": one.url,
        "keywords": ", ".join(map(_tex, _words(one))),
        "note": " ".join([*notes, "; ".join(map(_tex, one.notes))]).strip(),
        "abstract": one.abstract and _tex(one.abstract),
    }
    body = "".join(f"  {name} = {{{value}}},\n" for name, value in fields.items() if value)
    return f"@{kind}{{{key},\n{body}}}\n\n"


def _inverted(name: Name) -> str | None:
    """A person's name with the family name first; None for a group or a name whose parts nobody tells apart."""
    return ", ".join(_parts(name)) or None


def _parts(name: Name) -> tuple[str, ...]:
    return (name.family, name.given) if name.family and name.given else ()


def _several(names: tuple[Name, ...], others: bool = False) -> str | None:
    # What stands in braces of its own is taken whole: the name of a group.
    listed = [", ".join(map(_part, _parts(name))) or f"{{{_tex(name.name)}}}" for name in names]
    return " and ".join([*listed, *(["others"] if others and listed else [])]) or None


def _part(part: str) -> str:
    """A part of a person's name; in braces where it has what would part it further."""
    return f"{{{_tex(part)}}}" if _PARTING.search(part) else _tex(part)


def _words(one: Reference) -> list[str]:
    """The source's keywords and the themes that the study reports, each once."""
    return list({word.casefold(): word for word in (*one.keywords, *one.themes)}.values())


def _pages(pages: str | None) -> tuple[str | None, str | None]:
    """The first and the last page.

    >>> _pages("12-19"), _pages("e12"), _pages("S1–S4")
    (('12', '19'), ('e12', None), ('S1', 'S4'))
    """
    match = re.fullmatch(r"([^\W_]+) ?[-\u2010-\u2015]+ ?([^\W_]+)", pages or "")
    return (match[1], match[2]) if match else (pages, None)


def _date(issued: str | None) -> str | None:
    """A date of more than a year, as RIS has it: YYYY/MM/DD/, with what is not known left empty."""
    if not issued or len(issued) < 7:
        return None
    return f"{issued[:10].replace('-', '/')}{'//' if len(issued) < 10 else '/'}"


def _line(value: object) -> str:
    return " ".join(str(value).split())


_SPECIAL = {"\\": "\\textbackslash{}", "~": "\\textasciitilde{}", "^": "\\textasciicircum{}"}
_SPECIAL |= {c: f"\\{c}" for c in "&%$#_"}
# BibTeX counts the braces of a field whether or not a backslash stands before them.
_SPECIAL |= {"{": "\\textbraceleft{}", "}": "\\textbraceright{}"}


def _tex(value: object) -> str:
    return "".join(_SPECIAL.get(c, c) for c in _line(value))
