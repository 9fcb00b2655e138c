"""JSON Lines in and out, so that others can annotate in their own pipelines without any store.

In: one object a line with `id`, `title` and `abstract`, and if wanted `keywords` (a list of texts) and
`kind` ("registration" for what a register says, which can hold no finding; anything else is a document's). Out:
one object for each.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

import orjson

from loaders.evidence.annotator import TITLE, Annotator, field, keywords_text
from loaders.evidence.roles import KEYWORD, REPORTING
from loaders.evidence.themes import Theme
from loaders.record import Evidence, Publication, Record, Registration

_FIELDS = frozenset(("id", "title", "abstract", "keywords", "kind"))


def read(line: bytes) -> Record:
    """The record of one line. Raises ValueError that says what is wrong with it."""
    try:
        given = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        raise ValueError(f"is no JSON: {error}") from None
    if not isinstance(given, dict):
        raise ValueError("is no JSON object")
    key = given.get("id")
    if key is None or key == "":
        raise ValueError("has no id: give each line a text or a number as id")
    if isinstance(key, bool) or not isinstance(key, str | int):
        raise ValueError("has an id that is neither a text nor a whole number of 64 bits")
    for name in ("title", "abstract", "kind"):
        if not isinstance(given.get(name), str | None):
            raise ValueError(f"has no text as {name}")
    keywords = given.get("keywords") or []
    if not isinstance(keywords, list) or not all(isinstance(keyword, str) for keyword in keywords):
        raise ValueError("has keywords that are no list of texts")
    if not given.get("title") and not given.get("abstract") and not keywords:
        raise ValueError("has neither title nor abstract nor keywords")
    registered = (given.get("kind") or "").strip().lower() == "registration"
    return Record(
        source="lines",
        key=str(key),
        title=given.get("title") or "",
        publication=None if registered else Publication(),
        registration=Registration() if registered else None,
        abstract=given.get("abstract"),
        keywords=tuple(keywords),
        leftovers=tuple(sorted(given.keys() - _FIELDS)),
    )


def described(
    annotator: Annotator, record: Record, *, sentences: bool = False, evidence: Sequence[Evidence] | None = None
) -> dict[str, Any]:
    """A record's evidence (the annotator's where none is given), themes and methods as plain values, its sentences too
    where they are wanted.
    """
    evidence = annotator.annotate(record) if evidence is None else evidence
    named = {theme.iri: theme for theme in annotator.themes}
    summary = themes(evidence)
    result: dict[str, Any] = {
        "id": record.key,
        "evidence": [
            {**_described(piece, named[piece.theme]), "subject": summary[piece.theme]["subject"]} for piece in evidence
        ],
        "themes": [
            {"theme": named[iri].name, "theme_iri": iri, "label": named[iri].label, **flags}
            for iri, flags in summary.items()
        ],
        "methods": list(annotator.methods(record)),
    }
    if sentences:
        text = record.abstract or ""
        result["sentences"] = [
            {
                "start": sentence.start,
                "end": sentence.end,
                "section": sentence.section,
                "section_by": sentence.section_by,
                "quote": text[sentence.start : sentence.end],
            }
            for sentence in annotator.sentences(record)
        ]
    return result


def _described(piece: Evidence, theme: Theme) -> dict[str, Any]:
    return {
        "theme": theme.name,
        "theme_iri": piece.theme,
        "label": theme.label,
        "role": piece.role,
        "reported": piece.role in REPORTING,
        "section": piece.section,
        "direction": piece.direction,
        "negated": piece.negated,
        "hedged": piece.hedged,
        "maintained": piece.maintained,
        "confidence": piece.confidence,
        "field": field(piece),
        "start": piece.start,
        "end": piece.end,
        "quote": piece.quote,
        "matched": piece.matched,
        "section_by": piece.section_by,
        "role_by": piece.role_by,
    }


def themes(evidence: Iterable[Evidence]) -> dict[str, dict[str, bool]]:
    """Each theme's IRI, whether the record reports it, and whether it is a subject of the record.

    A subject is in the title or in two pieces of evidence: what an indexer would give a heading for. Once in
    passing is no subject.
    """
    pieces = list(evidence)
    times = Counter(piece.theme for piece in pieces)
    titles = {piece.theme for piece in pieces if piece.section == TITLE or piece.role == KEYWORD}
    reported = {piece.theme for piece in pieces if piece.role in REPORTING}
    return {theme: {"reported": theme in reported, "subject": theme in titles or times[theme] > 1} for theme in times}


def text_of(record: Record, name: str) -> str:
    """One text field of a record, in which offsets count: "title", "keywords" or "abstract"."""
    return {"title": record.title, "keywords": keywords_text(record)}.get(name, record.abstract or "")
