"""Makes the compact register of organisations that is shipped: `data/organisations.tsv.xz`.

    python -m loaders.linking.registries ror.jsonl[.gz] etr.csv [older-etr.csv …]

ROR (schema 1 or 2, one organisation a line, or the JSON array of the published dump) is CC0. The ODS lists of NHS
trusts (`etr.csv`) are under the Open Government Licence v3.0. Where both know an organisation by the same name,
it is one line.
"""

import csv
import gzip
import lzma
import re
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any
from urllib.parse import urlsplit

import orjson

from loaders.linking.organisation_names import trust_key

COLUMNS = ("ror", "ods", "country", "city", "types", "names", "acronyms", "domains", "parent", "successor")
HERE = Path(__file__).parent / "data"
_FOREIGN_SITES = frozenset(
    re.findall(
        r"\S+",
        "facebook.com wikipedia.org google.com linkedin.com twitter.com wordpress.com github.com blogspot.com "
        "instagram.com weebly.com",
    )
)


@dataclass(slots=True)
class Entry:
    """An organisation as the registers know it: the first of `names` is the one that it goes by."""

    ror: str = ""
    ods: str = ""
    country: str = ""
    city: str = ""
    types: str = ""
    names: list[str] = field(default_factory=list)
    acronyms: list[str] = field(default_factory=list)
    domains: list[str] = field(default_factory=list)
    parent: str = ""
    successor: str = ""

    def row(self) -> str:
        """One line of the compact register: columns parted by tabs, values within one by bars."""
        values = (getattr(self, name) for name in COLUMNS)
        texts = (v if isinstance(v, str) else "|".join(dict.fromkeys(v)) for v in values)
        return "\t".join(" ".join(text.split()) for text in texts)


def read_ror(lines: Iterable[bytes]) -> Iterator[Entry]:
    """The organisations of ROR that were not withdrawn."""
    for line in lines:
        said = orjson.loads(line)
        if said["status"] != "withdrawn":
            yield _ror2(said) if "names" in said else _ror1(said)


def _ror1(said: dict[str, Any]) -> Entry:
    place = said["addresses"][0] if said["addresses"] else {}
    return _related(
        said,
        Entry(
            country=said["country"]["country_code"],
            city=place.get("city") or "",
            names=[said["name"], *said["aliases"], *(label["label"] for label in said["labels"])],
            acronyms=list(said["acronyms"]),
            domains=_domains(said["links"]),
        ),
    )


def _ror2(said: dict[str, Any]) -> Entry:
    place = said["locations"][0]["geonames_details"]
    names = sorted(said["names"], key=lambda name: "ror_display" not in name["types"])
    acronyms = [name["value"] for name in names if "acronym" in name["types"]]
    return _related(
        said,
        Entry(
            country=place["country_code"],
            city=place["name"] or "",
            names=[name["value"] for name in names if name["types"] != ["acronym"]] or acronyms[:1],
            acronyms=acronyms,
            domains=list(said["domains"])
            + _domains(link["value"] for link in said["links"] if link["type"] == "website"),
        ),
    )


def _related(said: dict[str, Any], entry: Entry) -> Entry:
    entry.ror = said["id"].rpartition("/")[2]
    entry.types = "|".join(sorted(kind.lower() for kind in said["types"]))
    for relation in said["relationships"]:
        kind, other = relation["type"].lower(), relation["id"].rpartition("/")[2]
        if kind == "parent" and not entry.parent:
            entry.parent = other
        elif kind == "successor" and not entry.successor:
            entry.successor = other
    return entry


def _domains(links: Iterable[str]) -> list[str]:
    """The host names of websites, without `www.`; shared hosts and sites within another's path are left out."""
    found: list[str] = []
    for link in links:
        parts = urlsplit(link)
        host = re.sub(r"^www?\d?\.", "", (parts.hostname or "").lower())
        deep = parts.path.strip("/").count("/") > 1
        if (
            "." in host
            and not deep
            and not any(host == s or host.endswith("." + s) for s in _FOREIGN_SITES - {"nhs.uk"})
        ):
            found.append(host)
    return found


def read_ods(latest: Iterable[list[str]], older: Iterable[Iterable[list[str]]]) -> Iterator[Entry]:
    """The NHS trusts of ODS. A code stays when the name changes: names of earlier editions are kept as further
    ones. Columns (ODS "etr" report): 1 code, 2 name, 8 town, 11 opened, 12 closed.
    """
    found: dict[str, Entry] = {}
    for row in latest:
        found[row[0]] = _trust(row)
    for edition in older:
        for row in edition:
            entry = found.setdefault(row[0], _trust(row))
            entry.names.append(titled(row[1]))
    yield from found.values()


def _trust(row: list[str]) -> Entry:
    return Entry(ods=row[0], country="GB", city=titled(row[7]), types="healthcare", names=[titled(row[1])])


def titled(text: str) -> str:
    """A name in capitals as it is written.

    >>> titled("NORFOLK AND SUFFOLK NHS FOUNDATION TRUST"), titled("GUY'S AND ST THOMAS' NHS FOUNDATION TRUST")
    ('Norfolk and Suffolk NHS Foundation Trust', "Guy's and St Thomas' NHS Foundation Trust")
    """
    small = {"AND", "OF", "THE", "FOR", "ON", "UPON", "WITH", "IN"}
    words = text.split()
    told = (
        word if word in ("NHS", "UK") else word.lower() if word in small and place else word.capitalize()
        for place, word in enumerate(words)
    )
    return re.sub(r"(?<=[-(/])[a-z]", lambda m: m[0].upper(), " ".join(told))


def merge(ror: list[Entry], ods: Iterable[Entry], successors: dict[str, str]) -> list[Entry]:
    """One list: a trust that ROR knows by the same name is one entry with both identifiers."""
    by_name: dict[str, Entry] = {}
    for entry in ror:
        if entry.country == "GB":
            for name in entry.names:
                if "trust" in name.lower() or "nhs" in name.lower():
                    by_name.setdefault(trust_key(name), entry)
    merged = list(ror)
    for trust in ods:
        trust.successor = successors.get(trust.ods, "")
        same = next((by_name[trust_key(name)] for name in trust.names if trust_key(name) in by_name), None)
        if same is None or same.ods:
            merged.append(trust)
            continue
        same.ods = trust.ods
        same.successor = same.successor or trust.successor
        same.names += trust.names
    return sorted(merged, key=lambda entry: (entry.ror, entry.ods))


def _open(path: Path) -> IO[bytes]:
    return gzip.open(path) if path.suffix == ".gz" else path.open("rb")  # type: ignore[return-value]


def main(ror: Path, *ods: Path) -> None:
    """Writes the register beside this file."""
    with _open(ror) as stream:
        first = stream.read(1)
        stream.seek(0)
        lines = (orjson.dumps(o) for o in orjson.loads(stream.read())) if first == b"[" else stream
        organisations = list(read_ror(lines))
    editions = [list(csv.reader(path.read_text("utf-8").splitlines())) for path in ods]
    succession = (HERE / "trust_succession.tsv").read_text("utf-8").splitlines()
    successors = dict(line.split("\t")[:2] for line in succession if line and not line.startswith("#"))
    entries = merge(organisations, read_ods(editions[0], editions[1:]), successors)
    text = "\n".join(("\t".join(COLUMNS), *(entry.row() for entry in entries))) + "\n"
    target = HERE / "organisations.tsv.xz"
    target.write_bytes(lzma.compress(text.encode(), preset=9 | lzma.PRESET_EXTREME))
    print(f"{target.name}: {len(entries):,} organisations, {target.stat().st_size / 1e6:.2f} MB")


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
