"""Every field that matters, of every real record, against a second reading by other means: no code of ours."""

import gzip
import html
import io
import json
import re
import tarfile
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from loaders.record import Record, Unreadable, Withdrawn
from loaders.sources import named
from tests.facts import facts

pytestmark = pytest.mark.real

Facts = dict[str, Any]
"""A field and what a record's raw says of it: title and journal folded, names in order folded, the others as is."""


def fold(text: str | None) -> str:
    plain = unicodedata.normalize("NFKC", html.unescape(html.unescape(text or "")))
    return re.sub(r"\s+", "", re.sub(r"</?[A-Za-z][\w:-]*(\s[^<>]*)?/?>", "", plain)).casefold()


def ours(record: Record) -> Facts:
    said = facts(record)
    names = [fold(p.name) for p in record.people if p.role == "author"]
    return said | {
        "title": fold(said["title"]),
        "journal": fold(said["journal"]),
        "authors": names,
        "year": (said["issued"] or "")[:4],
        "doi": said["ids"].get("doi", ""),
    }


def bare(doi: str | None) -> str:
    return re.sub(r"^https?://(dx\.)?doi\.org/", "", (doi or "").strip().lower())


def crossref(item: Any) -> Facts:
    people = item.get("author", [])
    whole = [a.get("name") or f"{a.get('given', '')}{a.get('family', '')}{a.get('suffix', '')}" for a in people]
    return {
        "doi": bare(item["DOI"]),
        "title": fold((item.get("title") or ["doi:" + bare(item["DOI"])])[0]),
        "year": str((item.get("issued") or {"date-parts": [[None]]})["date-parts"][0][0] or ""),
        "journal": fold((item.get("container-title") or [""])[0]),
        "authors": [fold(name) for name in whole],
        "orcids": [a["ORCID"][-19:] for a in people if a.get("ORCID")],
    }


def datacite(item: Any) -> Facts:
    said = item.get("attributes", item)
    plain = [t["title"] for t in said["titles"] if t.get("title") and not t.get("titleType")]
    unknown = re.compile(r"\(:(un\w\w|null|none|tba)\)", re.IGNORECASE)
    titles = plain or [t["title"] for t in said["titles"] if t.get("title")] or ["doi:" + bare(said["doi"])]
    return {
        "doi": bare(said["doi"]),
        "title": fold(titles[0]),
        "year": str(said.get("publicationYear") or ""),
        "authors": [fold(c["name"]) for c in said.get("creators", []) if not unknown.match(c["name"])],
    }  # fmt: skip


def openalex(item: Any) -> Facts:
    return {
        "doi": bare(item.get("doi")),
        "title": fold(item["title"]),
        "year": str(item.get("publication_year") or ""),
        "authors": [fold(a["author"]["display_name"].lstrip(",")) for a in item["authorships"]],
        "orcids": [a["author"]["orcid"][-19:] for a in item["authorships"] if a["author"].get("orcid")],
    }


def semantic_scholar(item: Any) -> Facts:
    ids = item.get("externalIds") or {}
    named = (item.get("journal") or {}).get("name") or item.get("venue") or ""
    return {
        "doi": bare(ids.get("DOI")),
        "title": fold(item.get("title") or f"semantic-scholar:{item['paperId']}"),
        "year": str(item.get("year") or ""),
        "journal": fold(named or (item.get("publicationVenue") or {}).get("name")),
        "authors": [fold(a.get("name")) for a in item.get("authors") or []],
    }


def words(element: Any) -> str:
    return fold("".join(element.itertext())) if element is not None else ""


def pubmed(item: Any) -> Facts:
    ids = [i.text for i in item.findall("./PubmedData/ArticleIdList/ArticleId") if i.get("IdType") == "doi"]
    ids += [i.text for i in item.findall(".//ELocationID") if i.get("EIdType") == "doi" and i.get("ValidYN") != "N"]
    date = item.find(".//JournalIssue/PubDate")
    people = [a for a in item.findall(".//AuthorList/Author") if a.get("ValidYN") != "N"]
    return {
        "doi": bare(ids[0]) if ids else "",
        "title": words(item.find(".//ArticleTitle")) or words(item.find(".//VernacularTitle")),
        "year": date.findtext("Year") or re.search(r"\d{4}", date.findtext("MedlineDate"))[0],  # type: ignore[index]
        "journal": fold(item.findtext(".//Journal/Title") or item.findtext(".//MedlineTA")),
        "authors": [words(a.find("CollectiveName")) or "".join(parts(a)) for a in people],
    }


def parts(author: Any) -> Iterator[str]:
    given = next((n for n in ("ForeName", "FirstName", "Initials") if author.findtext(n)), "Initials")
    return (fold(author.findtext(name)) for name in (given, "LastName", "Suffix"))


def jats(item: Any) -> Facts:
    meta = item.find(".//article-meta")
    title = meta.find(".//title-group/article-title")
    for extra in title.xpath(".//fn|.//xref|.//tex-math|.//*[local-name()='annotation']"):
        extra.text = ""
        for part in list(extra):
            extra.remove(part)
    dates = [d for d in meta.findall("pub-date") if d.get("pub-type") not in ("pmc-release", "nihms-submitted")]
    return {
        "doi": bare(next((i.text for i in meta.findall("article-id") if i.get("pub-id-type") == "doi"), "")),
        "title": words(title),
        "year": min((d.findtext("year") for d in dates if d.findtext("year")), default=""),
        "journal": words(item.find(".//journal-title")),
    }


def ris(item: str) -> Facts:
    joined = re.sub(r"\n(?![A-Z][A-Z0-9]  ?-)\s*", " ", item)

    def tags(*names: str) -> list[str]:
        return [v.strip() for n in names for v in re.findall(rf"(?m)^{n}  ?- ?(.*)$", joined) if v.strip()]

    dates = [m[0] for text in tags("PY", "Y1", "DA") if (m := re.search(r"[12]\d{3}", text))]
    return {
        "title": fold((tags("TI") or tags("T1") or tags("CT") or tags("BT") or [""])[0]),
        "year": (dates or [""])[0],
        "doi": re.sub(r"^(https?://(dx\.)?doi\.org/|doi:\s*)", "", (tags("DO") or [""])[0].lower()),
        "authors": [fold(name) for name in tags("AU", "A1")],
    }


def lines(path: Path) -> Iterator[tuple[bytes, Any]]:
    for line in gzip.decompress(path.read_bytes()).splitlines():
        yield line, json.loads(line)


def articles(path: Path) -> Iterator[tuple[bytes, Any]]:
    with tarfile.open(path) as archive:
        for number, member in enumerate(archive):
            if member.isfile() and number % 5 == 0:
                file = archive.extractfile(member)
                raw = file.read() if file else b""
                yield raw, etree.fromstring(raw, etree.XMLParser(load_dtd=False, resolve_entities=False, recover=True))


def citations(folder: Path) -> Iterator[tuple[bytes, Any]]:
    for path in sorted(folder.glob("*")):
        root: Any = etree.parse(str(path), etree.XMLParser(load_dtd=False, resolve_entities=False)).getroot()
        for item in root.iter("PubmedArticle", "MedlineCitation"):
            if item.tag == "PubmedArticle" or item.getparent().tag != "PubmedArticle":
                yield etree.tostring(item, with_tail=False), item


def references(folder: Path) -> Iterator[tuple[bytes, Any]]:
    for path in sorted(folder.glob("2022*.ris")):
        text = path.read_text(encoding="utf-8-sig")
        yield from ((m[0].encode(), m[0]) for m in re.finditer(r"(?ms)^TY  - .*?(?=^TY  - |\Z)", text))


READINGS = {
    "crossref": (lines, "crossref.jsonl.gz", crossref),
    "datacite": (lines, "datacite.jsonl.gz", datacite),
    "openalex": (lines, "openalex.jsonl.gz", openalex),
    "semantic-scholar": (lines, "semantic-scholar.jsonl.gz", semantic_scholar),
    "pubmed": (citations, "pubmed-xml", pubmed),
    "jats": (articles, "jats.tar.gz", jats),
    "ris": (references, "ris", ris),
}


@pytest.mark.parametrize("name", READINGS)
def test_a_second_reading_says_the_same(shared: Path, name: str) -> None:
    items, place, second = READINGS[name]
    source = named(name)
    having: Counter[str] = Counter()
    right: Counter[str] = Counter()
    refused = 0
    for raw, item in items(shared / "records" / place):
        try:
            (record,) = (source.read(entry.raw) for entry in source.entries(io.BytesIO(raw)))
        except (Unreadable, Withdrawn):
            refused += 1
            continue
        said, wanted = ours(record), second(item)
        having.update(wanted.keys())
        right.update(field for field in wanted if said[field] == wanted[field])
    assert having
    assert refused <= having["title"] * 0.01
    assert {field: right[field] for field in having if right[field] < having[field] * 0.98} == {}, _shares(
        right, having
    )


def _shares(right: Counter[str], having: Iterable[str]) -> str:
    return ", ".join(f"{field} {right[field]}" for field in having)
