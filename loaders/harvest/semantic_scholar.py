"""Semantic Scholar: the Graph API's bulk search, a thousand papers a page with a token.

Rules: https://www.semanticscholar.org/product/api and https://api.semanticscholar.org/api-docs/graph. One request
a second with a key; without one all the world shares a pool, which answers 429 at its busy hours.
"""

from urllib.parse import parse_qsl

from loaders.harvest.json_pages import JsonPages, items, needs, number, parsed, text
from loaders.harvest.service import PUBLISHED, Answer, Page, Position, Rate, Request, Turn

FIELDS = (
    *("externalIds", "url", "title", "abstract", "venue", "publicationVenue", "year", "publicationDate"),
    *("isOpenAccess", "openAccessPdf", "fieldsOfStudy", "s2FieldsOfStudy", "publicationTypes", "journal", "authors"),
)
"""Everything that its reader takes; without the list there are only paperId and title."""


class SemanticScholar(JsonPages):
    name = "semantic-scholar"
    home = "https://api.semanticscholar.org"
    dates = PUBLISHED
    takes = frozenset({"query", "filter"})
    needs_contact = False
    fleeting = False
    rate = Rate(1.0)

    def start(self, turn: Turn) -> Position:
        needs(turn.ask, "query", "filter")
        return {"token": ""}

    def request(self, turn: Turn) -> Request:
        ask, at, caller = turn.ask, turn.at, turn.caller
        wanted = dict(parse_qsl(ask.filter)) | {"query": ask.query, "fields": ",".join(FIELDS)}
        if ask.since or ask.until:
            wanted["publicationDateOrYear"] = f"{ask.since}:{ask.until}"
        wanted["token"] = at["token"]
        return Request(
            f"{ask.url or self.home}/graph/v1/paper/search/bulk",
            tuple((name, value) for name, value in wanted.items() if value),
            headers=(("x-api-key", caller.key),) if caller.key else (),
        )

    def page(self, turn: Turn, answer: Answer) -> Page:
        whole = parsed(answer)
        found = items(whole, "data")
        token = text(whole.get("token"))
        return Page(
            names=tuple(text(item.get("paperId")) for item in found),
            next={"token": token} if token not in ("", turn.at["token"]) else None,
            total=number(whole.get("total")),
            body=answer.body,
        )
