"""The compact register made from ROR, in both of its schemas, and from the list of NHS trusts."""

import orjson

from loaders.linking.registries import COLUMNS, merge, read_ods, read_ror, titled
from loaders.linking.registry import Registry, registry
from ontology.iris import ODS, ROR

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
