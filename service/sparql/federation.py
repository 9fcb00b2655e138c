"""SERVICE and LOAD, for places on the operator's list: fetched here, with limits, never by the engine.

What a place answers is put into the text in its stead, SERVICE as VALUES and LOAD as INSERT DATA; the engine
that runs the text then has no reason to reach anywhere. A pattern is asked as it stands, without the values
that the rest of the query would bind, so it should be narrow in itself.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import httpx
import orjson
import pyoxigraph as ox

from ontology.terms import PREFIXES
from service.problem import Problem
from service.settings import Settings
from service.sparql.formats import GRAPHS
from service.sparql.tokens import Token, tokens, unescaped

ROWS = 10_000
"""Solutions that one SERVICE may bring."""
LARGEST = 16 << 20
"""Bytes that one place may answer."""
JSON = "application/sparql-results+json"
MEDIA_TYPES = {media: name for name, medias in GRAPHS.items() for media in medias}

Parse = Callable[[str, str, bytes], Awaitable[bytes]]
"""Format, base IRI and content to N-Triples, out of harm's way."""
Edit = tuple[int, int, str]


class Federation:
    """Fetches what a text asks of other places. `parse` reads foreign RDF."""

    def __init__(self, settings: Settings, parse: Parse) -> None:
        self._settings, self._parse = settings, parse
        self._client = httpx.AsyncClient(timeout=settings.query_timeout, follow_redirects=False)

    async def close(self) -> None:
        await self._client.aclose()

    async def inline(self, text: str) -> str:
        """A text with what other places answer in it. Raises Problem 403 for a place that is not listed."""
        plain = unescaped(text)
        found = list(tokens(plain))
        places = [at for at, token in enumerate(found) if token.says("SERVICE", "LOAD")]
        if not self._settings.services:
            raise Problem(403, "SERVICE and LOAD are refused", "This endpoint reads no other place.")
        prefixes = dict(_prefixes(found))
        edits = [self._edit(plain, found, at, prefixes) for at in places]
        for start, end, new in sorted(await asyncio.gather(*edits), reverse=True):
            plain = plain[:start] + new + plain[end:]
        return plain

    async def _edit(self, text: str, found: list[Token], at: int, prefixes: dict[str, str]) -> Edit:
        start = found[at].start
        silent = found[at + 1].says("SILENT") if at + 1 < len(found) else False
        target = at + 1 + silent
        if target >= len(found):
            return start, start, ""  # no SPARQL; the engine says so
        place = self._allowed(found[target], prefixes)
        if found[at].says("LOAD"):
            return await self._load(found, target, place, silent)
        end = _closing(found, target + 1)
        inner = found[target + 1 : end + 1]
        if any(token.says("SERVICE") for token in inner):
            raise Problem(403, "SERVICE within SERVICE", "Ask one place at a time.")
        pattern = text[inner[0].start : inner[-1].end] if inner else "{}"
        return start, found[end].end, await self._solutions(place, pattern, prefixes, silent)

    def _allowed(self, token: Token, prefixes: dict[str, str]) -> str:
        place = token.text[1:-1] if token.kind == "iri" else ""
        if token.kind == "name":
            prefix, _, name = token.text.partition(":")
            place = prefixes.get(prefix, "") + name
        listed = any(place == s or (s.endswith("/") and place.startswith(s)) for s in self._settings.services)
        if not listed:
            known = ", ".join(self._settings.services)
            raise Problem(403, "A place that is not listed", f"{token.text[:200]} is none of {known}.")
        return place

    async def _solutions(self, place: str, pattern: str, prefixes: dict[str, str], silent: bool) -> str:
        declared = "".join(f"PREFIX {p}: <{iri}>\n" for p, iri in prefixes.items() if f"{p}:" in pattern)
        query = f"{declared}SELECT * WHERE {pattern} LIMIT {ROWS + 1}"
        try:
            body = await self._fetch("POST", place, {"Accept": JSON}, data={"query": query})
            answer = orjson.loads(body[1])
            names, rows = answer["head"]["vars"], answer["results"]["bindings"]
        except (httpx.HTTPError, orjson.JSONDecodeError, KeyError, TypeError, _Refused) as error:
            if silent:
                return "{}"
            raise Problem(502, "Another endpoint failed", f"{place}: {error}") from None
        if len(rows) > ROWS:
            raise Problem(413, "Answer too large", f"{place} has more than {ROWS} solutions; narrow the pattern.")
        if not names:
            return "{}" if rows else "{ FILTER (false) }"
        lines = "\n".join(f"({' '.join(self._term(row.get(name)) for name in names)})" for row in rows)
        return f"{{ VALUES ({' '.join(f'?{name}' for name in names)}) {{ {lines} }} }}"

    def _term(self, value: dict[str, Any] | None) -> str:
        """A term of SPARQL's JSON results as SPARQL text; a blank node becomes an IRI of ours (RDF 1.1, 3.5)."""
        if value is None:
            return "UNDEF"
        if value["type"] == "uri":
            return str(ox.NamedNode(value["value"]))
        if value["type"] == "bnode":
            return str(ox.NamedNode(f"{self._settings.base}.well-known/genid/{value['value']}"))
        if "xml:lang" in value:
            return str(ox.Literal(value["value"], language=value["xml:lang"]))
        if "datatype" in value:
            return str(ox.Literal(value["value"], datatype=ox.NamedNode(value["datatype"])))
        return str(ox.Literal(value["value"]))

    async def _load(self, found: list[Token], target: int, place: str, silent: bool) -> Edit:
        start, end, graph = found[target - 1 - silent].start, found[target].end, ""
        rest = found[target + 1 : target + 4]
        if len(rest) == 3 and rest[0].says("INTO") and rest[1].says("GRAPH"):
            end, graph = rest[2].end, rest[2].text
        try:
            media, body = await self._fetch("GET", place, {"Accept": ", ".join(MEDIA_TYPES)})
            if media not in MEDIA_TYPES:
                raise _Refused(f"it is {media or 'of no media type'}, no RDF")
            parsed = (await self._parse(MEDIA_TYPES[media], place, body)).decode()
        except (httpx.HTTPError, _Refused) as error:
            if silent:
                return start, end, "INSERT DATA {}"
            raise Problem(502, "A document could not be loaded", f"{place}: {error}") from None
        return start, end, f"INSERT DATA {{ GRAPH {graph} {{\n{parsed}}} }}" if graph else f"INSERT DATA {{\n{parsed}}}"

    async def _fetch(self, method: str, place: str, headers: dict[str, str], **more: Any) -> tuple[str, bytes]:
        """A place's media type and answer. Raises httpx.HTTPError, _Refused."""
        body = bytearray()
        try:
            async with (
                asyncio.timeout(self._settings.query_timeout),
                self._client.stream(method, place, headers=headers, **more) as answer,
            ):
                if answer.status_code != 200:
                    raise _Refused(f"it answered {answer.status_code}")
                async for piece in answer.aiter_bytes():
                    body += piece
                    if len(body) > LARGEST:
                        raise _Refused(f"it answered more than {LARGEST} bytes")
        except TimeoutError:
            raise _Refused(f"no whole answer within {self._settings.query_timeout:g} s") from None
        return answer.headers.get("content-type", "").partition(";")[0].strip().lower(), bytes(body)


class _Refused(Exception):
    """An answer that cannot be used."""


def _prefixes(found: list[Token]) -> Iterator[tuple[str, str]]:
    yield from PREFIXES.items()
    for at, token in enumerate(found[:-2]):
        if token.says("PREFIX") and found[at + 1].kind == "name" and found[at + 2].kind == "iri":
            yield found[at + 1].text[:-1], found[at + 2].text[1:-1]


def _closing(found: list[Token], opening: int) -> int:
    """Where the bracket at `opening` is closed; the last token where it is not."""
    depth = 0
    for at in range(opening, len(found)):
        depth += (found[at].kind == "open") - (found[at].kind == "close")
        if depth == 0:
            return at
    return len(found) - 1
