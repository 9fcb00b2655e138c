"""One query of a batch for reconciliation, as a client sends it, and what it means."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from service.answers.entities import TYPES
from service.answers.errors import BadQuestion

TEXT = 200
"""Characters of a name that count."""
MOST = 50
"""Candidates for one query; 5 where the query does not say."""
STRICT = ("any", "all", "should")

_ORCID = re.compile(r"(?:https?://orcid\.org/)?(\d{4}-\d{4}-\d{4}-\d{3}[\dXx])")
_ROR = re.compile(r"(?:https?://ror\.org/|ror:\s*)?(0[a-hj-km-np-tv-z0-9]{6}\d{2})", re.IGNORECASE)
_ODS = re.compile(r"(?:https?://\S*/organisations/|ods:\s*)([A-Z0-9]{3,8})", re.IGNORECASE)
_MESH = re.compile(r"(?:https?://id\.nlm\.nih\.gov/mesh/|mesh:\s*)?([DC]\d{6,9})", re.IGNORECASE)
_REFERENCE = re.compile(r"\d{2}/[A-Z]{2,4}/\d{3,5}", re.IGNORECASE)
IDENTIFIERS = {"orcid": _ORCID, "ror": _ROR, "ods": _ODS, "mesh": _MESH, "rec-reference": _REFERENCE}
"""Properties whose value alone says which one is meant, with the form that tells it from a name."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One query. `properties`: pid and a value, as text or as another entity's id."""

    text: str
    types: tuple[str, ...] = ()
    limit: int = 5
    properties: tuple[tuple[str, str], ...] = ()
    strict: str = "any"


def asked(name: str, query: object) -> Asked:
    """A query of a batch as the client sent it. Raises BadQuestion, which names the query."""

    def wrong(what: str) -> BadQuestion:
        return BadQuestion("queries", f"query {name[:40]!r}: {what}")

    if not isinstance(query, dict):
        raise wrong("an object is needed")
    text, types, limit = query.get("query", ""), query.get("type") or (), query.get("limit", 5)
    properties, strict = query.get("properties") or (), query.get("type_strict") or "any"
    if not isinstance(text, str | int | float | None):
        raise wrong("query is a text")
    types = (types,) if isinstance(types, str) else types
    if not isinstance(types, list | tuple) or not all(isinstance(t, str) for t in types):
        raise wrong("type is the id of a type, or a list of such")
    if unknown := [t for t in types if t not in TYPES]:
        raise wrong(f"there is no type {unknown[0][:40]!r}; there are {', '.join(TYPES)}")
    if strict not in STRICT:
        raise wrong(f"type_strict is one of {', '.join(STRICT)}")
    if limit is not None and (not isinstance(limit, int | float) or isinstance(limit, bool) or limit < 1):
        raise wrong("limit is a number from 1")
    if not isinstance(properties, list | tuple):
        raise wrong("properties is a list")
    return Asked(
        " ".join(str(text if text is not None else "")[:TEXT].split()),
        tuple(dict.fromkeys(types)),
        min(MOST, int(min(limit or 5, MOST))),
        tuple(pair for given in properties for pair in _given(given, wrong("properties have pid and v"))),
        strict,
    )


def _given(given: object, wrong: BadQuestion) -> Iterable[tuple[str, str]]:
    if not isinstance(given, dict) or not isinstance(given.get("pid"), str) or "v" not in given:
        raise wrong
    several = given["v"] if isinstance(given["v"], list) else [given["v"]]
    for value in several[:20]:
        said = value.get("id") if isinstance(value, dict) else value
        if isinstance(said, str | int | float) and not isinstance(said, bool) and str(said).strip():
            yield given["pid"], " ".join(str(said)[:TEXT].split())


def told(query: Asked) -> dict[str, list[str]]:
    """Identifiers that a query gives, as properties or in the place of the name."""
    found: dict[str, list[str]] = {}
    for pid, pattern in IDENTIFIERS.items():
        given = [value for name, value in query.properties if name == pid]
        if match := pattern.fullmatch(query.text):
            found.setdefault(pid, []).append(match[1] if match.re.groups else match[0])
        for value in given:
            match = pattern.fullmatch(value)
            found.setdefault(pid, []).append(match[1] if match and match.re.groups else value)
    return {pid: [v.lower() if pid == "ror" else v.upper() for v in several] for pid, several in found.items()}
