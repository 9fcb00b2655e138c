"""Europe PMC: its search, page by page with a cursor.

Rules: https://europepmc.org/RestfulWebService; ten requests a second and 500 a minute, says its forum for
developers (epmc-webservices, 26 February 2026). The last page repeats the cursor that it was asked with, or has none.
"""

from loaders.harvest.json_pages import JsonPages, items, needs, number, parsed, rows, text
from loaders.harvest.service import CHANGED, PUBLISHED, Answer, Page, Position, Rate, Request, Turn

ROWS = 500


class EuropePmc(JsonPages):
    name = "europepmc"
    home = "https://www.ebi.ac.uk/europepmc/webservices/rest"
    dates = PUBLISHED | CHANGED
    takes = frozenset({"query"})
    needs_contact = False
    fleeting = False
    rate = Rate(60 / 500)

    def start(self, turn: Turn) -> Position:
        needs(turn.ask, "query", "since")
        return {"cursor": "*"}

    def request(self, turn: Turn) -> Request:
        ask, at, caller = turn.ask, turn.at, turn.caller
        field = "UPDATE_DATE" if ask.changed else "FIRST_PDATE"
        parts = [f"({ask.query})"] if ask.query else []
        if ask.since or ask.until:
            parts.append(f"({field}:[{ask.since or '1000-01-01'} TO {ask.until or '3000-12-31'}])")
        wanted = {"query": " AND ".join(parts), "format": "json", "resultType": "core"}
        wanted |= {"pageSize": str(rows(ask, ROWS)), "cursorMark": at["cursor"], "email": caller.contact}
        return Request(
            f"{ask.url or self.home}/search", tuple((name, value) for name, value in wanted.items() if value)
        )

    def page(self, turn: Turn, answer: Answer) -> Page:
        whole = parsed(answer)
        found = items(whole, "resultList", "result")
        cursor = text(whole.get("nextCursorMark"))
        last = not found or cursor in ("", turn.at["cursor"])
        return Page(
            names=tuple(f"{text(item.get('source'))}/{text(item.get('id'))}" for item in found),
            next=None if last else {"cursor": cursor},
            total=number(whole.get("hitCount")),
            body=answer.body,
        )
