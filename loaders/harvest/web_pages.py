"""Single pages of the HRA's register (or of another site that has a reader), from addresses that a person gives.

Nothing is followed and nothing searched for: one address, one page, at least a second between two. What a site's
robots.txt (RFC 9309) keeps to itself is left alone, and its Crawl-delay is kept.
"""

from urllib.parse import urlsplit
from urllib.robotparser import RobotFileParser

from loaders.harvest.service import Answer, Ask, Halted, Page, Position, Rate, Refused, Request, Turn
from loaders.record import Entry

AGENT = "evidence-graph"
_RULES_LIMIT = 1 << 19
"""Bytes of a robots.txt that are read: RFC 9309, 2.5, asks for at least 500 KiB."""
_REFUSALS = frozenset(range(400, 500)) - {408, 425, 429}


class WebPages:
    name = "hra"
    home = ""
    dates: frozenset[str] = frozenset()
    takes = frozenset({"addresses"})
    needs_contact = False
    fleeting = False
    rate = Rate(1.0)

    def start(self, turn: Turn) -> Position:
        if not turn.ask.addresses:
            raise Refused("give the addresses of the pages, or a file of them with --from")
        return {"place": 0, "site": "", "rules": ""}

    def request(self, turn: Turn) -> Request:
        at, address = turn.at, turn.ask.addresses[turn.at["place"]]
        if at["site"] != _site(address):
            return Request(f"{_site(address)}/robots.txt", takes=_REFUSALS)
        return Request(address, takes=_REFUSALS)

    def page(self, turn: Turn, answer: Answer) -> Page:
        ask, at, address = turn.ask, turn.at, turn.ask.addresses[turn.at["place"]]
        if at["site"] != _site(address):
            # without a robots.txt everything is allowed (RFC 9309, 2.3.1.3)
            rules = answer.body[:_RULES_LIMIT].decode("utf-8", "replace") if answer.status == 200 else ""
            return self._allowed(ask, {"place": at["place"], "site": _site(address), "rules": rules})
        if answer.status != 200:
            return self._passed(ask, at, f"{address} answers {answer.status}")
        return Page((address,), self._onwards(ask, at), len(ask.addresses), answer.body, name=address)

    def without(self, turn: Turn, why: Halted) -> Page | None:
        """One page less, unless the whole site is out of reach: its rules, too (RFC 9309, 2.3.1.4). Rules that lie
        elsewhere are none."""
        ask, at = turn.ask, turn.at
        site = _site(ask.addresses[at["place"]])
        if at["site"] != site:
            found = {"place": at["place"], "site": site, "rules": ""}
            return self._allowed(ask, found) if isinstance(why, Refused) else None
        return self._passed(ask, at, str(why)) if isinstance(why, Refused) or why.status else None

    def _allowed(self, ask: Ask, at: Position) -> Page:
        """Where to go on by a site's rules: to the page itself, or past it."""
        rules = _rules(at)
        delay = float(rules.crawl_delay(AGENT) or 0)
        if rules.can_fetch(AGENT, ask.addresses[at["place"]]):
            return Page((), at, len(ask.addresses), pace=delay)
        return self._passed(ask, at, f"{_site(ask.addresses[at['place']])}/robots.txt asks not to fetch this page")

    def _passed(self, ask: Ask, at: Position, problem: str) -> Page:
        address = ask.addresses[at["place"]]
        return Page((address,), self._onwards(ask, at), len(ask.addresses), problem=problem, name=address)

    @staticmethod
    def _onwards(ask: Ask, at: Position) -> Position | None:
        """The next page; where the rules in hand forbid it, the rules are read again and say so."""
        place = at["place"] + 1
        if place == len(ask.addresses):
            return None
        address = ask.addresses[place]
        known = at["site"] == _site(address) and _rules(at).can_fetch(AGENT, address)
        return {**at, "place": place} if known else {"place": place, "site": "", "rules": ""}

    def entries(self, body: bytes) -> list[Entry]:
        return [Entry(body)]

    def joined(self, entries: list[Entry]) -> bytes:
        return b"".join(entry.raw for entry in entries)


def _site(address: str) -> str:
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}"


def _rules(at: Position) -> RobotFileParser:
    rules = RobotFileParser()
    rules.parse(at["rules"].splitlines())
    return rules
