"""Makes the compact register of organisations that is shipped: `data/organisations.tsv.xz`.

    python -m loaders.linking.registries ror.jsonl[.gz] etr.csv [older-etr.csv …]

ROR (schema 1 or 2, one organisation a line, or the JSON array of the published dump) is CC0. The ODS lists of NHS
trusts (`etr.csv`) are under the Open Government Licence v3.0. Where both know an organisation by the same name,
it is one line.
"""

import csv
import gzip
import lzma
import os
import re
import sys
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import orjson

from loaders.identifiers import ror as ror_id
from loaders.linking.organisation_names import trust_key
from loaders.linking.registry import CLOSED, FILE, Registry
from loaders.linking.registry import Entry as Known

COLUMNS = ("ror", "ods", "country", "city", "types", "names", "acronyms", "domains", "parent", "successor")
HERE = Path(__file__).parent / "data"
MOST = 0.9
"""The part of the present identifiers that a new register must have."""
_UNREADABLE = (LookupError, TypeError, ValueError, OSError, EOFError, lzma.LZMAError, zlib.error, zipfile.BadZipFile)
_CROCKFORD = "0123456789abcdefghjkmnpqrstvwxyz"
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
        found[row[0]] = _trust(row, closed=len(row) > 11 and bool(row[11]))
    for edition in older:
        for row in edition:
            entry = found.setdefault(row[0], _trust(row, closed=True))
            entry.names.append(titled(row[1]))
    yield from found.values()


def _trust(row: list[str], *, closed: bool) -> Entry:
    after = CLOSED if closed else ""
    return Entry("", row[0], "GB", titled(row[7]), "healthcare", [titled(row[1])], successor=after)


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
        trust.successor = successors.get(trust.ods, trust.successor)
        same = next((by_name[trust_key(name)] for name in trust.names if trust_key(name) in by_name), None)
        if same is None or same.ods:
            merged.append(trust)
            continue
        same.ods = trust.ods
        same.successor = same.successor or trust.successor
        same.names += trust.names
    return sorted(merged, key=lambda entry: (entry.ror, entry.ods))


class BadRegister(ValueError):
    """What was made cannot take the place of the register in use. The message says why."""


def build(ror: Path | None, ods: Sequence[Path], present: Registry) -> str:
    """The text of a register from a dump of ROR and editions of the ODS list, the latest first; what is not given is
    taken from the present one. Raises BadRegister for what cannot be read.
    """
    try:
        known = [_of_ror(entry) for entry in present.entries if entry.ror]
        organisations = list(read_ror(_ror_lines(ror))) if ror else known
        editions = [[row for row in csv.reader(_text(path).splitlines()) if row] for path in ods]
        had = [_of_ods(entry) for entry in present.entries if entry.ods]
        trusts = list(read_ods(editions[0], editions[1:])) if editions else had
    except _UNREADABLE as error:
        raise BadRegister(f"cannot be read: {error!r}") from None
    succession = (HERE / "trust_succession.tsv").read_text("utf-8").splitlines()
    successors = dict(line.split("\t")[:2] for line in succession if line and not line.startswith("#"))
    # a trust that the latest edition no longer has keeps its name, for the records that bear it
    listed = {entry.ods for entry in trusts}
    entries = merge(organisations, [*trusts, *(entry for entry in had if entry.ods not in listed)], successors)
    return "\n".join(("\t".join(COLUMNS), *(entry.row() for entry in entries))) + "\n"


def check(text: str, present: Registry) -> Registry:
    """The register that a text is, if it can take the place of the present one. Raises BadRegister.

    It must be read back whole, name everything by right identifiers, and have most of what the present one has.
    """
    try:
        made = Registry(text)
    except ValueError as error:
        raise BadRegister(f"does not read back: {error}") from None
    wrong = [e for e in made.entries if not e.names or not (e.ror or e.ods) or not _right(e)]
    if wrong:
        raise BadRegister(f"{len(wrong):,} entries have no name or a wrong identifier, the first is {wrong[0].iri}")
    if len(made.by_id) < sum(bool(e.ror) + bool(e.ods) for e in made.entries):
        raise BadRegister("some identifier is there twice")
    kept = len(present.by_id.keys() & made.by_id.keys())
    if kept < MOST * len(present.by_id):
        raise BadRegister(f"has only {kept:,} of the {len(present.by_id):,} identifiers of the present one")
    return made


def _right(entry: Known) -> bool:
    """Whether its identifiers are well formed: a ROR id's last two digits check the others."""
    if entry.ods and not re.fullmatch("[A-Z0-9]{3,6}", entry.ods):
        return False
    if not entry.ror:
        return True
    number = 0
    for letter in entry.ror[:-2]:
        number = number * 32 + _CROCKFORD.find(letter)
    return ror_id(entry.ror) == entry.ror and 98 - (number * 100) % 97 == int(entry.ror[-2:])


def _of_ror(known: Known) -> Entry:
    """What a register has from ROR, to be merged anew with the trusts."""
    names, acronyms, domains = list(known.names), list(known.acronyms), list(known.domains)
    place = known.country, known.city, known.types
    return Entry(known.ror, "", *place, names, acronyms, domains, known.parent, known.successor.replace(CLOSED, ""))


def _of_ods(known: Known) -> Entry:
    """What a register has of a trust, to be merged anew with ROR."""
    return Entry("", known.ods, "GB", known.city, "healthcare", list(known.names), successor=known.successor)


def _ror_lines(path: Path) -> Iterator[bytes]:
    """One organisation a line, of whichever form the dump has: lines or an array, plain, gzip or zip."""
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as within:
            names = [name for name in within.namelist() if name.endswith(".json")]
            # a dump that has both schemas names the newer one so
            raw = within.read(max(names, key=lambda name: ("schema_v2" in name, name)))
    else:
        raw = path.read_bytes()
        raw = gzip.decompress(raw) if raw[:2] == b"\x1f\x8b" else raw
    if raw[:1] == b"[":
        yield from (orjson.dumps(organisation) for organisation in orjson.loads(raw))
    else:
        yield from (line for line in raw.splitlines() if line.strip())


def _text(path: Path) -> str:
    """A list of ODS: the report itself, or the zip in which it is published."""
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as within:
            return within.read(next(name for name in within.namelist() if name.endswith(".csv"))).decode("utf-8-sig")
    return path.read_text("utf-8-sig")


def replace(text: str, target: Path) -> None:
    """Writes a register's file: whole, or not at all."""
    target.parent.mkdir(parents=True, exist_ok=True)
    half = target.with_name(target.name + ".new")
    with half.open("wb") as file:
        file.write(lzma.compress(text.encode(), preset=9 | lzma.PRESET_EXTREME))
        file.flush()
        os.fsync(file.fileno())
    half.replace(target)


def main(ror: Path, *ods: Path) -> None:
    """Writes the shipped register."""
    target = HERE / FILE
    text = build(ror, ods, Registry("\t".join(COLUMNS)))
    replace(text, target)
    print(f"{target.name}: {text.count(chr(10)) - 1:,} organisations, {target.stat().st_size / 1e6:.2f} MB")


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
