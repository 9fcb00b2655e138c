"""What the tests of pages share: the service behind a client, over a small graph, and a strict reader of HTML."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path

import httpx
from anyio.from_thread import BlockingPortal, start_blocking_portal
from fastapi import FastAPI

import ontology
from loaders.linking import Linker
from loaders.record import Evidence, Identifier, Person, Publication, Record, Relation
from loaders.triples import graphs
from service.app import create_app
from service.index.index import Index
from service.settings import Settings
from service.store.graph import Graph
from service.store.store import EmbeddedStore
from tests.graphs import IRIS, RECORDS, named_graphs, theme

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
BASE = IRIS.base

HOSTILE = Record(
    "sciety",
    "title-hostile",
    "<script>alert(\"title\")</script> & 'quotes' \u202eright to left\u202c عنوان",
    Publication(
        "preprint",
        "<b>Journal</b>",
        relations=(Relation("is-supplement-to", Identifier("doi", "10.1234/elsewhere")),),
    ),
    abstract='Burnout <img src=x onerror="alert(1)"> rose & "fell" after a <mark>year</mark>.',
    keywords=('"><script>alert(2)</script>',),
    identifiers=(Identifier("doi", "10.1234/a<b>&c"),),
    people=(Person('<i>Mallory</i> "Mal"', family="<i>Mallory</i>", given='"Mal"', position=1),),
    url="javascript:alert(3)",
)
"""A record whose every text would do harm in a page that trusted it."""
HOSTILE_EVIDENCE = (
    Evidence(theme("burnout"), "finding", "results", HOSTILE.abstract or "", 0, len(HOSTILE.abstract or ""), "Burnout"),
)


def made(data: Path) -> None:
    """A data folder with the small graph of `tests.graphs`, the themes and the hostile record, linked."""
    store = EmbeddedStore(data, BASE, "merge")
    graph = Graph(store, Index(data / "index.sqlite"))
    graph.write(ontology.graphs(), [])
    for record in RECORDS:
        graph.write(named_graphs(record))
    graph.write(graphs(HOSTILE, HOSTILE_EVIDENCE, (), "0" * 64, IRIS))
    linker = Linker(None, IRIS)
    change = linker.update([*RECORDS, HOSTILE], [])
    graph.resolve(change.removed, change.added)
    linker.commit()
    graph.publish()
    graph.index.close()
    store.close()


@dataclass
class Client:
    """Asks the service as a browser does, unless told otherwise."""

    app: FastAPI
    http: httpx.AsyncClient
    portal: BlockingPortal

    def get(self, path: str, accept: str = BROWSER, follow: bool = False, **headers: str) -> httpx.Response:
        return self.send("GET", path, accept, follow, **headers)

    def send(
        self, method: str, path: str, accept: str = BROWSER, follow: bool = False, **headers: str
    ) -> httpx.Response:
        sent = {"accept": accept} | {name.replace("_", "-"): value for name, value in headers.items()}

        async def ask() -> httpx.Response:
            return await self.http.request(method, path, headers=sent, follow_redirects=follow)

        return self.portal.call(ask)

    def post(self, path: str, **form: str) -> httpx.Response:
        async def ask() -> httpx.Response:
            return await self.http.post(path, data=form, headers={"accept": BROWSER})

        return self.portal.call(ask)


@contextmanager
def serving(data: Path) -> Iterator[Client]:
    """The whole service over a data folder."""
    app = create_app(Settings(data=data, workers=2))
    with start_blocking_portal() as portal, portal.wrap_async_context_manager(app.router.lifespan_context(app)):
        http = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=BASE.rstrip("/"))
        yield Client(app, http, portal)
        portal.call(http.aclose)


VOID = {"meta", "link", "input", "br", "hr", "img"}


@dataclass
class Page(HTMLParser):
    """A page, read strictly: `faults` are what a validator would say, `links` what it points to."""

    text: str
    links: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    ids: set[str] = field(default_factory=set)
    tags: list[str] = field(default_factory=list)
    words: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._open: list[str] = []
        self._level = 0
        self._labelled: set[str] = set()
        self._fields: set[str] = set()
        self.feed(self.text)
        self.close()
        self.faults += [f"not closed: {tag}" for tag in self._open]
        self.faults += [f"no label: {name}" for name in self._fields - self._labelled]
        self.faults += [f"to nowhere: {h}" for h in self.links if h.startswith("#") and h[1:] not in self.ids]
        if self.tags.count("h1") != 1 or self.tags.count("main") != 1:
            self.faults.append("a page has one h1 and one main")

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.tags.append(tag)
        if len(given) < len(attrs):
            self.faults.append(f"attribute twice in {tag}")
        if (name := given.get("id")) is not None:
            if name in self.ids or not name or " " in name:
                self.faults.append(f"bad id: {name!r}")
            self.ids.add(name)
        if tag in ("script", "style", "iframe") or any(a.startswith("on") or a == "style" for a in given):
            self.faults.append(f"what the policy forbids: {tag} {given}")
        if tag == "a" and not given.get("href"):
            self.faults.append("a link without address")
        if tag == "a" and "a" in self._open:
            self.faults.append("a link in a link")
        if address := given.get("href") or given.get("src"):
            self.links.append(address)
        if tag == "label":
            self._labelled.add(given.get("for") or "")
        if tag in ("input", "select", "textarea") and given.get("type") != "hidden":
            self._fields.add(given.get("id") or "unnamed")
        if tag in ("h1", "h2", "h3", "h4"):
            if int(tag[1]) > self._level + 1:
                self.faults.append(f"{tag} after h{self._level}")
            self._level = int(tag[1])
        if self._open[-1:] == ["table"] and tag != "caption" and "caption" not in self.tags:
            self.faults.append("a table without caption")
        if tag not in VOID:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if not self._open or self._open.pop() != tag:
            self.faults.append(f"closed out of order: {tag} at {self.getpos()}")

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    @property
    def said(self) -> str:
        """The text of the page, white space folded."""
        return " ".join("".join(self.words).split())
