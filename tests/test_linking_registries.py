"""The compact register made from ROR, in both of its schemas, and from the list of NHS trusts."""

from pathlib import Path

import orjson
import pytest

from loaders.linking import Linker
from loaders.linking.organisations import match, use_register
from loaders.linking.registries import COLUMNS, BadRegister, build, check, merge, read_ods, read_ror, replace, titled
from loaders.linking.registry import FILE, Registry, registry
from loaders.record import Organisation
from ontology.iris import ODS, ROR, Iris

NEW = {
    "id": "https://ror.org/00aaaaa11",
    "status": "active",
    "types": ["healthcare"],
    "domains": ["north.nhs.uk"],
    "links": [{"type": "website", "value": "https://www.north.nhs.uk/"}],
    "locations": [{"geonames_details": {"country_code": "GB", "name": "Leeds"}}],
    "names": [
        {"types": ["acronym"], "value": "NENFT"},
        {"types": ["alias"], "value": "The North Example"},
        {"types": ["ror_display", "label"], "value": "North Example NHS Foundation Trust"},
    ],
    "relationships": [{"type": "successor", "id": "https://ror.org/00bbbbb22"}],
}
OLD = {
    "id": "https://ror.org/00bbbbb22",
    "status": "active",
    "types": ["Education"],
    "name": "Example University",
    "aliases": ["University of Example"],
    "acronyms": ["EU"],
    "labels": [{"label": "Universität Beispiel"}],
    "links": ["http://www.example.ac.uk", "https://www.facebook.com/example"],
    "addresses": [{"city": "Example"}],
    "country": {"country_code": "GB"},
    "relationships": [{"type": "Parent", "id": "https://ror.org/00ccccc33"}],
}
GONE = {**OLD, "id": "https://ror.org/00ddddd44", "status": "withdrawn"}


def trust(code: str, name: str, closed: str = "") -> list[str]:
    return [code, name, "", "", "", "", "", "LEEDS", "", "LS1 1AA", "20010401", closed]


def made() -> Registry:
    organisations = list(read_ror(orjson.dumps(said) for said in (NEW, OLD, GONE)))
    latest = [trust("RAA", "NORTH EXAMPLE NHS FOUNDATION TRUST"), trust("RBB", "SOUTH EXAMPLE NHS TRUST", "20200101")]
    older = [trust("RAA", "NORTH EXAMPLE HOSPITALS NHS TRUST")]
    entries = merge(organisations, read_ods(latest, [older]), {"RBB": "RAA"})
    return Registry("\n".join(("\t".join(COLUMNS), *(entry.row() for entry in entries))))


def test_both_schemas_and_the_trusts_become_one_register() -> None:
    register = made()
    assert len(register.entries) == 3
    south, north, university = register.entries
    assert north.names[0] == "North Example NHS Foundation Trust"
    assert "North Example Hospitals NHS Trust" in north.names
    assert north.identifiers == {"ror": "00aaaaa11", "ods": "RAA"}
    assert (north.acronyms, north.domains, north.city) == (("NENFT",), ("north.nhs.uk",), "Leeds")
    assert university.names == ("Example University", "University of Example", "Universität Beispiel")
    assert university.domains == ("example.ac.uk",)
    assert university.parent == "00ccccc33"
    assert south.identifiers == {"ods": "RBB"}
    assert (north.iri, south.iri) == (ROR + "00aaaaa11", ODS + "RBB")


def test_an_entry_is_found_by_its_iri_and_knows_what_took_over() -> None:
    register = made()
    assert register.entry(ODS + "RBB").names == ("South Example NHS Trust",)
    assert register.successor(register.entry(ODS + "RBB")) == ROR + "00aaaaa11"
    assert register.successor(register.entry(ROR + "00bbbbb22")) == ""


def test_names_in_capitals_are_written_as_names() -> None:
    assert titled("BARKING, HAVERING AND REDBRIDGE UNIVERSITY HOSPITALS NHS TRUST") == (
        "Barking, Havering and Redbridge University Hospitals NHS Trust"
    )


def test_the_shipped_register_is_whole() -> None:
    register = registry()
    assert len(register.entries) > 50_000
    assert register.entry("RMY").names[0] == "Norfolk and Suffolk NHS Foundation Trust"
    assert all(entry.names and (entry.ror or entry.ods) for entry in register.entries)


DUMP = orjson.dumps([{**OLD, "id": "https://ror.org/02jx3x895"}, {**NEW, "id": "https://ror.org/01an7q238"}])


def test_a_newer_dump_makes_a_register_that_is_checked_before_it_is_used(tmp_path: Path) -> None:
    (tmp_path / "ror.json").write_bytes(DUMP)
    (tmp_path / "etr.csv").write_text("RAA,NORTH EXAMPLE NHS FOUNDATION TRUST,,,,,,LEEDS,,LS1 1AA,20010401,\n")
    nothing = Registry("\t".join(COLUMNS))
    text = build(tmp_path / "ror.json", [tmp_path / "etr.csv"], nothing)
    made = check(text, nothing)
    assert made.entry("RAA").ror == "01an7q238"
    # what is not given anew is kept
    assert check(build(None, [tmp_path / "etr.csv"], made), made).by_id.keys() == made.by_id.keys()
    (tmp_path / "few.json").write_bytes(orjson.dumps([orjson.loads(DUMP)[0]]))
    with pytest.raises(BadRegister, match="only 2 of the 3"):
        check(build(tmp_path / "few.json", [], made), made)
    with pytest.raises(BadRegister, match="wrong identifier"):
        check(text.replace("02jx3x895", "02jx3x896"), nothing)
    (tmp_path / "none.json").write_bytes(b"<html>")
    with pytest.raises(BadRegister, match="cannot be read"):
        build(tmp_path / "none.json", [], made)


def test_another_register_makes_the_links_stale_and_takes_effect(tmp_path: Path) -> None:
    text = "\t".join(COLUMNS) + "\n02jx3x895\t\tGB\tLondon\teducation\tQuite Another Name\t\t\t\t\n"
    iris = Iris("https://example.org/")
    try:
        linker = Linker(tmp_path / "links.sqlite", iris)
        linker.update([])
        linker.commit()
        assert not linker.stale
        replace(text, tmp_path / FILE)
        use_register(tmp_path / FILE)
        assert linker.stale
        assert registry().entry("02jx3x895").names == ("Quite Another Name",)
        assert match(Organisation("Quite Another Name, London, UK")).entry == registry().entry("02jx3x895")
        linker.close()
    finally:
        use_register(Path())
    assert len(registry().entries) > 50_000
