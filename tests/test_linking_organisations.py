"""Which organisation a name, an affiliation or an e-mail domain means; doubt means none."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loaders.linking import trusts
from loaders.linking.affiliations import CERTAIN, matcher
from loaders.linking.mail_domains import by_domain
from loaders.linking.organisations import match
from loaders.linking.registry import registry
from loaders.record import Identifier, Organisation, Person
from tests.test_linking import article, homes, linked


def meant(name: str, kind: str = "") -> str:
    """The name in the register of what a name means; empty for none."""
    found = match(Organisation(name, kind)).entry
    return found.names[0] if found else ""


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Department of Psychiatry, University of Oxford, Oxford, UK", "University of Oxford"),
        ("Dept. of Mech. Engg., Univ. of Leeds, Leeds LS2 9JT, U.K.", "University of Leeds"),
        ("1Kyungpook National University", "Kyungpook National University"),
        ("School of Physics, University of California, San Diego, USA", "University of California San Diego"),
        ("Cardiff University - Research Integrity, Governance and Ethics Team Research and", "Cardiff University"),
        ("SOAS University of London", "SOAS University of London"),
        (
            "School of Law, University of California, 5 Some Road, Berkeley",
            "University of California, Berkeley",
        ),
        ("Department of Chemistry, University of Fudan, Shanghai, China", "Fudan University"),
        ("Dipartimento di Fisica, Università di Milano, Milano, Italy", "University of Milan"),
        ("University of Lodz, Lodz, Poland", "University of Łódź"),
        ("Dept. of Chemistry, Weizmann Institute, Rehovot, Israel", "Weizmann Institute of Science"),
        ("University of Texas, M.D. Anderson Cancer Center", "The University of Texas MD Anderson Cancer Center"),
        ("Florida Int. Univ., Miami, FL#TAB#", "Florida International University"),
        ("Fate Therapeutics, Inc., San Diego, CA", "Fate Therapeutics (United States)"),
        ("Mathematisches Institut Universität Bonn", "University of Bonn"),
    ],
)
def test_an_affiliation_leads_to_its_institution(text: str, name: str) -> None:
    assert meant(text) == name


@pytest.mark.parametrize(
    "text",
    [
        "Department of Psychology",
        "School of Medicine",
        "Ministry of Health",
        "Sardar Vallabhbhai Institute of Technology Nowhere",
        "Trinity College, Cambridge",
        "Penza State University, Penza, Russian Federation",
        "Israeli Institute for Nothing, Ness-Ziona, Israel",
        "Aarhus University Hospital Annex",
        "London",
        "",
    ],
)
def test_doubt_means_no_institution(text: str) -> None:
    assert meant(text) == ""


def test_names_that_may_be_many_s_are_not_clustered() -> None:
    vague, telling = Organisation("Department of Psychology"), Organisation("Peerwork Institute for Lived Experience")
    one, two = (
        article(k, "A study of care", people=(Person("Ann Lee", position=1, affiliations=(vague, telling)),))
        for k in "ab"
    )
    home = homes(linked(one, two))
    node = "record/crossref/{}#organisation-{}".format
    assert home[node("a", 1)] != home[node("b", 1)]
    assert home[node("a", 2)] == home[node("b", 2)]


def test_units_stand_for_themselves_within_their_institution() -> None:
    school = Organisation("School of Medicine", "unit", parent=Organisation("University of Oxford", "university"))
    other = Organisation("School of Medicine", "unit", parent=Organisation("University of Leeds", "university"))
    assert match(school).key != match(other).key
    assert match(school).key == match(Organisation("The School of Medicine", "unit", parent=school.parent)).key


def test_a_repository_s_own_acronym_means_its_institution() -> None:
    found = match(Organisation("UCL"), "discovery.ucl.ac.uk").entry
    assert found
    assert found.ror == "02jx3x895"


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("Norfolk and Suffolk NHS Foundation Trust", "RMY"),
        ("Nofolk & Sufolk NHS Fundation Trust", "RMY"),
        ("norfolk suffolk nhs trust", "RMY"),
        ("Central and North West London (CNWL) NHS Foundation Trust", "RV3"),
        ("Worcestershire Health and Care NHS Trust", "R1A"),
        ("Salford Royal NHS Foundation Trust", "RM3"),
    ],
)
def test_trusts_are_found_by_present_and_former_names(name: str, code: str) -> None:
    found = trusts.find(name)
    assert found
    assert found.entry.ods == code


@pytest.mark.parametrize(
    "name", ["Norfolk Health NHS Trust", "North Somewhere NHS Foundation Trust", "NHS Trust", "West East NHS"]
)
def test_a_trust_that_may_be_another_is_none(name: str) -> None:
    assert trusts.find(name) is None


def test_faults_of_typing_lead_nowhere_wrong() -> None:
    chance = random.Random(7)
    right = 0
    entries = [entry for entry in registry().entries if entry.ods]
    for entry in entries:
        letters = list(entry.names[0])
        for _ in range(2):
            place = chance.randrange(len(letters))
            letters[place : place + 1] = chance.choice(([], [chance.choice("aeinrst")], [letters[place], "e"]))
        found = trusts.find("".join(letters))
        assert found is None or found.entry == entry, (entry.names[0], "".join(letters))
        right += found is not None
    assert right > 0.6 * len(entries)


def test_a_merged_trust_says_what_took_over() -> None:
    poole = Organisation("Poole Hospital NHS Foundation Trust", "nhs-foundation-trust")
    graph = linked(article("p", "Care of older people", people=(Person("Ann Lee", position=1, affiliations=(poole,)),)))
    said = [line for line in graph if "isReplacedBy" in line]
    assert len(said) == 1
    dorset = registry().entry("R0D")
    assert said[0].endswith(f"<{dorset.iri}>")


@pytest.mark.parametrize(
    ("domain", "name"),
    [
        ("nsft.nhs.uk", "Norfolk and Suffolk NHS Foundation Trust"),
        ("psychol.ucl.ac.uk", "University College London"),
        ("kcl.ac.uk", "King's College London"),
        ("nhs.net", ""),
        ("gmail.com", ""),
        ("", ""),
    ],
)
def test_where_an_e_mail_domain_leads(domain: str, name: str) -> None:
    found = by_domain(domain)
    assert (found.names[0] if found else "") == name


@pytest.mark.parametrize(
    ("former", "present"),
    [
        ("NRES Committee East Midlands - Nottingham 1", "East Midlands - Nottingham 1 Research Ethics Committee"),
        ("Nottingham Research Ethics Committee 1", "East Midlands – Nottingham 1 REC"),
        ("Southmead Research Ethics Committee", "South West 4 REC"),
        ("Yorkshire & The Humber - Leeds West REC", "Yorkshire and The Humber - Leeds West Research Ethics Committee"),
    ],
)
def test_committees_across_their_names(former: str, present: str) -> None:
    keys = {match(Organisation(name, "research-ethics-committee")).key for name in (former, present)}
    assert len(keys) == 1


def test_committees_of_two_places_are_two() -> None:
    names = (
        "East Midlands - Nottingham 1 REC",
        "East Midlands - Nottingham 2 REC",
        "London - Central REC",
        "Wales REC 3",
    )
    assert len({match(Organisation(name, "research-ethics-committee")).key for name in names}) == 4


def test_a_stated_identifier_decides() -> None:
    named = Organisation("Something unheard of", identifiers=(Identifier("ror", "052gg0110"),))
    assert match(named).entry == registry().entry("052gg0110")


@given(st.text(max_size=80))
def test_any_text_is_an_affiliation(text: str) -> None:
    for found in matcher().find(text):
        assert found.entry.iri.startswith("https://")
    assert match(Organisation(text)).score <= 1.0 >= CERTAIN
