"""A local server that replays what services answer, and their faults: late, cut off, garbled, gone.

`Replaying` serves what a function makes of each request; faults are put in its way by the number of the request.
The functions below it behave as the services do, over records that a test gives them.
"""

import gzip
import json
import math
import socket
import sys
import threading
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from loaders.harvest.web import Clock


@dataclass(frozen=True)
class Asked:
    """A request as it came."""

    path: str
    params: Mapping[str, str]
    form: Mapping[str, str]
    headers: Mapping[str, str]


@dataclass(frozen=True)
class Reply:
    """What to answer. `fault`: "silent" hangs up, "cut" hangs up in the middle, "late" keeps the client waiting."""

    body: bytes = b""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    fault: str = ""

    @property
    def half(self) -> "Reply":
        """The same, but only its first half, and as if that were all."""
        return Reply(self.body[: len(self.body) // 2], self.status, self.headers)


def reply(value: Any) -> Reply:
    return Reply(json.dumps(value, ensure_ascii=False).encode(), headers={"Content-Type": "application/json"})


def packed(body: bytes) -> Reply:
    return Reply(gzip.compress(body), headers={"Content-Encoding": "gzip"})


Serve = Callable[[Asked], Reply]


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        if not isinstance(sys.exception(), OSError):  # a client may hang up
            super().handle_error(request, client_address)


class Replaying:
    """A server on a free port of this machine, for a `with` block. `asked` are the requests so far.

    `faults` are replies by the number of the request, from 1; a fault of None is half of the true answer.
    """

    def __init__(self, serve: Serve, faults: Mapping[int, Reply | None] | None = None) -> None:
        self.serve, self.faults = serve, dict(faults or {})
        self.asked: list[Asked] = []
        self._over = threading.Event()
        replaying = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_: object) -> None:
                pass

            def do_GET(self) -> None:
                self._serve({})

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                self._serve(dict(parse_qsl(body.decode())))

            def _serve(self, form: Mapping[str, str]) -> None:
                parts = urlsplit(self.path)
                headers = {name.lower(): value for name, value in self.headers.items()}
                asked = Asked(parts.path, dict(parse_qsl(parts.query)), form, headers)
                replaying.asked.append(asked)
                number = len(replaying.asked)
                fault = replaying.faults.get(number)
                answer = fault or replaying.serve(asked)
                self._send(answer.half if number in replaying.faults and not fault else answer)

            def _send(self, answer: Reply) -> None:
                if answer.fault == "late":
                    replaying._over.wait(5)
                if answer.fault in ("silent", "late"):
                    self._hang_up()
                    return
                self.send_response(answer.status)
                for name, value in answer.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(answer.body)))
                self.end_headers()
                if answer.fault == "cut":
                    self.wfile.write(answer.body[: len(answer.body) // 2])
                    self._hang_up()
                    return
                self.wfile.write(answer.body)

            def _hang_up(self) -> None:
                self.wfile.flush()
                self.close_connection = True
                self.connection.shutdown(socket.SHUT_RDWR)

        self._server = _Server(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> "Replaying":
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._server.shutdown()
        self._server.server_close()


class Quick(Clock):
    """A clock whose waits are over at once; `waits` tells how long they would have been."""

    def __init__(self, now: float = 1_700_000_000.0) -> None:
        super().__init__()
        self.time, self.waits = now, []  # type: float, list[float]

    def now(self) -> float:
        return self.time

    def wait(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.time += seconds


# ---- services


def paged(records: Sequence[Any], offset: int, size: int) -> tuple[Sequence[Any], int | None]:
    """A page of records, and where the next one starts if there is one."""
    following = offset + size
    return records[offset:following], following if following < len(records) else None


def crossref(works: Sequence[Any], size: int = 3) -> Serve:
    """The works API, whose cursor stays the same word from page to page as the real one's may."""
    at = {"place": 0}

    def serve(asked: Asked) -> Reply:
        assert asked.path == "/works"
        if asked.params["cursor"] == "*":
            at["place"] = 0
        rows = min(size, int(asked.params["rows"]))
        found = works[at["place"] : at["place"] + rows]
        at["place"] += len(found)
        message = {"total-results": len(works), "items": found, "next-cursor": "DnF1ZXJ5VGhlbkZldGNo="}
        return reply({"status": "ok", "message-type": "work-list", "message": message})

    return serve


def openalex(works: Sequence[Any], size: int = 3) -> Serve:
    def serve(asked: Asked) -> Reply:
        cursor = asked.params["cursor"]
        found, following = paged(works, 0 if cursor == "*" else int(cursor[1:]), size)
        about = {"count": len(works), "per_page": size, "next_cursor": f"c{following}" if following else None}
        return reply({"meta": about, "results": found})

    return serve


def semantic_scholar(papers: Sequence[Any], size: int = 3) -> Serve:
    def serve(asked: Asked) -> Reply:
        found, following = paged(papers, int(asked.params.get("token", "0")), size)
        return reply({"total": len(papers), "token": str(following) if following else None, "data": found})

    return serve


def europepmc(results: Sequence[Any], size: int = 3) -> Serve:
    """The last page, an empty one, repeats the cursor that it was asked with."""

    def serve(asked: Asked) -> Reply:
        cursor = asked.params["cursorMark"]
        start = 0 if cursor == "*" else int(cursor[1:])
        found = results[start : start + size]
        following = f"A{start + len(found)}" if found else cursor
        return reply({"hitCount": len(results), "nextCursorMark": following, "resultList": {"result": found}})

    return serve


def datacite(dois: Sequence[Any], size: int = 3) -> Serve:
    """The next cursor stands in a link to another host, as behind a proxy."""

    def serve(asked: Asked) -> Reply:
        cursor = asked.params["page[cursor]"]
        found, following = paged(dois, 0 if cursor == "1" else int(cursor[1:]), size)
        link = f"https://api.datacite.org/dois?page%5Bcursor%5D=n{following}&page%5Bsize%5D={size}"
        total = {"total": len(dois), "totalPages": math.ceil(len(dois) / size)}
        return reply({"data": found, "meta": total, "links": {"self": "x"} | ({"next": link} if following else {})})

    return serve


def biorxiv(preprints: Sequence[Any], size: int = 3) -> Serve:
    def serve(asked: Asked) -> Reply:
        *_, offset, form = asked.path.split("/")
        assert form == "json"
        found, _ = paged(preprints, int(offset), size)
        about = {"status": "ok" if found else "no posts found", "total": str(len(preprints)), "count": len(found)}
        return reply({"messages": [about], "collection": found})

    return serve


def pubmed(articles: Sequence[tuple[str, bytes]], most: int = 9999) -> Serve:
    """E-utilities over articles with the days on which they entered. `most`: how many of a search can be had."""
    searches: dict[str, Sequence[tuple[str, bytes]]] = {}

    def serve(asked: Asked) -> Reply:
        form = asked.form
        if asked.path.endswith("/esearch.fcgi"):
            since, until = form.get("mindate", "0000"), form.get("maxdate", "9999")
            found = [article for article in articles if since <= article[0].replace("-", "/") <= until]
            key = str(len(searches) + 1)
            searches[key] = found
            result = {"count": str(len(found)), "webenv": f"MCID_{key}", "querykey": "1", "idlist": []}
            return reply({"header": {}, "esearchresult": result})
        assert asked.path.endswith("/efetch.fcgi")
        start, rows = int(form["retstart"]), int(form["retmax"])
        kept = searches.get(form["WebEnv"].removeprefix("MCID_"))
        if kept is None:
            return Reply(b"<eFetchResult><ERROR>Unable to obtain query #1</ERROR></eFetchResult>", 400)
        assert start < most, "PubMed gives no more than its first"
        inside = b"\n".join(article for _, article in kept[start : min(start + rows, most)])
        return Reply(b'<?xml version="1.0" ?>\n<PubmedArticleSet>\n' + inside + b"\n</PubmedArticleSet>")

    return serve


OAI = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<OAI-PMH xmlns="http://www.openarchives.org/OAI/2.0/">'
    "<responseDate>2024-05-01T10:00:00Z</responseDate><request>x</request>{}</OAI-PMH>"
)


def oai_error(code: str, text: str = "") -> Reply:
    return Reply(OAI.format(f'<error code="{code}">{text}</error>').encode())


def oai(records: Sequence[tuple[str, str]], size: int = 3, expired: Collection[str] = ()) -> Serve:
    """A repository of records with their datestamps. A token says from which date on the list is and with which
    record its page begins ("2024-01-02!3"); those in `expired` are no longer known."""

    def serve(asked: Asked) -> Reply:
        assert asked.params["verb"] == "ListRecords"
        token = asked.params.get("resumptionToken")
        if token is None:
            assert asked.params["metadataPrefix"] == "oai_dc"
            since, start = asked.params.get("from", ""), 0
        else:
            assert set(asked.params) == {"verb", "resumptionToken"}, "a token stands alone"
            if token in expired:
                return oai_error("badResumptionToken", "This token has expired")
            since, _, place = token.partition("!")
            start = int(place)
        listed = [text for stamp, text in records if stamp >= since]
        if not listed:
            return oai_error("noRecordsMatch")
        found, following = paged(listed, start, size)
        token = f"{since}!{following}" if following is not None else ""
        about = f'completeListSize="{len(listed)}" cursor="{start}"'
        last = f"<resumptionToken {about}>{token}</resumptionToken>"
        return Reply(OAI.format(f"<ListRecords>{''.join(found)}{last}</ListRecords>").encode())

    return serve
