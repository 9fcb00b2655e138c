"""The pages that list: the front page, studies, themes, people, organisations, committees, records.

Each shows what the JSON route of the same name answers, from the same function. Nothing here asks the graph.
"""

from collections.abc import Callable, Collection
from difflib import get_close_matches
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, FastAPI, Query
from fastapi.routing import APIRoute
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from service.accept import wants_page
from service.answers import Knowledge, organisations, overview, people, records, recs, studies, themes
from service.answers.studies import StudyQuestion
from service.pages import dereference
from service.pages import docs as pages_docs
from service.pages import ontology_page as pages_ontology
from service.pages import preview as pages_preview
from service.pages import quality as pages_quality
from service.pages import query_page as pages_query
from service.pages import static_files as pages_static
from service.pages.ontology_site import concepts
from service.pages.render import error_page, knowledge, page, query_of, tag
from service.pages.study_pages import PARAMETERS, asked, chosen, facets, heading, kept, meant, same
from service.pages.thing_pages import SHOW
from service.problem import Problem

router = APIRouter(include_in_schema=False)

EXAMPLE = "burnout"
"""The theme of the front page's example, while a study reports it."""
POPULAR = 8
KINDS = ("trust", "foundation-trust", "university", "rec", "unit", "other")
ORDERS = (("-year", "latest first"), ("year", "earliest first"), ("title", "by title"))
"""Of studies; the first goes without saying where no words are looked for."""
ROLES = tuple(concepts("evidence-role").items())


Known = Annotated[Knowledge, Depends(knowledge)]
Words = Annotated[str, Query(max_length=200)]
Offset = Annotated[int, Query(ge=0, le=1_000_000)]


@router.get("/")
async def home(request: Request, known: Known) -> Response:
    totals = await overview.totals(known)
    scheme = (await themes.find(known)).items
    popular = sorted((t for t in scheme if t["reports"] and t["broader"]), key=lambda t: (-t["reports"], t["label"]))[
        :POPULAR
    ]
    names = [EXAMPLE, *(t["theme"] for t in popular)]
    shown = next((t for name in names for t in scheme if t["theme"] == name and t["reports"]), None)
    example = None
    if shown:
        found = await studies.find(known, studies.StudyQuestion(themes=(shown["theme"],), limit=3))
        example = {"theme": shown["theme"], "label": shown["label"], "found": found}
    counts = [
        ("Studies", totals["studies"], "/studies"),
        ("Registered studies", totals["registered"], "/studies?kind=registered"),
        ("Publications", totals["publications"], None),
        ("Quotes", totals["evidence"], "/themes"),
        ("People", totals["people"], "/people"),
        ("Organisations", totals["organisations"], "/organisations"),
        ("Ethics committees", totals["recs"], "/recs"),
        ("Source records", totals["records"], "/records"),
    ]
    return page(
        request,
        "home.html",
        etag=tag(request),
        title="Evidence Graph",
        description="Which studies report it, who ran them, who reviewed them: with the sentence that says so.",
        popular=popular,
        example=example,
        totals=totals,
        counts=counts,
    )


@router.get("/studies")
async def study_list(request: Request, known: Known, question: Annotated[StudyQuestion, Depends(asked)]) -> Response:
    if request.query_params.get("format"):  # another form of the same answer is the API's
        return RedirectResponse(f"/api/studies?{request.url.query}", 307)
    found = await studies.find(known, question)
    scheme = (await themes.find(known)).items
    names = {t["theme"]: t["label"] for t in scheme}
    query = query_of(request)
    said = names | {t["iri"]: t["label"] for t in scheme}
    title = heading(found.total, question, said)
    return page(
        request,
        "studies.html",
        etag=tag(request),
        title=title,
        heading=title,
        alternates=[{"type": "application/json", "href": same(request)[0]["href"], "label": "JSON"}],
        robots="noindex" if question.offset else None,
        chosen=chosen(request, said),
        kept=kept(request, names),
        meant=meant(question, names),
        names=names,
        asked=question,
        themes=sorted(scheme, key=lambda t: str(t["label"]).casefold()),
        roles=[("any", "mentions it, in any role"), *ROLES],
        directions=list(concepts("direction").items()),
        methods=list(concepts("method").items()),
        opinions=list(concepts("opinion-outcome").items()),
        orders=ORDERS if question.q else ORDERS[1:],
        several=len(question.themes) != 1,
        more_open=bool(
            (question.authors or question.organisations or question.recs or question.methods or question.year_from)
            or (question.opinions or question.published is not None or question.retracted is not None)
            or (question.negated is not None or question.hedged is not None)
        ),
        facets=facets(await studies.facets(known, question), question, query) if found.total else [],
        found=found,
        query=query,
        same=same(request),
        notices=_passed_over(request, PARAMETERS),
    )


def _list(request: Request, name: str, title: str, found: Any, q: str, **more: Any) -> Response:
    known = {"q", "offset", *more.keys() & {"kind", "source", "sort"}}
    query = urlencode([(n, v) for n, v in request.query_params.multi_items() if v and n in known])
    alternate = {"type": "application/json", "href": f"/api/{name}" + (f"?{query}" if query else ""), "label": "JSON"}
    context = {"title": title, "found": found, "asked": q, "query": query_of(request), "alternates": [alternate]}
    return page(request, f"{name}.html", etag=tag(request), notices=_passed_over(request, known), **context | more)


def _passed_over(request: Request, known: Collection[str]) -> list[str]:
    """A sentence for each parameter that is none of a page's: the answer is not narrowed by it."""
    found = []
    for name in dict.fromkeys(request.query_params):
        if name not in known:
            near = get_close_matches(name, known, 1)
            hint = f"did you mean “{near[0]}”?" if near else f"there are {', '.join(sorted(known))}."
            found.append(f"“{name[:40]}” is no filter of this page, and nothing was narrowed by it: {hint}")
    return found


def _orders(query: Callable[..., str], sort: str) -> list[dict[str, Any]]:
    return [
        {"label": said, "href": query(sort=value, offset=None), "chosen": value == sort}
        for value, said in (("", "by name"), ("studies", "most studies first"))
    ]


@router.get("/people")
async def person_list(request: Request, known: Known, q: Words = "", sort: str = "", offset: Offset = 0) -> Response:
    found = await people.find(known, q=q, limit=50, offset=offset, sort=sort or None)
    return _list(request, "people", "People", found, q, sort=sort, orders=_orders(query_of(request), sort))


@router.get("/organisations")
async def organisation_list(
    request: Request, known: Known, q: Words = "", kind: str = "", sort: str = "", offset: Offset = 0
) -> Response:
    found = await organisations.find(known, q=q, kind=kind or None, limit=50, offset=offset, sort=sort or None)
    query = query_of(request)
    kinds = [{"kind": k, "href": query(kind=None if k == kind else k, offset=None), "chosen": k == kind} for k in KINDS]
    more = {"kinds": kinds, "kind": kind, "sort": sort, "orders": _orders(query, sort)}
    return _list(request, "organisations", "Organisations", found, q, **more)


@router.get("/recs")
async def rec_list(request: Request, known: Known, q: Words = "", offset: Offset = 0) -> Response:
    found = await recs.find(known, q=q, limit=20, offset=offset)
    return _list(request, "recs", "Research ethics committees", found, q)


@router.get("/themes")
async def theme_list(request: Request, known: Known, q: Words = "") -> Response:
    return _list(request, "themes", "Themes", await themes.find(known, q=q), q, roles=ROLES)


@router.get("/records")
async def record_list(request: Request, known: Known, q: Words = "", source: str = "", offset: Offset = 0) -> Response:
    found = await records.find(known, q=q, source=source or None, limit=50, offset=offset)
    return _list(request, "records", "Source records", found, q, source=source)


@router.get("/theme/{name}")
async def theme(request: Request, known: Known, name: str) -> Response:
    """One theme and the studies that report it. Its own IRI is in the ontology, not under our base."""
    found = await themes.theme(known, name)
    scheme = {t["theme"]: t["label"] for t in (await themes.find(known)).items}
    reporting = await studies.find(known, studies.StudyQuestion(themes=(found["theme"],), limit=20))
    return page(
        request,
        "theme.html",
        etag=tag(request),
        title=found["label"],
        description=found["definition"],
        alternates=[{"type": "application/json", "href": f"/api/themes/{name}", "label": "JSON"}],
        t=found,
        names=scheme,
        found=reporting,
        roles=ROLES,
        section="/themes",
    )


async def show_problem(request: Request, problem: Problem) -> Response | None:
    """A problem as a page for a browser; None for a program, which gets the document."""
    path = request.url.path
    if path.startswith(("/api/", "/sparql", "/graphs")) or not wants_page(request.headers.get("accept")):
        return None
    noun = path.strip("/").partition("/")[0]
    # What is near to an unknown thing is another of its family; what is near to a wrong value is a word.
    linked = problem.status == 404 and (noun in SHOW or noun == "theme")
    names = problem.extra.get("near") or ()
    near = [{"name": str(name), "url": f"/{noun}/{name}" if linked else None} for name in names]
    detail = problem.detail or ("There is nothing at this address." if problem.status == 404 else "")
    shown = error_page(request, problem.status, problem.title, detail, near)
    shown.headers.update(problem.headers)
    return shown


def register(app: FastAPI) -> None:
    """Give an app every page. It has `state.knowledge` by the time that it answers.

    Last of all routers: those of `service.pages.dereference` take whole families of paths.
    """
    app.state.error_page = show_problem
    app.state.sparql_page = pages_query.sparql_page
    pages = (
        router,
        pages_quality.router,
        pages_preview.router,
        pages_docs.router,
        pages_ontology.router,
        pages_query.router,
        pages_static.router,
    )
    for each in (*pages, dereference.router):
        for route in each.routes:
            if isinstance(route, APIRoute) and route.methods and "GET" in route.methods:
                route.methods.add("HEAD")
        app.include_router(each)
