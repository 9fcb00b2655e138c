"""Research summaries of the HRA: every block may be missing, in three layouts."""

import json
from pathlib import Path

import pytest

from loaders.record import Record, Unreadable
from loaders.sources import detect, hra

BLOCKS = {
    "Research type": "Research Study",
    "Full title": "How peer workers see their work: an interview study",
    "IRAS ID": "146257",
    "Contact name": "Joanna Smith",
    "Contact email": "contact.name@nsft.nhs.uk",
    "Sponsor organisation": "Norfolk and Suffolk NHS Foundation Trust",
    "Duration of Study in the UK": "0 years, 11 months, 30 days",
    "Research summary": "We ask what the work is like. It runs until March 2016.",
    "REC name": "East Midlands - Nottingham 1 Research Ethics Committee",
    "REC reference": "15/EM/0220",
    "Date of REC Opinion": "19 May 2015",
    "REC opinion": "Favourable Opinion",
}
LAYOUTS = ("bullets", "flat", "colons", "run on", "html")


def render(title: str, blocks: dict[str, str], layout: str) -> bytes:
    if layout == "bullets":
        body = "\n\n".join(f"  • {label}\n\n    {value}" for label, value in blocks.items())
        return f"{title}\n\n{body}".encode()
    if layout == "html":
        items = "".join(f"<li><h3>{label}</h3><div><p>{value}</p></div></li>" for label, value in blocks.items())
        page = (
            f"<head><title>{title} - A site</title></head><body><nav>Home</nav><h1>{title}</h1><ul>{items}</ul></body>"
        )
        return f"<!DOCTYPE html><html>{page}</html>".encode()
    if layout == "flat":
        return "\n".join([title, *(f"{label}\n{value}" for label, value in blocks.items())]).encode()
    if layout == "colons":
        return "\n".join([title, *(f"{label}: {value}" for label, value in blocks.items())]).encode()
    return " ".join([title, *(f"{label} {value}" for label, value in blocks.items())]).encode()


def read(title: str, blocks: dict[str, str], layout: str) -> Record:
    raw = render(title, blocks, layout)
    assert detect(raw) is hra
    return hra.read(raw)


def facts(record: Record) -> dict[str, object]:
    registration = record.registration
    assert registration
    opinion = registration.opinions[0] if registration.opinions else None
    contact = record.people[0] if record.people else None
    return {
        "Research type": registration.research_type,
        "Full title": record.title,
        "IRAS ID": record.identifier("iras"),
        "Contact name": contact and contact.name,
        "Contact email": contact and contact.email,
        "Sponsor organisation": registration.sponsor and registration.sponsor.name,
        "Duration of Study in the UK": registration.duration,
        "Research summary": record.abstract,
        "REC name": opinion and opinion.committee and opinion.committee.name,
        "REC reference": opinion and opinion.reference,
        "Date of REC Opinion": opinion and opinion.date,
        "REC opinion": opinion and opinion.outcome,
    }


WANTED: dict[str, object] = {
    **BLOCKS,
    "Duration of Study in the UK": "P11M30D",
    "Date of REC Opinion": "2015-05-19",
    "REC opinion": "favourable",
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_whole_page(layout: str) -> None:
    record = read("Peer workers at work (version 2)", BLOCKS, layout)
    assert facts(record) == WANTED
    assert record.alternative_titles == ("Peer workers at work",)
    assert record.registration
    assert record.registration.version == "2"
    assert not record.leftovers


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("missing", BLOCKS)
def test_any_block_may_be_missing(missing: str, layout: str) -> None:
    record = read("Peer workers at work", {k: v for k, v in BLOCKS.items() if k != missing}, layout)
    wanted = WANTED | {missing: "Peer workers at work" if missing == "Full title" else None}
    if missing == "Contact name":
        wanted["Contact email"] = None  # an address without a name is nobody's
    assert facts(record) == wanted


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("empty", ["", "N/A", "Publication of this data is currently deferred."])
def test_words_for_absent_are_absent(empty: str, layout: str) -> None:
    record = read("Peer workers at work", BLOCKS | {"REC name": empty, "REC reference": empty}, layout)
    assert facts(record)["REC name"] is None
    assert facts(record)["REC reference"] is None


@pytest.mark.parametrize("glue", [" | ", "\n", ": …\n", "\n- "])
def test_a_text_about_the_labels_is_no_page(glue: str) -> None:
    labels = glue.join(hra.LABELS)
    for notes in (
        labels,
        f"# The page of a study\n{labels}\n- IRAS ID 146257 is one of ours; most blocks are optional",
    ):
        assert detect(notes.encode()) is None


def test_a_label_stuck_to_the_summary() -> None:
    raw = render("Peer workers at work", BLOCKS, "flat").replace(b"March 2016.\nREC name", b"March 2016.REC name")
    assert facts(hra.read(raw)) == WANTED


def test_labels_within_a_text_are_text() -> None:
    summary = "We quote:\nFull title\nand\nIRAS ID\nof other studies. The REC name is given below."
    for layout in ("bullets", "flat"):
        record = read("Peer workers at work", BLOCKS | {"Research summary": summary}, layout)
        assert record.abstract == summary
        assert record.identifier("iras") == "146257"


@pytest.mark.parametrize("layout", LAYOUTS)
def test_numbers_of_other_registers(layout: str) -> None:
    before, after = dict(list(BLOCKS.items())[:6]), dict(list(BLOCKS.items())[6:])
    numbers = {
        "Eudract number": "2014-001234-56",
        "ISRCTN Number": "ISRCTN10215637",
        "Clinicaltrials.gov Identifier": "NCT01234567; SPON1856-21, Cardiff University Sponsorship Number",
    }
    record = read("Peer workers at work", before | numbers | after, layout)
    found = {(i.scheme, i.value) for i in record.identifiers}
    assert found == {
        *(("iras", "146257"), ("eudract", "2014-001234-56"), ("isrctn", "ISRCTN10215637")),
        *(("nct", "NCT01234567"), ("local", "SPON1856-21")),
    }


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_tissue_bank(layout: str) -> None:
    bank = BLOCKS | {
        "Research type": "Research Tissue Bank",
        "Data collection arrangements": "Taken at operations.",
        "RTBTitle": "Bank of the Nottingham clinics",
        "Establishment organisation": "Queen's Medical Centre",
        "Establishment organisation address": "Derby Road\nNottingham",
    }
    record = read("Bank", bank, layout)
    assert record.registration
    assert record.registration.establishment
    assert record.registration.establishment.name == "Queen's Medical Centre"
    assert record.alternative_titles == ("Bank", "Bank of the Nottingham clinics")
    assert set(record.leftovers) == {"Data collection arrangements", "Establishment organisation address"}


def test_a_number_in_place_of_a_title_is_no_title() -> None:
    blocks = {k: v for k, v in BLOCKS.items() if k != "Full title"}
    record = read("146257", blocks, "bullets")
    assert (record.title, record.alternative_titles) == ("IRAS 146257", ())


def test_an_opinion_of_another_wording_is_left_over() -> None:
    record = read("Peer workers at work", BLOCKS | {"REC opinion": "Opinion pending"}, "bullets")
    assert facts(record)["REC opinion"] is None
    assert record.leftovers == ("REC opinion",)


def test_neither_number_nor_title_is_unreadable() -> None:
    with pytest.raises(Unreadable, match="IRAS ID or a title"):
        hra.read("  • Research type\n\n    Research Study\n\n  • REC opinion\n\n".encode())


@pytest.mark.real
def test_real_notes_on_the_labels_are_no_page(shared: Path) -> None:
    assert detect((shared / "records" / "hra_page_labels.md").read_bytes()) is None


@pytest.mark.real
@pytest.mark.parametrize("layout", ["bullets", "flat", "run on"])
def test_real_field_values(shared: Path, layout: str) -> None:
    names = {
        "research_type": "Research type",
        "full_title": "Full title",
        "iras_id": "IRAS ID",
        "contact_name": "Contact name",
        "contact_email": "Contact email",
        "sponsor_organisation": "Sponsor organisation",
        "clinicaltrials_gov_block": "Clinicaltrials.gov Identifier",
        "duration_raw": "Duration of Study in the UK",
        "summary": "Research summary",
        "rec_name": "REC name",
        "rec_reference": "REC reference",
        "date_of_rec_opinion_raw": "Date of REC Opinion",
        "rec_opinion": "REC opinion",
    }
    lines = (shared / "records" / "hra_facts.jsonl").read_text(encoding="utf-8").splitlines()
    assert len(lines) == 8
    for line in lines:
        real = json.loads(line) | {"summary": "Staff are asked about their work.", "contact_email": ""}
        blocks = {label: real[name] for name, label in names.items() if real.get(name) is not None}
        record = read(real["title"], blocks, layout)
        found = facts(record)
        said = {label: None if value in ("N/A", "") else value for label, value in blocks.items()}
        for label in set(found) - {"Duration of Study in the UK", "Date of REC Opinion"}:
            assert found[label] == said.get(label), (real["iras_id"], label)
        years, months, days = (int(part.split()[0]) for part in real["duration_raw"].split(","))
        parts = ((years, "Y"), (months, "M"), (days, "D"))
        assert found["Duration of Study in the UK"] == "P" + "".join(f"{n}{unit}" for n, unit in parts if n)
        assert real["title"] in (record.title, *record.alternative_titles)
        if real["date_of_rec_opinion_raw"]:
            assert found["Date of REC Opinion"] == "2025-03-18"


def test_labels_without_values_are_no_summary() -> None:
    table = b"| Full title | | IRAS ID | |\n| --- |\nFull title\n|\nIRAS ID\n|\nREC name\n|\nResearch summary\n|\n"
    with pytest.raises(Unreadable, match="IRAS ID or a title"):
        hra.read(table)
