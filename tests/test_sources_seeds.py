"""The five real pages that the project began with: every fact that they state, and none that they do not."""

from pathlib import Path

import pytest

from loaders.record import Record, Registration
from loaders.sources import detect
from ontology.iris import title_key

pytestmark = pytest.mark.real


def page(shared: Path, number: str) -> tuple[Record, str]:
    path = next((shared / "records" / "seeds").glob(f"{number}_*.txt"))
    raw = path.read_bytes()
    source = detect(raw[:65536])
    assert source
    return source.read(raw), raw.decode()


def families(record: Record) -> list[str | None]:
    return [person.family for person in record.people]


@pytest.mark.parametrize("number", ["000", "001", "003", "004"])
def test_the_abstract_stands_in_the_source_letter_for_letter(shared: Path, number: str) -> None:
    record, text = page(shared, number)
    assert record.abstract
    assert record.abstract in text
    assert record.title in text


def test_eprints_page(shared: Path) -> None:
    record, _ = page(shared, "000")
    publication = record.publication
    assert publication
    assert record.key == "discovery.ucl.ac.uk-10209318"
    assert record.identifier("doi") == "10.1186/s12888-022-03999-9"
    assert (publication.journal, publication.volume, publication.issue) == ("BMC Psychiatry", "22", "1")
    assert (publication.article_number, publication.issued) == ("373", "2022")
    assert publication.open_access
    copy = publication.copies[0]
    assert (copy.status, copy.version) == ("Green open access", "Published Version")
    assert copy.licence == "https://creativecommons.org/licenses/by/4.0/"
    assert publication.copies[1].url == "https://doi.org/10.1186/s12888-022-03999-9"
    assert [person.position for person in record.people] == [1, 2, 3, 4, 5, 6, 7, None]
    assert record.authors_truncated
    assert (record.people[-1].name, record.people[-1].position_from_end) == ("Worner, Jessica", 1)
    assert len(record.keywords) == 23
    (unit,) = record.organisations
    chain = [unit.name]
    while unit.parent:
        unit = unit.parent
        chain.append(unit.name)
    assert chain == [
        *("Division of Psychiatry", "Faculty of Brain Sciences", "School of Life and Medical Sciences"),
        *("Provost and Vice Provost Offices", "UCL"),
    ]


def test_document_sharing_page(shared: Path) -> None:
    record, _ = page(shared, "001")
    publication = record.publication
    assert publication
    assert record.title.endswith("organisational benefits and challenges")
    (identifier,) = record.identifiers
    assert (identifier.value, identifier.status) == ("10.1186/1472-6963-13-188", "repaired")
    assert identifier.raw == "10.1186-1472-6963-13-188"
    assert record.key == identifier.value
    assert (publication.journal, publication.volume) == ("BMC Health Services Research", "13")
    assert publication.article_number == "188"
    assert publication.issued is None
    assert [person.name for person in record.people] == [
        *("Steve G Gillard", "Christine Edwards", "Sarah L Gibson", "Katherine Owen", "Christine Wright")
    ]
    assert families(record)[0] == "Gillard"
    assert len(record.keywords) == 10
    assert record.keywords[2] == "Secondary data analysis qualitative"
    assert record.keywords[-1] == "Workforce development"
    assert record.abstract
    assert record.abstract.startswith("BackgroundThe provision")


def test_json_page(shared: Path) -> None:
    record, text = page(shared, "002")
    publication = record.publication
    assert publication
    assert record.abstract
    assert record.abstract.count("Burnout and retention") == 1
    assert all(line in text for line in record.abstract.split("\n"))
    assert record.identifier("doi") == "10.1108/mhsi-02-2024-0023"
    assert publication.issued == "2024-07-05"
    assert publication.journal == "Mental Health and Social Inclusion"
    assert (publication.volume, publication.open_access) == (None, False)
    assert families(record) == ["Robertson", "Leigh-Phippard", "Robertson", "Thomson", "Casey", "Walsh"]
    assert {i.scheme for i in record.identifiers} == {"doi"}


def test_sciety_page(shared: Path) -> None:
    record, _ = page(shared, "003")
    assert record.publication
    assert record.publication.type == "preprint"
    assert record.key == title_key(record.title)
    assert not record.people
    assert not record.identifiers
    assert record.abstract
    assert record.abstract.startswith("Background\n")


def test_hra_page(shared: Path) -> None:
    record, _ = page(shared, "004")
    registration = record.registration
    assert registration
    assert record.key == record.identifier("iras") == "146257"
    assert record.title.startswith("A qualitative investigation")
    assert record.alternative_titles == ("Experiences of peer support workers' journey and role",)
    assert registration.version == "1"
    (contact,) = record.people
    assert (contact.name, contact.role, contact.position) == ("Joanna Smith", "contact", None)
    assert contact.email
    assert contact.email.endswith("@nsft.nhs.uk")
    assert registration.sponsor
    assert registration.sponsor.name == "Norfolk and Suffolk NHS Foundation Trust"
    assert registration.sponsor.kind == "nhs-foundation-trust"
    assert registration.duration == "P11M30D"
    assert registration.expected_end is None
    (opinion,) = registration.opinions
    assert opinion.committee
    assert opinion.committee.name == "East Midlands - Nottingham 1 Research Ethics Committee"
    assert (opinion.reference, opinion.date, opinion.outcome) == ("15/EM/0220", "2015-05-19", "favourable")
    assert isinstance(registration, Registration)
