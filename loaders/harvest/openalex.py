"""OpenAlex: works, page by page with a cursor.

Rules: https://developers.openalex.org/api-reference/authentication and …/guides/page-through-results. A free key
has been asked for since 13 February 2026: without one a day's allowance is about ten searches or a hundred lists.
At most 100 requests a second; ten, as it was before, are enough for pages of 100. Selecting by date of change
needs a paid plan, and the service itself says so.
"""

from loaders.harvest.json_pages import JsonPages, items, needs, number, parsed, rows, text
from loaders.harvest.service import CHANGED, PUBLISHED, Answer, Page, Position, Rate, Request, Turn

ROWS = 100


class OpenAlex(JsonPages):
    name = "openalex"
    home = "https://api.openalex.org"
    dates = PUBLISHED | CHANGED
    takes = frozenset({"query", "filter"})
    needs_contact = False
    fleeting = False
    rate = Rate(0.1)

    def start(self, turn: Turn) -> Position:
        needs(turn.ask, "query", "filter", "since")
        return {"cursor": "*"}

    def request(self, turn: Turn) -> Request:
        ask, at, caller = turn.ask, turn.at, turn.caller
        kind = "updated" if ask.changed else "publication"
        filters = [ask.filter] if ask.filter else []
        filters += [f"from_{kind}_date:{ask.since}"] if ask.since else []
        filters += [f"to_{kind}_date:{ask.until}"] if ask.until else []
        wanted = {"search": ask.query, "filter": ",".join(filters), "per_page": str(rows(ask, ROWS))}
        wanted |= {"cursor": at["cursor"], "mailto": caller.contact}
        return Request(
            f"{ask.url or self.home}/works",
            tuple((name, value) for name, value in wanted.items() if value),
            headers=(("Authorization", f"Bearer {caller.key}"),) if caller.key else (),
        )

    def page(self, turn: Turn, answer: Answer) -> Page:
        whole = parsed(answer)
        found = items(whole, "results")
        about = whole.get("meta")
        about = about if isinstance(about, dict) else {}
        cursor = text(about.get("next_cursor"))
        return Page(
            names=tuple(text(item.get("id")) for item in found),
            next={"cursor": cursor} if found and cursor not in ("", turn.at["cursor"]) else None,
            total=number(about.get("count")),
            body=answer.body,
        )
