"""Crossref: the works of its REST API, page by page with a cursor.

Rules: https://www.crossref.org/documentation/retrieve-metadata/rest-api/access-and-authentication/. Whoever
gives an address is in the polite pool: three lists a second since 1 December 2025
(https://doi.org/10.64000/wadve-3tj60); the headers of an answer say so too and are kept to. A cursor lives for
five minutes and may be the same word on every page, so that an answer which is lost on its way is not given again;
a page with fewer works than asked for is the last.
"""

from loaders.harvest.json_pages import JsonPages, items, needs, number, parsed, rows, text
from loaders.harvest.service import CHANGED, PUBLISHED, Answer, Page, Position, Rate, Request, Turn

ROWS = 500
"""Of the 1,000 allowed: answers with all their references stay in the low megabytes."""


class Crossref(JsonPages):
    name = "crossref"
    home = "https://api.crossref.org"
    dates = PUBLISHED | CHANGED
    takes = frozenset({"query", "filter"})
    needs_contact = True
    fleeting = True
    rate = Rate(1 / 3)

    def start(self, turn: Turn) -> Position:
        needs(turn.ask, "query", "filter", "since")
        return {"cursor": "*"}

    def request(self, turn: Turn) -> Request:
        ask, at, caller = turn.ask, turn.at, turn.caller
        kind = "update" if ask.changed else "pub"
        filters = [ask.filter] if ask.filter else []
        filters += [f"from-{kind}-date:{ask.since}"] if ask.since else []
        filters += [f"until-{kind}-date:{ask.until}"] if ask.until else []
        wanted = {"query.bibliographic": ask.query, "filter": ",".join(filters), "rows": str(rows(ask, ROWS))}
        wanted |= {"cursor": at["cursor"], "mailto": caller.contact}
        return Request(f"{ask.url or self.home}/works", tuple((name, value) for name, value in wanted.items() if value))

    def page(self, turn: Turn, answer: Answer) -> Page:
        message = parsed(answer).get("message")
        found = items(message, "items")
        cursor = text(message.get("next-cursor")) if isinstance(message, dict) else ""
        last = len(found) < rows(turn.ask, ROWS) or not cursor
        return Page(
            names=tuple(text(item.get("DOI")) for item in found),
            next=None if last else {"cursor": cursor},
            total=number(message.get("total-results")) if isinstance(message, dict) else None,
            body=answer.body,
        )
