"""Repositories of any make over OAI-PMH 2.0: ListRecords with resumption tokens, deletions included.

Protocol: https://www.openarchives.org/OAI/openarchivesprotocol.html; flow control by 503 and `Retry-After` in its
section 3.1.2.2. A token may expire (badResumptionToken): where the list has come in the order of its datestamps it
is asked for again from the last one on, else from its beginning; what is had already costs little. No rate is laid
down: one request a second.
"""

import html
import io
import re

from loaders.harvest.service import CHANGED, Answer, Ask, Garbled, Halted, Page, Position, Rate, Refused, Request, Turn
from loaders.record import Entry
from loaders.sources import oai_pmh
from loaders.streams import declared_encoding

_TAG = re.compile(r"<(/?)(?:[\w.-]{1,40}:)?(header|resumptionToken|error)\b([^<>]{0,4000})>")
_ROOT, _END = re.compile(r"<(?:[\w.-]+:)?OAI-PMH\b"), re.compile(r"</(?:[\w.-]+:)?OAI-PMH\s*>")
_SIZE = re.compile(r"""\bcompleteListSize\s*=\s*["']\s*(\d{1,15})\s*["']""")
_ERROR_STATUSES = frozenset({400, 404, 406, 410, 422})
"""Some repositories send the protocol's errors, which are XML, with these statuses."""
AGAIN = 3
"""How often in a row a list is asked for anew although it came no further."""


class OaiPmh:
    name = "oai-pmh"
    home = ""
    dates = CHANGED
    takes = frozenset({"set", "prefix", "moment"})
    needs_contact = False
    fleeting = False
    rate = Rate(1.0)

    def start(self, turn: Turn) -> Position:
        ask = turn.ask
        if not ask.url:
            raise Refused("say which repository: the address of its OAI-PMH interface with --url")
        if ask.since and ask.until and len(ask.since) != len(ask.until):
            raise Refused("--since and --until must both be days or both moments (YYYY-MM-DDThh:mm:ssZ)")
        return {"token": "", "since": ask.since, "latest": "", "ordered": True, "again": 0, "anew": False}

    def request(self, turn: Turn) -> Request:
        ask, at = turn.ask, turn.at
        if at["token"]:
            wanted = {"verb": "ListRecords", "resumptionToken": at["token"]}
        else:
            wanted = {"verb": "ListRecords", "metadataPrefix": ask.prefix or "oai_dc", "set": ask.set}
            wanted |= {"from": at["since"], "until": ask.until}
        return Request(ask.url, tuple((name, value) for name, value in wanted.items() if value), takes=_ERROR_STATUSES)

    def page(self, turn: Turn, answer: Answer) -> Page:
        at, text = turn.at, _text(answer)
        found = _elements(text)
        headers = [inside for name, _, inside in found if name == "header"]
        faults = [(attributes, inside) for name, attributes, inside in found if name == "error"]
        if faults and not headers:
            attributes, inside = faults[0]
            code = re.search(r"""\bcode\s*=\s*["'](\w+)""", attributes)
            return self._fault(turn.ask, at, code[1] if code else "an error", _words(inside))
        names = tuple(f"{_inner(header, 'identifier')} {_inner(header, 'datestamp')}" for header in headers)
        stamps = [at["latest"], *(stamp for header in headers if (stamp := _inner(header, "datestamp")))]
        tokens = [(attributes, inside) for name, attributes, inside in found if name == "resumptionToken"]
        about, token = tokens[-1] if tokens else ("", "")
        token, size = html.unescape(token).strip(), _SIZE.search(about)
        return Page(
            names=names,
            next={
                **at,
                "token": token,
                "latest": max(stamps),
                "ordered": at["ordered"] and stamps == sorted(stamps),
                "again": 0 if max(stamps) > at["latest"] else at["again"],
            }
            if token
            else None,
            total=int(size[1]) if size and not at["anew"] else None,
            body=answer.body if names else b"",
        )

    def _fault(self, ask: Ask, at: Position, code: str, text: str) -> Page:
        if code == "noRecordsMatch":
            return Page((), None)
        if code != "badResumptionToken" or not at["token"]:
            raise Refused(f"the repository answers {code}{f': {text}' if text else ''}")
        if at["again"] >= AGAIN:
            raise Refused("the repository's resumption tokens expire before they can be used: try a smaller --set")
        since, how = at["since"], "from its beginning"
        if at["ordered"] and at["latest"]:
            since = at["latest"][: len(ask.until)] if ask.until else at["latest"]
            how = f"from {since} on"
        anew = {**at, "token": "", "since": since, "again": at["again"] + 1, "anew": True}
        warning = f"a resumption token had expired; the list was asked for again {how}"
        return Page((), anew, total=0, warning=warning, anew=True)

    def without(self, _turn: Turn, _why: Halted) -> Page | None:
        return None

    def entries(self, body: bytes) -> list[Entry]:
        return list(oai_pmh.entries(io.BytesIO(body)))

    def joined(self, entries: list[Entry]) -> bytes:
        return b"<OAI-PMH><ListRecords>" + b"".join(entry.raw for entry in entries) + b"</ListRecords></OAI-PMH>"


def _text(answer: Answer) -> str:
    """An answer's text; whole it must be, but well-formed only record by record. Raises Garbled or Refused."""
    encoding = declared_encoding(answer.body)
    try:
        text = answer.body.decode(encoding, "replace")
    except LookupError:
        text = answer.body.decode("utf-8", "replace")
    if not _ROOT.search(text[:5000]):
        start = " ".join(text[:80].split())
        if answer.status != 200:
            raise Refused(f"the repository answers {answer.status} ({start!r}): is --url its OAI-PMH interface?")
        raise Garbled(f"no answer of OAI-PMH (it starts with {start!r}): is --url its OAI-PMH interface?")
    if not _END.search(text[-5000:]):
        raise Garbled("the answer breaks off")
    return text


def _elements(text: str) -> list[tuple[str, str, str]]:
    """Headers, tokens and errors: local name, attributes, what is inside.

    Not by an XML parser: one that mends what is broken may end early and nobody would know, one that does not would
    stop at the first broken record of a repository for good. Takes time in proportion to the text, whatever it is.
    """
    found: list[tuple[str, str, str]] = []
    opened: re.Match[str] | None = None
    for tag in _TAG.finditer(text):
        closing, name, attributes = tag.groups()
        if closing:
            if opened and opened[2] == name:
                found.append((name, opened[3], text[opened.end() : tag.start()]))
            opened = None
        elif attributes.endswith("/"):
            found.append((name, attributes, ""))
        else:
            opened = tag
    return found


def _words(text: str) -> str:
    return " ".join(html.unescape(text[:500]).split())


def _inner(header: str, name: str) -> str:
    match = re.search(rf"<(?:[\w.-]+:)?{name}\b[^<>]*>([^<]*)<", header)
    return html.unescape(match[1]).strip() if match else ""
