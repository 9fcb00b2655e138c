"""DataCite: the DOIs of its REST API, page by page with a cursor.

Rules: https://support.datacite.org/docs/rate-limit (in five minutes 500 requests, 1,000 of whoever gives an
address) and https://support.datacite.org/docs/pagination. The next cursor stands in the link to the next page;
only the cursor is taken from there, the address is ours.
"""

from urllib.parse import parse_qs, urlsplit

from loaders.harvest.json_pages import JsonPages, items, needs, number, parsed, rows, text
from loaders.harvest.service import CHANGED, PUBLISHED, Answer, Page, Position, Rate, Request, Turn

ROWS = 500


class DataCite(JsonPages):
    name = "datacite"
    home = "https://api.datacite.org"
    dates = PUBLISHED | CHANGED
    takes = frozenset({"query"})
    needs_contact = False
    fleeting = False
    rate = Rate(300 / 500, with_contact=300 / 1000)

    def start(self, turn: Turn) -> Position:
        needs(turn.ask, "query", "since")
        return {"cursor": "1"}

    def request(self, turn: Turn) -> Request:
        ask, at, caller = turn.ask, turn.at, turn.caller
        parts = [f"({ask.query})"] if ask.query else []
        if ask.since or ask.until:
            since, until = ask.since or "*", ask.until or "*"
            if not ask.changed:  # of the date of publication DataCite keeps the year in any case
                since, until = since[:4], until[:4]
            parts.append(f"{'updated' if ask.changed else 'publicationYear'}:[{since} TO {until}]")
        wanted = {"query": " AND ".join(parts), "page[size]": str(rows(ask, ROWS)), "page[cursor]": at["cursor"]}
        wanted |= {"affiliation": "true", "publisher": "true", "mailto": caller.contact}
        return Request(f"{ask.url or self.home}/dois", tuple((name, value) for name, value in wanted.items() if value))

    def page(self, turn: Turn, answer: Answer) -> Page:
        whole = parsed(answer)
        found = items(whole, "data")
        links, about = whole.get("links"), whole.get("meta")
        following = text(links.get("next")) if isinstance(links, dict) else ""
        cursor = parse_qs(urlsplit(following).query).get("page[cursor]", [""])[0]
        return Page(
            names=tuple(text(item.get("id")) for item in found),
            next={"cursor": cursor} if found and cursor not in ("", turn.at["cursor"]) else None,
            total=number(about.get("total")) if isinstance(about, dict) else None,
            body=answer.body,
        )
