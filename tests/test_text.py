"""Text, names and identifiers: the small rules that every reader leans on."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loaders import identifiers, names, text
from loaders.record import Identifier, Unreadable

SUFFIX = st.text("abcdefghijklmnopqrstuvwxyz0123456789-._;()/", min_size=1, max_size=30).filter(
    lambda suffix: suffix[-1].isalnum()
)
PLAIN_SUFFIX = st.from_regex(r"[a-z0-9]*[a-z0-9]", fullmatch=True)
REGISTRANT = st.integers(1000, 99999).map(lambda number: f"10.{number}")


@given(REGISTRANT, SUFFIX)
def test_a_whole_doi_is_stated(registrant: str, suffix: str) -> None:
    value = f"{registrant}/{suffix}"
    for spelling in (value, value.upper(), f"https://doi.org/{value}", f"doi:{value}.", f" DOI: {value} "):
        found = identifiers.repair_doi(spelling)
        assert found
        assert (found.value, found.status, found.raw) == (value, "stated", None)
        assert identifiers.doi(spelling) == value


@given(REGISTRANT, PLAIN_SUFFIX, st.sampled_from("-_: \\|~⁄∕"))
def test_a_lost_slash_is_put_back(registrant: str, suffix: str, separator: str) -> None:
    damaged = f"{registrant}{separator}{suffix}"
    found = identifiers.repair_doi(damaged)
    assert found
    assert (found.value, found.status, found.raw) == (f"{registrant}/{suffix}", "repaired", damaged)
    assert identifiers.doi(damaged) is None


@given(st.text(max_size=60))
def test_any_text_has_a_doi_or_none(anything: str) -> None:
    found = identifiers.repair_doi(anything)
    assert found is None or identifiers.repair_doi(found.value) == Identifier("doi", found.value)
    identifiers.orcid(anything)
    identifiers.issn(anything)


@pytest.mark.parametrize(
    ("damaged", "value", "status"),
    [
        ("10.1186-1472-6963-13-188", "10.1186/1472-6963-13-188", "repaired"),
        ("10.1186s12888-022-03999-9", "10.1186/s12888-022-03999-9", "repaired"),
        ("10.1186%2Fs12888-022-03999-9", "10.1186/s12888-022-03999-9", "repaired"),
        ("10.1108_mhsi-02-2024-0023", "10.1108/mhsi-02-2024-0023", "repaired"),
        ("10.1136.bmjopen-2019-012345", "10.1136/bmjopen-2019-012345", "repaired"),
        ("10.1016 j.psyneuen.2020.01.012", "10.1016/j.psyneuen.2020.01.012", "repaired"),
        ("10.1093-bmb-ldp015", "10.1093/bmb-ldp015", "inferred"),  # truly 10.1093/bmb/ldp015
        ("10.1016j.psyneuen.2020.01.012", "10.1016/j.psyneuen.2020.01.012", "repaired"),
        ("10.1016-0140-6736-68-91234-5", "10.1016/0140-6736-68-91234-5", "repaired"),  # a publisher without slashes
        ("10.11861472-6963-13-188", "10.1186/1472-6963-13-188", "inferred"),
        ("10.10631.3075567", "10.1063/1.3075567", "inferred"),
        ("10.154689sagov", "10.15468/9sagov", "inferred"),
        ("10.999912345", "10.9999/12345", "inferred"),  # neither registrant is known
        ("10.1186.1472", "10.1186/1472", "inferred"),
    ],
)
def test_how_sure_a_repair_is(damaged: str, value: str, status: str) -> None:
    found = identifiers.repair_doi(damaged)
    assert found
    assert (found.value, found.status) == (value, status)


@pytest.mark.parametrize("text_", ["", "10.1186", "10.1186/", "10.1186--", "10.12/345", "no 10.1186/x here", "PMC123"])
def test_what_is_no_doi(text_: str) -> None:
    assert identifiers.repair_doi(text_) is None


@given((st.integers(15_000_000, 35_000_000) | st.integers(900_000_000_000, 900_100_000_000)).map("{:015}".format))
def test_an_orcid_has_one_right_checksum(digits: str) -> None:
    right = [check for check in "0123456789X" if identifiers.orcid(digits + check)]
    assert len(right) == 1
    plain = identifiers.orcid(digits + right[0])
    assert plain
    assert identifiers.orcid(f"https://orcid.org/{plain}") == plain
    assert identifiers.orcid(plain.replace("-", " ").lower()) == plain


@given(st.integers(35_000_001, 899_999_999_999).map("{:015}".format))
def test_an_isni_is_no_orcid(digits: str) -> None:
    assert not any(identifiers.orcid(digits + check) for check in "0123456789X")


@given(st.binary(max_size=200))
def test_bytes_are_text_or_unreadable(raw: bytes) -> None:
    try:
        found = text.decode(raw)
    except Unreadable as error:
        assert "is not" in str(error) or "NUL" in str(error)
    else:
        assert "\r" not in found
        assert "\0" not in found


def test_the_first_wrong_byte_is_named() -> None:
    with pytest.raises(Unreadable, match=r"byte 5 \(0xFC\) is not UTF-8"):
        text.decode("Die Müdigkeit".encode("latin-1"))
    with pytest.raises(Unreadable, match="character 3 is NUL"):
        text.decode(b"abc\0")


@given(st.integers(0, 9), st.integers(0, 40), st.integers(0, 99))
def test_a_duration_is_as_the_store_prints_it(years: int, months: int, days: int) -> None:
    ox = pytest.importorskip("pyoxigraph")
    found = text.duration(f"{years} years, {months} months, {days} days")
    if not years + months + days:
        assert found is None
        return
    duration = ox.NamedNode("http://www.w3.org/2001/XMLSchema#duration")
    store = ox.Store()
    store.add(ox.Quad(duration, duration, ox.Literal(found, datatype=duration)))
    (quad,) = store
    assert quad.object.value == found


@pytest.mark.parametrize(
    ("written", "iso"),
    [
        ("19 May 2015", "2015-05-19"),
        ("18 Mar 2025", "2025-03-18"),
        ("1st Sept. 2020", "2020-09-01"),
        ("March 5, 2016", "2016-03-05"),
        ("2016", "2016"),
        ("2016-4", "2016-04"),
        ("2024/07/05", "2024-07-05"),
        ("29 February 2023", None),
        ("2023-13", None),
        ("soon", None),
    ],
)
def test_dates(written: str, iso: str | None) -> None:
    assert text.iso_date(written) == iso


@pytest.mark.parametrize(
    ("name", "family", "given_name"),
    [
        ("Gillard, Steve", "Gillard", "Steve"),
        ("Steve G Gillard", "Gillard", "Steve G"),
        ("Helen Leigh-Phippard", "Leigh-Phippard", "Helen"),
        ("Ludwig van der Berg", "van der Berg", "Ludwig"),
        ("Robert Smith Jr", "Smith", "Robert"),
        ("Smith, Robert, Jr.", "Smith", "Robert"),
        ("Dr Joanna Smith", "Smith", "Joanna"),
        ("Gillard SG", "Gillard", "SG"),
        ("van der Berg L", "van der Berg", "L"),
        ("Plato", None, None),
        ("", None, None),
    ],
)
def test_names(name: str, family: str | None, given_name: str | None) -> None:
    assert names.split_name(name) == (family, given_name)


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("Norfolk and Suffolk NHS Foundation Trust", "nhs-foundation-trust"),
        ("Manchester University NHS Foundation Trust", "nhs-foundation-trust"),
        ("Barts Health NHS Trust", "nhs-trust"),
        ("Cardiff University - Research Integrity, Governance and Ethics Team", "university"),
        ("SOAS University of London", "university"),
        ("East Midlands - Nottingham 1 Research Ethics Committee", "research-ethics-committee"),
        ("Research Integrity and Governance Office", ""),
    ],
)
def test_kinds_of_organisation(name: str, kind: str) -> None:
    assert names.organisation_kind(name) == kind


def test_keywords_fold_case_and_hyphens() -> None:
    assert text.fold_keyword("JOB-SATISFACTION") == text.fold_keyword(" Job\u00a0satisfaction") == "job satisfaction"
