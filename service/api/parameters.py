"""Parameters of the API, each with what it means and an example; and the refusal of any other."""

from typing import Annotated, get_args, get_origin

from fastapi import Query, Request
from fastapi.dependencies.models import Dependant

from service.answers.question import DIRECTIONS, KINDS, OPINIONS, ROLES, SORTS, StudyQuestion
from service.problem import Problem


def _known(dependant: Dependant) -> dict[str, bool]:
    """The parameters of a route, and whether each may have several values."""
    own = {
        field.alias: any(get_origin(kind) is list for kind in get_args(field.field_info.annotation))
        for field in dependant.query_params
    }
    return own | {name: several for other in dependant.dependencies for name, several in _known(other).items()}


async def refuse_unknown(request: Request) -> None:
    """Refuse a parameter that the route does not have, and two values of one that takes one. Raises Problem."""
    known = _known(request.scope["route"].dependant)
    unknown = sorted(set(request.query_params) - known.keys())
    if unknown:
        names = ", ".join(sorted(known)) or "none"
        detail = f"There is no parameter {unknown[0]!r} here. Known: {names}."
        raise Problem(422, "Unknown parameter", detail, unknown=unknown, known=sorted(known))
    for name in request.query_params:
        if not known[name] and len(request.query_params.getlist(name)) > 1:
            raise Problem(422, "Parameter given twice", f"{name} may be given once.", parameter=name)


MOST = 200
"""Characters of a name or a text that is looked for."""
SEVERAL = 20
"""Values of one parameter."""

Limit = Annotated[int, Query(ge=1, le=100, description="Items in one answer", examples=[20])]
Offset = Annotated[
    int,
    Query(
        ge=0,
        le=10_000_000,
        description="Items to pass over; `next` has it for the part that follows",
        examples=[20],
    ),
]
Q = Annotated[
    str, Query(max_length=MOST, description="Words of a name, each as the beginning of one", examples=["gillard"])
]


def question(
    theme: Annotated[
        list[str] | None,
        Query(
            max_length=SEVERAL,
            description="A theme by short name, label or IRI; narrower themes count too. Alone it asks which studies "
            "*report* it: measured it or found something on it. Several: all of them.",
            examples=["burnout"],
        ),
    ] = None,
    role: Annotated[
        list[str] | None,
        Query(
            max_length=SEVERAL,
            description=f"What the evidence on the theme does: {', '.join(ROLES)}. A role by its name is exactly that "
            "role; `any` widens to all. Several: any of them. Without `theme`: on whatever theme.",
            examples=["background"],
        ),
    ] = None,
    direction: Annotated[
        list[str] | None,
        Query(max_length=SEVERAL, description=f"Of a finding: {', '.join(DIRECTIONS)}", examples=["increase"]),
    ] = None,
    author: Annotated[
        list[str] | None,
        Query(
            max_length=SEVERAL,
            description="An author by name (the beginnings of its words, in any spelling), key or IRI",
            examples=["Gillard"],
        ),
    ] = None,
    organisation: Annotated[
        list[str] | None,
        Query(
            max_length=SEVERAL,
            description="A sponsor, funder, employer of somebody involved, or place that the source classifies it "
            "under, by name, key or IRI; its units count too",
            examples=["Norfolk and Suffolk"],
        ),
    ] = None,
    rec: Annotated[
        list[str] | None,
        Query(
            max_length=SEVERAL,
            description="The research ethics committee (REC) that reviewed it, by name, key or IRI",
            examples=["London"],
        ),
    ] = None,
    year_from: Annotated[
        int | None, Query(ge=1000, le=9999, description="Published then or later", examples=[2015])
    ] = None,
    year_to: Annotated[
        int | None, Query(ge=1000, le=9999, description="Published then or earlier", examples=[2024])
    ] = None,
    method: Annotated[
        list[str] | None,
        Query(
            max_length=SEVERAL, description="A method of the study, by short name; several: all", examples=["interview"]
        ),
    ] = None,
    keyword: Annotated[
        list[str] | None,
        Query(max_length=SEVERAL, description="A keyword as sources give it", examples=["peer support"]),
    ] = None,
    q: Annotated[
        str,
        Query(
            max_length=MOST,
            description='Full text of titles, abstracts and keywords: every word; `"two words"` side by side, '
            "`psych*` a beginning, `-word` not there, `OR` between two",
            examples=["peer support -depression"],
        ),
    ] = "",
    source: Annotated[
        list[str] | None,
        Query(max_length=SEVERAL, description="The source of a record on it; several: any", examples=["eprints"]),
    ] = None,
    kind: Annotated[
        str | None, Query(description=f"{' or '.join(KINDS)} (by a publication)", examples=["registered"])
    ] = None,
    opinion: Annotated[
        list[str] | None,
        Query(
            max_length=SEVERAL,
            description=f"What a REC said of it: {', '.join(OPINIONS)}; several: any",
            examples=["favourable"],
        ),
    ] = None,
    published: Annotated[
        bool | None,
        Query(
            description="Only studies of which a publication is known (true) or none is (false). "
            "`opinion=favourable&published=false`: approved, and nothing published yet",
            examples=[False],
        ),
    ] = None,
    retracted: Annotated[
        bool | None,
        Query(
            description="Only studies of which a source says that a publication was retracted (true), or all others "
            "(false)",
            examples=[False],
        ),
    ] = None,
    negated: Annotated[
        bool | None, Query(description="Only evidence that denies (true) or does not deny (false)", examples=[False])
    ] = None,
    hedged: Annotated[
        bool | None, Query(description="Only evidence that is hedged (true) or is not (false)", examples=[False])
    ] = None,
    sort: Annotated[
        str | None,
        Query(
            description=f"{', '.join(SORTS)}; -year is the latest first and the default, with q relevance is",
            examples=["-year"],
        ),
    ] = None,
    limit: Annotated[
        int | None,
        Query(ge=1, le=100, description="Items in one answer: 20 in JSON, everything in an export", examples=[20]),
    ] = None,
    offset: Offset = 0,
) -> StudyQuestion:
    """The question that a request for studies asks. A `limit` that is not given is 0 here."""
    return StudyQuestion(
        themes=tuple(theme or ()),
        roles=tuple(role or ()),
        directions=tuple(direction or ()),
        authors=tuple(author or ()),
        organisations=tuple(organisation or ()),
        recs=tuple(rec or ()),
        year_from=year_from,
        year_to=year_to,
        methods=tuple(method or ()),
        keywords=tuple(keyword or ()),
        q=q,
        sources=tuple(source or ()),
        kind=kind,
        opinions=tuple(opinion or ()),
        published=published,
        retracted=retracted,
        negated=negated,
        hedged=hedged,
        sort=sort,
        limit=limit or 0,
        offset=offset,
    )
