"""Links of a thing by relation, for machines: Signposting (signposting.org/FAIR) and Linksets (RFC 9264).

Relations are those of the IANA registry. Only what a source states is linked to, and only on the web.
"""

import sqlite3
from collections.abc import Iterable, Sequence
from typing import NamedTuple
from urllib.parse import quote, quote_plus, urlsplit

from service.answers.common import Item, Knowledge, address, rows

STUDY = "https://w3id.org/evidencegraph/ns#Study"
ARTICLE = "https://schema.org/ScholarlyArticle"
PAGE = "https://schema.org/AboutPage"
"""What FAIR Signposting calls a page on something."""
MOST = 20
"""Links of one relation in a header; a Linkset has them all."""


class Typed(NamedTuple):
    """A link. `href` is an address, or a path on this server; `media` the type of what it leads to."""

    relation: str
    href: str
    media: str | None = None


def web(url: str | None) -> str | None:
    """A source's address so that it can stand in a header; None for what does not lead to the web.

    >>> web("https://example.org/a>b c"), web("javascript:alert(1)")
    ('https://example.org/a%3Eb%20c', None)
    """
    try:
        parts = urlsplit(url or "")
    except ValueError:
        return None
    return quote(url or "", safe=":/?#[]@!$&'()*+,;=%-._~") if parts.scheme in ("http", "https") else None


def _some(relation: str, urls: Iterable[tuple[str | None, str | None]]) -> list[Typed]:
    found = {made: media for url, media in urls if (made := web(url))}
    return [Typed(relation, url, media) for url, media in found.items()]


async def of_study(known: Knowledge, item: Item) -> list[Typed]:
    """The links of a study that `study()` gave, but for its own descriptions. Raises TooSlow."""

    def work(db: sqlite3.Connection) -> list[str]:
        sql = (
            "SELECT p.orcid FROM study_person AS s JOIN person AS p ON p.id = s.person WHERE p.orcid IS NOT NULL AND "
            "s.role = 'author' AND s.study = (SELECT item FROM record WHERE study = ?) ORDER BY s.place, p.id"
        )
        return list(dict.fromkeys(row[0] for row in rows(db, sql, values=(item["iri"],))))

    orcids = await known.index.read(work)
    registered = [link["url"] for link in item["links"] if link["url"] != item["doi_url"]]
    return [
        *_some("cite-as", [(item["doi_url"], None)]),
        Typed("type", PAGE),
        Typed("type", STUDY),
        *_some("author", ((address("orcid", orcid), None) for orcid in orcids)),
        *(Typed("item", publication["url"], "text/html") for publication in _publications(item)),
        *_some("related", ((url, None) for url in registered)),
    ]


def of_publication(item: Item, study: str | None = None) -> list[Typed]:
    """The links of a publication; `study` is the path of the study that it reports."""
    copies = [copy for copy in item["copies"] if copy["url"]]
    return [
        *_some("cite-as", [(item["doi_url"], None)]),
        Typed("type", PAGE),
        Typed("type", ARTICLE),
        *_some("item", ((copy["url"], _media(copy["media_type"])) for copy in copies)),
        *_some("license", ((copy["licence"], None) for copy in item["copies"])),
        *([Typed("collection", study, "text/html")] if study else []),
    ]


def _media(text: str | None) -> str | None:
    return text if text and all(c.isalnum() or c in "/+.-" for c in text) else None


def _publications(item: Item) -> list[Item]:
    return list({publication["url"]: publication for publication in item["publications"]}.values())


def descriptions(item: Item) -> list[Typed]:
    """Where else a study is described: its data in several forms, and its records."""
    api, page = f"/api/studies/{item['key']}", item["url"]
    return [
        Typed("describedby", api, "application/json"),
        Typed("describedby", f"{page}.ttl", "text/turtle"),
        Typed("describedby", f"{page}.jsonld", "application/ld+json"),
        Typed("describedby", f"{page}.nt", "application/n-triples"),
        Typed("describedby", f"{api}?format=ris", "application/x-research-info-systems"),
        Typed("describedby", f"{api}?format=bibtex", "application/x-bibtex"),
        Typed("describedby", f"/sparql?query={quote_plus('DESCRIBE <' + item['iri'] + '>')}", "text/turtle"),
        *(Typed("describedby", record["url"], "text/html") for record in item["records"]),
    ]


Contexts = Sequence[tuple[str, Sequence[Typed]]]
"""The path or address of each thing that links start from, with its links."""


async def linkset(known: Knowledge, item: Item) -> Contexts:
    """Every link of a study that `study()` gave, and of its publications. Raises TooSlow."""
    own = [*await of_study(known, item), *descriptions(item)]
    publications = [(p["url"], of_publication(p, item["url"])) for p in _publications(item)]
    return [(item["url"], own), *publications]


def header(links: Iterable[Typed]) -> list[str]:
    """Links as parts of a Link header (RFC 8288), at most 20 of one relation."""
    seen: dict[str, int] = {}
    found = []
    for link in links:
        seen[link.relation] = seen.get(link.relation, 0) + 1
        if seen[link.relation] <= MOST:
            found.append(_written(link, link.href))
    return found


def _written(link: Typed, href: str, anchor: str = "") -> str:
    media = f'; type="{link.media}"' if link.media else ""
    return f'<{href}>; rel="{link.relation}"{media}' + (f'; anchor="{anchor}"' if anchor else "")


def as_json(contexts: Contexts, here: str) -> Item:
    """A Linkset as `application/linkset+json`; `here` is the address of the server."""
    made: list[Item] = []
    for anchor, links in contexts:
        context: Item = {"anchor": _at(anchor, here)}
        for link in links:
            target = {"href": _at(link.href, here)} | ({"type": link.media} if link.media else {})
            context.setdefault(link.relation, []).append(target)
        made.append(context)
    return {"linkset": made}


def as_text(contexts: Contexts, here: str) -> str:
    """A Linkset as `application/linkset`."""
    lines = [_written(x, _at(x.href, here), _at(anchor, here)) for anchor, links in contexts for x in links]
    return ",\n".join(lines) + "\n"


def _at(href: str, here: str) -> str:
    return href if urlsplit(href).scheme else here + href
