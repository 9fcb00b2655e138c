"""The page of one thing: a study, a publication, a person, an organisation, a record, or any other IRI."""

from collections.abc import Awaitable, Callable, Iterable
from typing import Any
from urllib.parse import unquote

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from ontology.terms import DCTERMS, EVG, OA, OWL, ROLE
from service.answers import Item, Knowledge, NotKnown, organisations, people, records, studies, typed_links
from service.answers.common import named, url_of
from service.answers.items import labels
from service.answers.typed_links import Typed, header
from service.pages.description_page import (
    SHOWN,
    Row,
    about,
    by_subject,
    labels_of,
    names,
    of_graphs,
    statements,
    whole_nodes,
)
from service.pages.marking import marked, sentences
from service.pages.render import page, tag
from service.pages.words import outside, source_of

Show = Callable[[Request, Knowledge, str], Awaitable[Response]]

FIELDS = ("title", "keywords")
"""Sections whose offsets do not count in the abstract."""


def alternates(path: str, json: str | None = None) -> list[dict[str, str]]:
    """The same thing as data, for the foot of its page and its head."""
    found = [{"type": "application/json", "href": json, "label": "JSON"}] if json else []
    endings = (("ttl", "text/turtle", "Turtle"), ("jsonld", "application/ld+json", "JSON-LD"))
    found += [{"type": media, "href": f"{path}.{ending}", "label": label} for ending, media, label in endings]
    return [*found, {"type": "application/n-triples", "href": f"{path}.nt", "label": "N-Triples"}]


def signposts(path: str, typed: Iterable[Typed] = ()) -> list[str]:
    """The Link header of a thing (signposting.org): its data, and links such as what to cite and what it is."""
    found = [f'<{a["href"]}>; rel="alternate describedby"; type="{a["type"]}"' for a in alternates(path)]
    return [*found, *header(typed)]


def _page(request: Request, template: str, path: str, json: str | None, **context: Any) -> Response:
    links = signposts(path, context.pop("typed", ()))
    more: dict[str, Any] = {"alternates": alternates(path, json), "links": links, "etag": tag(request)}
    return page(request, template, **more | context)


async def study(request: Request, known: Knowledge, key: str) -> Response:
    found = await studies.study(known, key)
    gathered = sentences(found["evidence"])
    for text in found["abstracts"]:
        own = [g for g in gathered if g["source_url"] == text["source_url"] and g["section"] not in FIELDS]
        text["pieces"] = marked(text["text"], own)
    titles = await labels_of(known, found["same_as"])
    same_as = [{"url": url_of(iri, known.iris), "title": titles.get(iri)} for iri in found["same_as"]]
    linkset = Typed("linkset", f"/api/studies/{found['key']}/linkset", "application/linkset+json")
    api = f"/api/studies/{found['key']}"
    references = (("ris", "application/x-research-info-systems", "RIS"), ("bibtex", "application/x-bibtex", "BibTeX"))
    further = [{"type": media, "href": f"{api}?format={form}", "label": label} for form, media, label in references]
    return _page(
        request,
        "study.html",
        found["url"],
        api,
        alternates=[*alternates(found["url"], api), *further],
        title=found["title"],
        description=found["abstracts"][0]["text"][:200] if found["abstracts"] else None,
        s=found,
        sentences=gathered,
        same_as=same_as,
        section="/studies",
        typed=[*await typed_links.of_study(known, found), linkset],
    )


async def publication(request: Request, known: Knowledge, key: str) -> Response:
    found = await studies.publication(known, key)
    return _page(
        request,
        "publication.html",
        found["url"],
        f"/api/doi/{found['doi']}" if found["doi"] else None,
        title=found["title"],
        p=found,
        section="/studies",
        typed=typed_links.of_publication(found, found["study"]["url"] if found["study"] else None),
    )


async def person(request: Request, known: Knowledge, key: str) -> Response:
    found = _decided(known, await people.person(known, key))
    if found["key"] != key:
        return RedirectResponse(found["url"], 307)
    api = f"/api/people/{found['key']}"
    return _page(
        request,
        "person.html",
        found["url"],
        api,
        title=found["name"],
        p=found,
        section="/people",
        typed=_named(found["orcid_url"], "http://xmlns.com/foaf/0.1/Person"),
    )


async def organisation(request: Request, known: Knowledge, key: str) -> Response:
    found = _decided(known, await organisations.organisation(known, key))
    if found["key"] != key:
        return RedirectResponse(found["url"], 307)
    is_rec = "rec" in found["kinds"]
    api = f"/api/{'recs' if is_rec else 'organisations'}/{found['key']}"
    return _page(
        request,
        "organisation.html",
        found["url"],
        api,
        title=found["name"],
        o=found,
        section="/recs" if is_rec else "/organisations",
        typed=_named(found["ror_url"], "http://www.w3.org/ns/org#Organization"),
    )


def _named(url: str | None, kind: str) -> list[Typed]:
    """The links of a thing that a register elsewhere has a name for."""
    own = [Typed("type", typed_links.PAGE), Typed("type", kind)]
    return [Typed("cite-as", url), *own] if url else own


def _decided(known: Knowledge, found: Item) -> Item:
    """A person or an organisation, each decision on its mentions with addresses that a page can link to."""
    decisions = []
    for m in found.get("mappings", ()):
        ends = [_end(known, iri, name) for iri, name in zip(m["members"], m["names"], strict=True)]
        decisions.append(m | {"url": url_of(m["iri"], known.iris), "ends": ends})
    return found | {"mappings": decisions}


def _end(known: Knowledge, iri: str, name: str | None) -> dict[str, str | None]:
    """One of the two that a decision is on: a mention in a record of ours, or an entry of a register elsewhere."""
    ours = iri.startswith(known.iris.base)
    href = url_of(iri, known.iris) if ours else iri
    return {"name": name, "href": href, "place": source_of(iri) if ours else outside(iri)}


async def record(request: Request, known: Knowledge, key: str) -> Response:
    source, _, own = key.partition("/")
    found: Item = await records.record(known, source, own)
    evidence_graph = found["evidence_graph"]
    graphs = [g for g in (found["graph"], evidence_graph) if g]
    every = await of_graphs(known, graphs)
    rows, left = whole_nodes(every, (found["topic"], found["iri"]))
    groups = by_subject(rows, await names(known, rows), known.iris, found["iri"])
    spoken_of = {row["object"].value for row in rows} & left
    elsewhere = sorted(unquote(part) for iri in spoken_of if (part := iri.partition("#")[2]))
    return _page(
        request,
        "record.html",
        found["url"],
        f"/api/records/{source}/{own}",
        title=found["title"] or f"{source} {own}",
        r=found,
        sentences=sentences(found["evidence"]),
        verdicts=await _verdicts(known, every),
        graph_url=url_of(found["graph"], known.iris),
        evidence_graph_url=url_of(evidence_graph, known.iris) if evidence_graph else None,
        groups=groups,
        more=len(rows) < len(every),
        elsewhere=elsewhere,
        typed=_named(None, "http://www.w3.org/ns/dcat#CatalogRecord"),
    )


async def _verdicts(known: Knowledge, rows: Iterable[Row]) -> list[dict[str, str]]:
    """What people said of a record's evidence, in the order in which they said it."""
    said: dict[str, dict[str, str]] = {}
    for row in rows:
        said.setdefault(row["subject"].value, {})[row["predicate"].value] = row["object"].value
    said = {iri: node for iri, node in said.items() if EVG.verdict in node}
    themes = {node[OA.hasBody] for node in said.values()}
    spoken = await known.index.read(lambda db: labels(db, themes)) if themes else {}
    found = [
        {
            "label": spoken[node[OA.hasBody]][1],
            "verdict": node[EVG.verdict],
            "was": node[EVG.correctedRole].removeprefix(ROLE.namespace),
            "quote": node[EVG.quote],
            "person": node[DCTERMS.creator],
            "at": node.get(DCTERMS.created, ""),
        }
        for node in said.values()
    ]
    return sorted(found, key=lambda v: v["at"])


_ENDS = (OWL.annotatedSource, OWL.annotatedTarget)
KINDS = {
    "keyword": ("Keyword", "As sources give it, folded for case and hyphens. It is no curated theme."),
    "work": ("Versions of one publication", "Which publications are held to be versions of the same work."),
    "project": ("One study, several names", "Which registrations and studies are held to be the same project."),
    "mapping": ("A decision on two things", "Whether two mentions are the same, how sure, and why."),
    "publication": ("Publication", "No record in the graph is about it; others point to it."),
    "study": ("Study", "No record in the graph is about it; others point to it."),
}
"""What is told of things that have no page of their own making, or of which no record says more."""


def described(noun: str) -> Show:
    """The page of a thing of which there is no more to say than its statements."""

    async def show(request: Request, known: Knowledge, key: str) -> Response:
        iri = named(noun, key, known.iris)
        rows = await statements(known, iri, SHOWN)
        if not rows:
            raise NotKnown(noun, key)
        called = await names(known, rows)
        groups = about(iri, rows, called, known.iris)
        kind, intro = KINDS[noun]
        heading = called.get(iri) or _ends(rows, called) or kind
        context = {"title": heading, "heading": heading, "kind": kind, "intro": intro, "noun": noun}
        path = url_of(iri, known.iris)
        return _page(request, "description.html", path, None, groups=groups, more=len(rows) == SHOWN, **context)

    return show


def _ends(rows: list[Row], called: dict[str, str]) -> str:
    """What a decision is on: the names of its two ends."""
    ends = [next((r["object"].value for r in rows if r["predicate"].value == p), "") for p in _ENDS]
    return " and ".join(called[e] for e in ends if e in called)


async def graph(request: Request, known: Knowledge, key: str) -> Response:
    """A named graph: its statements, thing by thing."""
    iri = named("graph", key, known.iris)
    every = await of_graphs(known, [iri])
    rows, _ = whole_nodes(every)
    if not rows:
        raise NotKnown("graph", key)
    called = await names(known, rows)
    groups = by_subject(rows, called, known.iris)
    kind, _, rest = key.partition("/")
    heading = {"record": "What a source says", "evidence": "What was read out of a text"}.get(
        kind, "What is held to be the same"
    )
    context = {
        "title": heading,
        "heading": heading,
        "kind": "Named graph",
        "noun": "graph",
        "groups": groups,
        "more": len(rows) < len(every),
    }
    intro = f"The graph of {rest.partition('/')[0]} record {rest.partition('/')[2]}." if rest else ""
    return _page(request, "description.html", url_of(iri, known.iris), None, intro=intro, **context)


def or_named(noun: str, show: Show) -> Show:
    """The page of a thing; where the graph only names it, in what a source says of another, the page of that."""

    async def shown(request: Request, known: Knowledge, key: str) -> Response:
        try:
            return await show(request, known, key)
        except NotKnown as missing:
            if not await statements(known, named(noun, key, known.iris), 1):
                raise missing from None
            return await described(noun)(request, known, key)

    return shown


SHOW: dict[str, Show] = {
    "study": or_named("study", study),
    "publication": or_named("publication", publication),
    "person": person,
    "organisation": organisation,
    "record": record,
    "graph": graph,
    **{noun: described(noun) for noun in ("keyword", "work", "project", "mapping")},
}
"""The first segment of an IRI under the base, and the page of what it names."""
