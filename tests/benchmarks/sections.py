"""Sections without headings: `python -m tests.benchmarks.sections [ORI_PQAL.json] [EBMNLP.txt …]`.

Abstracts whose authors wrote headings, read without them. The model is trained on nine tenths of the JATS
articles of ../shared/records; it is measured here on the last tenth, on structured abstracts of PubMed (by
NLM's category of each part, else by its heading) and on those of the other records there. The labelled part of
PubMedQA is a fourth draw and EBM-NLP's abstracts of trials (a word a line, as SciBERT has them) are a fifth, if
their files are given. All but the first are split in two by a hash of the record's id: one half was looked at while
features were chosen; the last row is of everything that was not. Sentences under a heading that allows several
sections do not count. "merged": background and objective are one.
"""

import re
import sys
from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path

import orjson
from lxml import etree
from rich.console import Console
from rich.table import Table

from loaders.evidence import train
from loaders.evidence.headings import BACKGROUND, OBJECTIVE, RESULTS, headings, meaning
from loaders.evidence.sections import sectioned
from loaders.evidence.sentences import sentences
from tests.benchmarks.corpus import texts
from tests.benchmarks.mesh import SHARED, looked_at

Labelled = list[tuple[str, str | None]]
"""Sentences, each with the section of its heading, or None where the heading allows several."""

_OPEN = " :.–—-\t\r\n"
_CAPITALS = re.compile(r"(?:(?<=[.?!)] )|^)([A-Z][A-Z/&', -]{2,60}[A-Z])(?:\s?\(S\))?[ :]+(?=[A-Z0-9][A-Za-z0-9 -])")
_ASIDE = re.compile("TRIAL REG|FUND|SUPPL")


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


def _trials(file: Path) -> Iterator[tuple[str, Labelled]]:
    for document in file.read_text(encoding="utf-8").split("-DOCSTART- (")[1:]:
        key, _, rest = document.partition(")")
        words = " ".join(line.split(" ")[0] for line in rest.splitlines() if line)
        text = re.sub(r"([(\[]) | (?=[.,;:%)\]?]|'s )", r"\1", words)
        found = [heading for heading in _CAPITALS.finditer(text) if meaning(heading[1].capitalize())]
        labelled: Labelled = []
        for heading, end in zip(found, [*(h.start() for h in found), len(text)][1:], strict=True):
            if not _ASIDE.search(heading[1]):
                labelled += _under(heading[1].capitalize(), text[heading.end() : end].strip())
        if any(section == RESULTS for _, section in labelled):  # else a heading in small letters was not seen
            yield f"pubmed:{key}", labelled


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
        end = -1
        for sentence, known in document:
            end += len(sentence) + 1  # a sentence may begin with what is read as a heading: where it ends counts
            guess = next((one.section for one in read if one.start < end <= one.end), "")
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
    questions, trials = ([Path(name) for name in sys.argv[1:] if name.endswith(end)] for end in (".json", ".txt"))
    if questions:
        draws["questions"] = structured(chain.from_iterable(map(_questions, questions)), known)
    if trials:
        draws["trials"] = structured(chain.from_iterable(map(_trials, trials)), known)
    for draw, found in draws.items():
        for half, seen in (("looked at", True), ("not looked at", False)):
            rows.append((draw, half, [labelled for key, labelled in found if looked_at(key) is seen]))
    fresh = [labelled for _, half, documents in rows if half in ("held out", "not looked at") for labelled in documents]
    rows.append(("together", "not looked at", fresh))
    table = Table("draw", "half", "abstracts", "sentences", "five", "merged")
    for draw, half, documents in rows:
        count, five, merged = accuracy(documents)
        table.add_row(draw, half, str(len(documents)), str(count), f"{five:.3f}", f"{merged:.3f}")
    out.print(table)


if __name__ == "__main__":
    main()
