"""Clients that keep their connection to a service, so that a worker speaks with them."""

import http.client
import time
from collections.abc import Callable
from typing import ClassVar
from urllib.parse import quote, urlencode

import httpx


class Client:
    """One connection that is kept."""

    opened: ClassVar[list["Client"]] = []

    def __init__(self, service: httpx.Client) -> None:
        self._service = service
        self.spoken = False
        self.opened.append(self)
        self.connection = http.client.HTTPConnection(str(service.base_url.host), service.base_url.port, timeout=60)

    def ask(self, query: str, method: str = "GET", **headers: str) -> tuple[int, dict[str, str], bytes]:
        sent = {"Accept": "application/sparql-results+json"} | {k.replace("_", "-"): v for k, v in headers.items()}
        if method == "GET":
            self.connection.request("GET", f"/sparql?query={quote(query)}", headers=sent)
        else:
            self.connection.request(
                "POST",
                "/sparql",
                urlencode({"query": query}),
                sent | {"Content-Type": "application/x-www-form-urlencoded"},
            )
        answer = self.connection.getresponse()
        return answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read()

    @classmethod
    def close_all(cls) -> None:
        while cls.opened:
            cls.opened.pop().connection.close()

    def spoken_with(self) -> "Client":
        """This client once a worker speaks with it."""
        self.spoken = False
        others = sum(client.spoken for client in self.opened)
        wait(lambda: kept(self._service) == others)  # those of tests before are gone
        wait(lambda: self.ask("ASK {}")[0] == 200 and kept(self._service) > others)
        self.spoken = True
        return self


def kept(service: httpx.Client) -> int:
    """How many connections workers have."""
    return gauge(service, "connections_kept")


def gauge(service: httpx.Client, name: str) -> int:
    lines = service.get("/metrics").text.splitlines()
    return next(int(float(line.split()[1])) for line in lines if line.startswith(f"evidence_graph_{name} "))


def wait(holds: Callable[[], bool]) -> None:
    until = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < until
        time.sleep(0.01)


def shared(headers: dict[str, str]) -> dict[str, str]:
    """Headers but for the date, and for what is said once or twice of the same."""
    vary = {part.strip().lower() for part in headers.get("vary", "").split(",")}
    return {k: v for k, v in headers.items() if k not in ("date", "vary")} | {"vary": ", ".join(sorted(vary))}
