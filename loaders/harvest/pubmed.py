"""PubMed: what a search finds, as XML, through NCBI's E-utilities and their history.

Rules: https://www.ncbi.nlm.nih.gov/books/NBK25497/: three requests a second, ten with a key; `tool` and `email` say
who asks. PubMed gives the first 9,999 of what a search finds and no more (https://www.ncbi.nlm.nih.gov/books/NBK25499/,
ESearch, retmax), so that a larger search is split by the date on which citations entered PubMed, in halves until
each part is small enough.
"""

import io
import re
from collections.abc import Sequence
from datetime import date, timedelta

from loaders.harvest.json_pages import needs, number, parsed, text
from loaders.harvest.service import (
    CHANGED,
    PUBLISHED,
    Answer,
    Ask,
    Garbled,
    Halted,
    Page,
    Position,
    Rate,
    Refused,
    Request,
    Turn,
)
from loaders.record import Entry
from loaders.sources import pubmed

MOST = 9999
ROWS = 200
"""Of up to 10,000: one answer has about 3 MB."""
AGAIN = 3
"""How often a search is made again that PubMed's history has lost."""
TOOL = "evidence-graph"
_FIRST_DAY = "1780-01-01"
_PMID = re.compile(rb"<PMID\b[^<>]*>\s*(\d+)\s*</PMID>")
_LOST = re.compile(rb"<ERROR>|Unable to obtain query|WebEnv|query[_ ]key", re.IGNORECASE)


class PubMed:
    name = "pubmed"
    home = "https://eutils.ncbi.nlm.nih.gov/entrez/eutils"
    dates = PUBLISHED | CHANGED
    takes = frozenset({"query"})
    needs_contact = True
    fleeting = False
    rate = Rate(1 / 3, with_key=0.1)

    def start(self, turn: Turn) -> Position:
        needs(turn.ask, "query", "since")
        tomorrow = (date.fromisoformat(turn.today) + timedelta(days=1)).isoformat()
        return {"step": "search", "windows": [["", ""]], "last": tomorrow, "total": None, "again": 0}

    def request(self, turn: Turn) -> Request:
        ask, at, caller = turn.ask, turn.at, turn.caller
        who = {"db": "pubmed", "tool": TOOL, "email": caller.contact, "api_key": caller.key}
        if at["step"] == "search":
            since, until = at["windows"][0]
            days = {"datetype": "edat", "mindate": _slashed(since), "maxdate": _slashed(until)} if since else {}
            form = who | {"term": _term(ask), "usehistory": "y", "retmax": "0", "retmode": "json"} | days
            return _post(f"{ask.url or self.home}/esearch.fcgi", form)
        form = who | {"WebEnv": at["env"], "query_key": at["key"], "retmode": "xml"}
        form |= {"retstart": str(at["from"]), "retmax": str(ROWS)}
        return _post(f"{ask.url or self.home}/efetch.fcgi", form, frozenset({400}))

    def page(self, turn: Turn, answer: Answer) -> Page:
        return self._found(turn.at, answer) if turn.at["step"] == "search" else self._fetched(turn.at, answer)

    def _found(self, at: Position, answer: Answer) -> Page:
        """How many a search found: take them, or split the search."""
        result = parsed(answer).get("esearchresult")
        result = result if isinstance(result, dict) else {}
        if fault := text(result.get("ERROR")):
            raise Refused(f"PubMed does not take this search: {fault}")
        count = number(result.get("count"))
        if count is None:
            raise Garbled("PubMed does not say how many it found")
        total = count if at["total"] is None else at["total"]
        [since, until], *others = at["windows"]
        ahead = {"windows": at["windows"], "last": at["last"], "total": total, "again": at["again"]}
        if count > MOST and (halves := _halves(since or _FIRST_DAY, until or at["last"])):
            return Page((), {**ahead, "step": "search", "windows": [*halves, *others]}, total)
        if not count:
            return Page((), self._following(ahead), total)
        warning = (
            f"{count:,} citations of {since} are more than PubMed gives: {MOST:,} are taken" if count > MOST else ""
        )
        env, key = text(result.get("webenv")), str(result.get("querykey", ""))
        if not env or not key:
            raise Garbled("PubMed did not keep the search in its history")
        fetch = {**ahead, "step": "fetch", "env": env, "key": key, "from": 0, "count": min(count, MOST)}
        return Page((), fetch, total, warning=warning)

    def _fetched(self, at: Position, answer: Answer) -> Page:
        found = self.entries(answer.body)
        names = tuple(match[1].decode() for entry in found if (match := _PMID.search(entry.raw)))
        if not names and _LOST.search(answer.body[:4000]):
            if at["again"] >= AGAIN:
                raise Refused("PubMed keeps forgetting the search: try again later")
            again = {name: at[name] for name in ("windows", "last", "total")}
            return Page((), {**again, "step": "search", "again": at["again"] + 1}, anew=True)
        if answer.status != 200:
            raise Refused(f"PubMed answers {answer.status}")
        if b"</PubmedArticleSet>" not in answer.body[-2000:]:
            raise Garbled("PubMed's answer breaks off")
        start = at["from"] + ROWS
        following = {**at, "from": start} if start < at["count"] else self._following(at)
        return Page(names, following, at["total"], answer.body)

    @staticmethod
    def _following(at: Position) -> Position | None:
        """The search of the next part, if there is one."""
        _, *others = at["windows"]
        if not others:
            return None
        return {"step": "search", "windows": others, "last": at["last"], "total": at["total"], "again": 0}

    def without(self, _turn: Turn, _why: Halted) -> Page | None:
        return None

    def entries(self, body: bytes) -> list[Entry]:
        return [e for e in pubmed.entries(io.BytesIO(body)) if _PMID.search(e.raw)]

    def joined(self, entries: list[Entry]) -> bytes:
        return b"<PubmedArticleSet>" + b"".join(entry.raw for entry in entries) + b"</PubmedArticleSet>"


def _term(ask: Ask) -> str:
    parts = [f"({ask.query})"] if ask.query else []
    if ask.since or ask.until:
        field = "mdat" if ask.changed else "pdat"
        since, until = _slashed(ask.since) or "1780/01/01", _slashed(ask.until) or "3000/12/31"
        parts.append(f'("{since}"[{field}] : "{until}"[{field}])')
    return " AND ".join(parts)


def _post(url: str, form: dict[str, str], takes: frozenset[int] = frozenset()) -> Request:
    return Request(url, form=tuple((name, value) for name, value in form.items() if value), takes=takes)


def _slashed(day: str) -> str:
    return day[:10].replace("-", "/")


def _halves(since: str, until: str) -> Sequence[list[str]]:
    """Two spans of days that make up one, the earlier first; none for a single day."""
    first, last = date.fromisoformat(since), date.fromisoformat(until)
    if first >= last:
        return []
    middle = first + (last - first) // 2
    return [[since, middle.isoformat()], [(middle + timedelta(days=1)).isoformat(), until]]
