"""What somebody means who gives a name, a key or words to look for."""

import re
import sqlite3
from collections.abc import Iterable, Iterator
from difflib import get_close_matches

from ontology.iris import Iris, normalise
from service.answers.common import THESE, listed, rows, words
from service.answers.errors import BadQuestion

_DIGEST = re.compile(r"(?:^|-)([0-9a-f]{12})$")


def keyword_label(keyword: str) -> str:
    """A keyword as the graph has it, given as such or as the end of its IRI."""
    return " ".join(keyword.replace("-", " ").casefold().split())


def theme_iris(db: sqlite3.Connection, name: str) -> tuple[str, ...]:
    """The IRIs of a theme given by short name, IRI or label. Raises BadQuestion, with neighbours."""
    folded = normalise(name)
    for sql, value in (
        ("SELECT DISTINCT iri FROM concept WHERE theme AND (iri = ?1 OR name = ?1)", name),
        ("SELECT DISTINCT theme FROM theme_count WHERE theme = ?1", name),
        ("SELECT DISTINCT iri FROM concept_label JOIN concept USING (iri, graph) WHERE theme AND folded = ?1", folded),
    ):
        if found := db.execute(sql, (value,)).fetchall():
            return tuple(sorted(row[0] for row in found))
    near = near_themes(db, name)
    hint = f" Did you mean {' or '.join(near)}?" if near else " /api/themes lists those that there are."
    raise BadQuestion("theme", f"There is no theme {name!r}.{hint}", near)


def near_themes(db: sqlite3.Connection, text: str, most: int = 3) -> list[str]:
    """Names of themes that are spelt like a text, or whose labels are."""
    labels: dict[str, str] = {}
    for folded, name in db.execute(
        "SELECT l.folded, c.name FROM concept_label AS l JOIN concept AS c USING (iri, graph) WHERE c.theme"
    ):
        labels.setdefault(folded, name)
    folded = normalise(text)
    hits = get_close_matches(folded, labels, 10, 0.6) + [known for known in labels if folded and folded in known]
    return list(dict.fromkeys(labels[hit] for hit in hits))[:most]


def people_ids(db: sqlite3.Connection, name: str, iris: Iris) -> list[int]:
    """Everybody whom a key, an IRI or a name means; a name is any beginning of any spelling's words."""
    return _ids(db, "person", name, iris)


def organisation_ids(db: sqlite3.Connection, name: str, iris: Iris) -> list[int]:
    """Every organisation that a key, an IRI or a name means."""
    return _ids(db, "organisation", name, iris)


IS_REC = "(p.kinds & 8 OR p.reviewed)"
"""Whether an organisation `p` is a research ethics committee."""


def rec_ids(db: sqlite3.Connection, name: str, iris: Iris) -> list[int]:
    """Every research ethics committee that a key, an IRI or a name means."""
    held = organisation_ids(db, name, iris)
    sql = ("SELECT p.id FROM organisation AS p WHERE p.id IN", THESE, "AND", IS_REC)
    return [row[0] for row in rows(db, *sql, values=(listed(held),))]


_MEANT = {"author": people_ids, "organisation": organisation_ids, "research ethics committee": rec_ids}


def unknown(db: sqlite3.Connection, names: Iterable[tuple[str, str]], iris: Iris) -> Iterator[str]:
    """A sentence for each name that the graph does not know, of pairs of what it is to be and the name.

    What it is to be: "author", "organisation", "research ethics committee", "keyword" or "source".
    """
    for noun, name in names:
        if noun == "source":
            if not rows(db, "SELECT 1 FROM study_source WHERE source = ? LIMIT 1", values=(name,)):
                known = [row[0] for row in rows(db, "SELECT DISTINCT source FROM study_source ORDER BY source")]
                near = get_close_matches(name, known, 3, 0.6)
                hint = f"Did you mean {' or '.join(near)}?" if near else f"There are {', '.join(known) or 'none'}."
                yield f"There is no source {name!r}. {hint}"
        elif noun == "keyword":
            if not rows(db, "SELECT 1 FROM keyword WHERE keyword = ? LIMIT 1", values=(keyword_label(name),)):
                yield f"There is no keyword {name!r} in the graph: one is taken whole. Words are looked for with q."
        elif not _MEANT[noun](db, name, iris):
            yield f"There is no {noun} {name!r} in the graph: each of its words must begin a word of some spelling."


def digest_of(key: str) -> str:
    """The twelve digits at the end of a key or an IRI, by which any mention is found; "" where there are none."""
    match = _DIGEST.search(key)
    return match[1] if match else ""


def _ids(db: sqlite3.Connection, noun: str, name: str, iris: Iris) -> list[int]:
    if digest := digest_of(name):
        held = rows(db, "SELECT DISTINCT", noun, f"FROM {noun}_mention WHERE digest = ?", values=(digest,))
        if held or name.startswith((iris.base, "http:", "https:")):
            return [row[0] for row in held]
    text = words(name)
    if not text:
        return []
    return [row[0] for row in rows(db, f"SELECT rowid FROM {noun}_name WHERE names MATCH ?", values=(text,))]


def with_units(db: sqlite3.Connection, organisations: Iterable[int]) -> list[int]:
    """Organisations and everything that is part of them, however deep."""
    sql = (
        "WITH RECURSIVE down(id) AS (SELECT value FROM json_each(?) UNION "
        "SELECT u.organisation FROM down JOIN organisation_up AS u ON u.parent = down.id) SELECT id FROM down"
    )
    return [row[0] for row in db.execute(sql, (listed(organisations),))]


_INITIALS = re.compile(r"[^\W\d_a-z]{1,3}|(?:[^\W\d_a-z]\.-?){1,4}")


def parted(name: str, sort: str) -> tuple[str, str] | None:
    """Family and given names of a person, as lists of references give them; None where nobody tells them apart.

    `sort` has the family name first, folded: what the index sorts people by. A generation suffix stays with the
    given names.

    >>> parted("Yann Le Gorrec", "le gorrec yann"), parted("Roe SG", "roe sg"), parted("Jo Roe Jr", "roe jo")
    (('Le Gorrec', 'Yann'), ('Roe', 'SG'), ('Roe', 'Jo Jr'))
    >>> parted("Seán O. O'Neill", "o neill sean o")
    ("O'Neill", 'Seán O.')
    >>> parted("Gillard, Steve", "gillard steve"), parted("Rota Collaboration", "rota collaboration")
    (('Gillard', 'Steve'), None)
    """
    family, comma, given = (part.strip() for part in name.partition(","))
    if comma:
        return (family, given) if family and given else None
    parts = name.split()
    if normalise(name) == sort:  # the family name stands first, or there is none
        initials = len(parts) > 1 and _INITIALS.fullmatch(parts[-1]) and not parts[-2].isupper()
        return (" ".join(parts[:-1]), parts[-1]) if initials else None
    runs = [(start, end) for start in range(1, len(parts)) for end in range(len(parts), start, -1)]
    splits = [(" ".join(parts[start:end]), " ".join([*parts[:start], *parts[end:]])) for start, end in runs]
    fitting = [split for split in splits if f"{sort} ".startswith(f"{normalise(split[0])} ")]
    # "Seán O. O'Neill": what the family name leaves is the given names, or these with a suffix that sorting passes over
    return next((split for split in fitting if normalise(" ".join(split)) == sort), fitting[0] if fitting else None)


_UNSPACED = re.compile(
    r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]\Z"
)
"""The end of a text in a script that puts no space between words: Thai, Lao, Burmese, Khmer, Japanese, Chinese."""
_PIECES = re.compile(r'(-?)(?:"([^"]*)"?|(\S+))')


def search_text(q: str) -> str:
    """A person's text as an FTS5 question; "" for none. Every word must be there.

    `"two words"` stand side by side, `word*` is a beginning, `-word` must not be there, `OR` between two words
    lets either do. An open quotation mark reaches to the end. In a script that puts no space between words every word
    is a beginning, since the index takes what stands between two spaces for one. Raises BadQuestion where nothing can
    be looked for.
    """
    wanted: list[str] = []
    unwanted: list[str] = []
    either = False
    for minus, phrase, word in _PIECES.findall(q):
        if word == "OR" and wanted:
            either = True
            continue
        text = " ".join("".join(c if c.isalnum() else " " for c in (phrase or word)).split())
        if not text:
            continue
        term = f'"{text}"' + ("*" if word.endswith("*") or _UNSPACED.search(text) else "")
        if minus:
            unwanted.append(term)
        elif either:
            wanted[-1] = f"({wanted[-1]} OR {term})"
        else:
            wanted.append(term)
        either = False
    if q.strip() and not wanted:
        raise BadQuestion("q", "q has no word to look for: give one that must be there")
    positive = " AND ".join(wanted)
    return f"({positive}) NOT ({' OR '.join(unwanted)})" if unwanted else positive
