"""Sections without headings: `python -m tests.benchmarks.sections [ORI_PQAL.json]`.

Abstracts whose authors wrote headings, read without them. The model is trained on nine tenths of the JATS
articles of ../shared/records; it is measured here on the last tenth, on structured abstracts of PubMed (by
NLM's category of each part, else by its heading) and on those of the other records there. The labelled part of
PubMedQA is a fourth draw, if its file is given. All but the first are split in two by a hash of the record's id:
one half was looked at while features were chosen. Sentences under a heading that allows several sections do not
count. "merged": background and objective are one.
"""

import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

import orjson
from lxml import etree
from rich.console import Console
from rich.table import Table

from loaders.evidence import train
from loaders.evidence.headings import BACKGROUND, OBJECTIVE, headings, meaning
from loaders.evidence.sections import sectioned
from loaders.evidence.sentences import sentences
from tests.benchmarks.corpus import texts
from tests.benchmarks.mesh import SHARED, looked_at

Labelled = list[tuple[str, str | None]]
"""Sentences, each with the section of its heading, or None where the heading allows several."""

_OPEN = " :.–—-\t\r\n"


def _under(name: str, text: str) -> Labelled:
    allowed = meaning(name)
    return [(text[a:b], allowed[0] if len(allowed) == 1 else None) for a, b in sentences(text)]


def _pubmed(folder: Path) -> Iterator[tuple[str, Labelled]]:
    parser = etree.XMLParser(resolve_entities=False, load_dtd=False, no_network=True, recover=True)
    categories = {"BACKGROUND", "OBJECTIVE", "METHODS", "RESULTS", "CONCLUSIONS"}
    for path in sorted((folder / "pubmed-xml").glob("*.xml")):
        for citation in etree.parse(str(path), parser).getroot().iter("MedlineCitation"):
            labelled: Labelled = []
            for part in citation.iterfind("Article/Abstract/AbstractText"):
                text = " ".join("".join(map(str, part.itertext())).split())
                category = part.get("NlmCategory") or ""
                name = category if category in categories else part.get("Label") or ""
                labelled += _under(name.capitalize(), text)
            yield f"pubmed:{citation.findtext('PMID')}", labelled


def _others(shared: Path) -> Iterator[tuple[str, Labelled]]:
    for record in texts(shared):
        if record.id.startswith(("pubmed:", "jats:")):
            continue
        text, found = record.abstract, headings(record.abstract)
        if not found or found[0].start:
            continue
        labelled: Labelled = []
        for heading, end in zip(found, [*(h.start for h in found[1:]), len(text)], strict=True):
            labelled += _under(heading.name, text[heading.end : end].lstrip(_OPEN))
        yield record.id, labelled


def _questions(file: Path) -> Iterator[tuple[str, Labelled]]:
    for key, entry in orjson.loads(file.read_bytes()).items():
        parts = [*zip(entry["LABELS"], entry["CONTEXTS"], strict=True), ("CONCLUSIONS", entry["LONG_ANSWER"])]
        yield f"qa:{key}", [pair for name, text in parts for pair in _under(name.capitalize(), text)]


def structured(found: Iterable[tuple[str, Labelled]], known: set[str]) -> list[tuple[str, Labelled]]:
    """Those of three sections or more and four sentences or more, each text once and none in `known`."""
    kept = []
    for key, labelled in found:
        last = re.sub(r"\W", "", labelled[-1][0].lower())[:80] if labelled else ""
        if len(labelled) >= 4 and len({section for _, section in labelled if section}) >= 3 and last not in known:
            known.add(last)
            kept.append((key, labelled))
    return kept


def accuracy(documents: Iterable[Labelled]) -> tuple[int, float, float]:
    """Sentences, the share whose section is right, and the share when objective counts as background."""
    total = right = merged = 0
    for document in documents:
        text = " ".join(sentence for sentence, _ in document)
        read = sectioned(text, headings(text))
        start = 0
        for sentence, known in document:
            guess = next((one.section for one in read if one.start <= start < one.end), "")
            start += len(sentence) + 1
            if known is not None:
                total += 1
                right += guess == known
                merged += guess == known or {guess, known} == {BACKGROUND, OBJECTIVE}
    return total, right / max(1, total), merged / max(1, total)


def main() -> None:
    """Print the table."""
    out = Console()
    if not SHARED.is_dir():
        out.print("no ../shared folder with real records: nothing to measure on")
        return
    articles = list(train.abstracts(SHARED / "records" / "jats.tar.gz"))
    known = {re.sub(r"\W", "", labelled[-1][0].lower())[:80] for _, labelled in articles}
    rows = [
        ("JATS", "trained on", [labelled for name, labelled in articles if not train.held_out(name)]),
        ("JATS", "held out", [labelled for name, labelled in articles if train.held_out(name)]),
    ]
    draws = {
        "PubMed": structured(_pubmed(SHARED / "records"), known),
        "other records": structured(_others(SHARED), known),
    }
    files = [argument for argument in sys.argv[1:] if argument.endswith(".json")]
    if files:
        draws["questions"] = structured(_questions(Path(files[0])), known)
    for draw, found in draws.items():
        for half, seen in (("looked at", True), ("not looked at", False)):
            rows.append((draw, half, [labelled for key, labelled in found if looked_at(key) is seen]))
    table = Table("draw", "half", "abstracts", "sentences", "five", "merged")
    for draw, half, documents in rows:
        count, five, merged = accuracy(documents)
        table.add_row(draw, half, str(len(documents)), str(count), f"{five:.3f}", f"{merged:.3f}")
    out.print(table)


if __name__ == "__main__":
    main()
