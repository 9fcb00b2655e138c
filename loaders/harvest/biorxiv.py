"""bioRxiv and medRxiv: the preprints posted between two dates, a hundred at once by their place in the list.

Rules: https://api.biorxiv.org/details/medrxiv/help. There is no search in this interface, and no rate is stated:
one request a second. Every version is a posting of its own, so that a later date finds what changed as well.
"""

from urllib.parse import quote

from loaders.harvest.json_pages import JsonPages, items, number, parsed, text
from loaders.harvest.service import CHANGED, PUBLISHED, Answer, Garbled, Page, Position, Rate, Refused, Request, Turn


class BioRxiv(JsonPages):
    home = "https://api.biorxiv.org"
    dates = PUBLISHED | CHANGED
    takes = frozenset({"filter"})
    needs_contact = False
    fleeting = False
    rate = Rate(1.0)

    def __init__(self, name: str) -> None:
        self.name = name

    def start(self, turn: Turn) -> Position:
        if not turn.ask.since:
            raise Refused(f"{self.name} lists what was posted between two dates: give --since")
        return {"offset": 0, "until": turn.ask.until or turn.today}

    def request(self, turn: Turn) -> Request:
        ask, at = turn.ask, turn.at
        place = (
            f"{ask.url or self.home}/details/{self.name}/{quote(ask.since)}/{quote(at['until'])}/{at['offset']}/json"
        )
        return Request(place, (("category", ask.filter),) if ask.filter else ())

    def page(self, turn: Turn, answer: Answer) -> Page:
        whole = parsed(answer)
        found = items(whole, "collection")
        about = (items(whole, "messages") or [{}])[0]
        total = number(about.get("total"))
        status = text(about.get("status"))
        if not found and status.lower() not in ("ok", "no posts found"):
            raise Garbled(f"{self.name} answers {status!r}")
        offset = turn.at["offset"] + len(found)
        more = bool(found) and (total is None or offset < total)
        return Page(
            names=tuple(f"{text(item.get('doi'))}v{item.get('version')}" for item in found),
            next={**turn.at, "offset": offset} if more else None,
            total=total,
            body=answer.body,
        )
