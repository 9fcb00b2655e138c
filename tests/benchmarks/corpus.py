"""Titles, abstracts and MeSH headings of the real records in ../shared, read lightly and the same way for ever.

Labels name a sentence by a record's id and offsets in what this module gives, so it must not follow the
readers in `loaders/sources` when they improve.
"""

import gzip
import html
import re
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
from lxml import etree

from loaders.record import Publication, Record

_PARSER = etree.XMLParser(resolve_entities=False, load_dtd=False, no_network=True, recover=True)


@dataclass(frozen=True, slots=True)
class Text:
    """A record's id ("pubmed:123"), its texts and the unique ids of its MeSH headings."""

    id: str
    title: str
    abstract: str
    keywords: tuple[str, ...] = ()
    mesh: tuple[str, ...] = ()

    @property
    def record(self) -> Record:
        """The same as the annotator takes it."""
        source, _, key = self.id.partition(":")
        return Record(source, key, self.title, Publication(), abstract=self.abstract or None, keywords=self.keywords)


def texts(shared: Path) -> Iterator[Text]:
    """Every record of ../shared/records that has an abstract, each id once."""
    seen: set[str] = set()
    folder = shared / "records"
    for read in (_seeds, _pubmed, _jats, _ris, _crossref, _openalex, _semantic_scholar):
        for text in read(folder):
            if text.abstract and text.id not in seen:
                seen.add(text.id)
                yield text


def _flat(element: Any) -> str:
    return " ".join("".join(element.itertext()).split()) if element is not None else ""


def _seeds(folder: Path) -> Iterator[Text]:
    cuts = {
        "000": (r"\n\n(The impact of working.*?)\n", r"\nAbstract\n\n(.*?)\n\nType"),
        "001": (r"^(Introducing.*?challenges)", r"\n(BackgroundThe.*?)\n\nKeywordsMental"),
        "003": (r"^(.*?)\n", r"Abstract\n(Background\n.*?unique ways of working\.)"),
        "004": (r"Full title\s+(.*?)\n", r"Research summary\s+(.*?)\n\s*• REC name"),
    }
    for path in sorted((folder / "seeds").glob("*.txt")):
        page = path.read_text(encoding="utf-8")
        key = path.name[:3]
        if key == "002":
            found = re.search(r'"abstract":"(.*?)","', page, re.DOTALL), re.search(r'"title":"(.*?)"', page)
        else:
            found = re.search(cuts[key][1], page, re.DOTALL), re.search(cuts[key][0], page, re.DOTALL)
        if found[0] and found[1]:
            yield Text(f"seed:{key}", found[1][1].strip(), found[0][1].replace("\\n", "\n").strip())


def _pubmed(folder: Path) -> Iterator[Text]:
    for path in sorted((folder / "pubmed-xml").glob("*.xml")):
        for citation in etree.parse(str(path), _PARSER).getroot().iter("MedlineCitation"):
            parts = []
            for part in citation.iterfind("Article/Abstract/AbstractText"):
                label = part.get("Label")
                parts.append(f"{label}: {_flat(part)}" if label and label != "UNLABELLED" else _flat(part))
            yield Text(
                f"pubmed:{citation.findtext('PMID')}",
                _flat(citation.find("Article/ArticleTitle")),
                " ".join(parts),
                tuple(_flat(keyword) for keyword in citation.iterfind("KeywordList/Keyword")),
                tuple(name.get("UI", "") for name in citation.iterfind("MeshHeadingList/MeshHeading/DescriptorName")),
            )


def _jats(folder: Path) -> Iterator[Text]:
    with tarfile.open(folder / "jats.tar.gz") as tar:
        for member in tar:
            file = tar.extractfile(member)
            if file is None:
                continue
            root = etree.fromstring(file.read(), _PARSER)
            abstract = next((a for a in root.iterfind(".//abstract") if a.get("abstract-type") is None), None)
            if abstract is None:
                continue
            blocks = [_flat(block) for block in abstract.iter("title", "p")]
            yield Text(
                f"jats:{Path(member.name).stem}",
                _flat(root.find(".//article-title")),
                "\n".join(block for block in blocks if block),
                tuple(_flat(keyword) for keyword in root.iterfind(".//kwd-group/kwd")),
            )


def _ris(folder: Path) -> Iterator[Text]:
    for path in sorted((folder / "ris").glob("*.ris")):
        text = path.read_bytes().decode("utf-8", "replace")
        for number, entry in enumerate(re.split(r"(?m)^ER  ?-.*$", text)):
            fields: dict[str, list[str]] = {}
            last = ""
            for line in entry.splitlines():
                if found := re.match(r"([A-Z][A-Z0-9])  ?- ?(.*)$", line):
                    last = found[1]
                    fields.setdefault(last, []).append(found[2].strip())
                elif last and line.strip():
                    fields[last][-1] += " " + line.strip()
            title = (fields.get("TI") or fields.get("T1") or [""])[0]
            abstract = (fields.get("AB") or fields.get("N2") or [""])[0]
            yield Text(f"ris:{path.stem}-{number}", title, abstract, tuple(k for k in fields.get("KW", ()) if k))


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    with gzip.open(path) as file:
        for line in file:
            yield orjson.loads(line)


def _crossref(folder: Path) -> Iterator[Text]:
    for work in _lines(folder / "crossref.jsonl.gz"):
        bare = html.unescape(re.sub(r"<[^>]+>", " ", work.get("abstract") or ""))
        title = html.unescape(re.sub(r"<[^>]+>", "", (work.get("title") or [""])[0]))
        yield Text(f"crossref:{work['DOI'].lower()}", " ".join(title.split()), " ".join(bare.split()))


def _openalex(folder: Path) -> Iterator[Text]:
    for work in _lines(folder / "openalex.jsonl.gz"):
        placed = {at: word for word, places in (work.get("abstract_inverted_index") or {}).items() for at in places}
        words = " ".join(placed[at] for at in sorted(placed))
        yield Text(f"openalex:{work['id'].rsplit('/', 1)[-1]}", work.get("title") or "", words)


def _semantic_scholar(folder: Path) -> Iterator[Text]:
    for paper in _lines(folder / "semantic-scholar.jsonl.gz"):
        yield Text(f"s2:{paper['paperId']}", paper.get("title") or "", paper.get("abstract") or "")
