"""Whether two names can be one person's, and whether two mentions are."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loaders.linking import Linker
from loaders.linking.counting import count
from loaders.linking.frequencies import rarity, table
from loaders.linking.personal_names import Given, Middle, Name, block_keys, compare_given, parse
from loaders.record import Person, Publication, Record, Registration
from tests.test_linking import IRIS, article, author, homes, linked, mappings, person


@pytest.mark.parametrize(
    ("left", "right", "given", "middle"),
    [
        ("Steve", "Steve G", Given.SAME, Middle.ONE),
        ("SG", "Steve", Given.INITIAL, Middle.ONE),
        ("S.-G.", "S G", Given.INITIALS, Middle.AGREE),
        ("Bob", "Robert", Given.NICKNAME, Middle.NONE),
        ("Wei Ming", "Weiming", Given.SAME, Middle.NONE),
        ("A Steve", "Steve", Given.MIDDLE, Middle.NONE),
        ("José María", "Jose M", Given.SAME, Middle.AGREE),
        ("Sam", "Donald", Given.CONFLICT, Middle.NONE),
        ("Sam", "D", Given.CONFLICT, Middle.NONE),
        ("Maria T", "Maria L", Given.SAME, Middle.CONFLICT),
        ("JF", "J", Given.INITIALS, Middle.ONE),
        ("Jung-Hun", "Jung Hyun", Given.SAME, Middle.CONFLICT),
        ("Mary Ann", "Mary Anne", Given.SAME, Middle.ONE),
        ("John Frederick", "John Frederik", Given.SAME, Middle.AGREE),
    ],
)
def test_given_names_compare(left: str, right: str, given: Given, middle: Middle) -> None:
    one, other = (parse(Person(f"{name} Gillard", family="Gillard", given=name)).given for name in (left, right))
    assert compare_given(one, other) == compare_given(other, one) == (given, middle)


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("van den Berg, Anna", "Anna Berg"),
        ("Müller, Jörg", "Mueller J"),
        ("Zhang Wei", "Wei Zhang"),
        ("García López, Ana", "A Garcia"),
        ("O’Brien, Pat", "P OBrien"),
        ("Łukasz Nowak", "Lukasz Nowak"),
    ],
)
def test_spellings_of_one_name_share_a_block(left: str, right: str) -> None:
    assert set(block_keys(parse(Person(left)))) & set(block_keys(parse(Person(right))))


@given(st.text(max_size=30), st.one_of(st.none(), st.text(max_size=12)), st.one_of(st.none(), st.text(max_size=12)))
def test_any_text_is_a_name(name: str, family: str | None, given: str | None) -> None:
    assert isinstance(parsed := parse(Person(name, family=family, given=given)), Name)
    assert block_keys(parsed)


HEALTH = "Peer support in mental health services"


def test_the_same_place_in_two_records_of_one_document_is_one_person() -> None:
    one = article("doc", HEALTH, "Y Wang", "X Li", "Y Wang")
    two = article("doc", HEALTH, "Yan Wang", "Xia Li", "Ying Wang", source="openalex")
    home = homes(linked(one, two))
    assert [home[person(one, n)] for n in (1, 2, 3)] == [home[person(two, n)] for n in (1, 2, 3)]
    assert home[person(one, 1)] != home[person(one, 3)]


def test_an_initial_does_not_bind_two_names_that_differ() -> None:
    steve, sarah = article("a", HEALTH, "Steve Gillard"), article("b", HEALTH + " now", "Sarah Gillard")
    graph = linked(steve, sarah, article("c", HEALTH + " in England", "S Gillard"))
    home = homes(graph)
    assert home[person(steve)] != home[person(sarah)]


def test_a_common_name_alone_is_not_enough() -> None:
    one, two = (
        article("a", "Burnout of nurses in wards", "Wei Wang"),
        article("b", "Soil moisture in oak forests", "Wei Wang"),
    )
    home = homes(linked(one, two))
    assert home[person(one)] != home[person(two)]


def test_company_binds_a_common_name() -> None:
    one = article("a", "Burnout of nurses in wards", "W Wang", "Rhiannon Foster", "Katarina Nyberg")
    two = article("b", "Sleep of nurses on wards", "Wei Wang", "Rhiannon Foster", "Katarina Nyberg")
    graph = linked(one, two)
    home = homes(graph)
    assert home[person(one)] == home[person(two)]
    assert "2 shared co-authors: R Foster, K Nyberg" in mappings(graph)[person(one), person(two)]["comment"]


def test_the_reasons_tell_how_rare_a_name_is_and_how_far_apart_two_mentions_lie() -> None:
    said = {}
    for family in ("Wang", "Quarlesworth"):
        one, two = (
            article(
                "a",
                "Burnout of nurses in wards",
                f"J {family}",
                publication=Publication("journal-article", issued="1991"),
            ),
            article(
                "b",
                "Soil moisture in oak forests",
                f"John {family}",
                publication=Publication("journal-article", issued="2020"),
            ),
        )
        linker = Linker(None, IRIS)
        linker.update([one, two])
        found = linker.explain(IRIS.base + person(one), IRIS.base + person(two))
        assert found
        assert "nothing in common and 29 years apart" in found.comment
        said[family] = found
    assert "a rare family name" in said["Quarlesworth"].comment
    assert "a common family name; a short family name" in said["Wang"].comment
    assert said["Quarlesworth"].score > said["Wang"].score


def test_a_family_name_is_rarer_the_fewer_bear_it() -> None:
    assert rarity("quarlesworth") == 1.0
    assert rarity("wang") == 0.0
    scarce = table("scarce")
    assert scarce
    assert all(rarity(name) == 1.0 - weight for name, weight in list(scarce.items())[:100])


def test_names_are_counted_but_for_mentions_that_somebody_labelled() -> None:
    articles = [
        article(key, HEALTH, f"{given} Quarlesworth") for key, given in (("a", "Ann"), ("b", "Bo"), ("c", "Cy"))
    ]
    rows = [line.split("\t") for line in count([], articles, lambda source, key, part: key == "c").splitlines()]
    assert rows == [["scarce", "quarlesworth", "0.68"]]


def test_groups_are_one_by_their_whole_name() -> None:
    group = Person("The Peer Study Group", position=2, collective=True)
    one, two = (article(k, HEALTH, people=(author("Ann Lee", 1), group)) for k in "ab")
    home = homes(linked(one, two))
    assert home[person(one, 2)] == home[person(two, 2)]


def test_a_pair_can_be_explained_that_no_mapping_holds() -> None:
    one, two = (
        article("a", "Burnout of nurses in wards", "Wei Wang"),
        article("b", "Soil moisture in oak forests", "W Wang"),
    )
    linker = Linker(None, IRIS)
    linker.update([one, two])
    said = linker.explain(IRIS.base + person(two), IRIS.base + person(one))
    assert said
    assert (said.status, said.score < 0.5) == ("rejected", True)
    assert said.comment.startswith("same family name; given names compatible: W / Wei")
    assert linker.explain(IRIS.base + person(one), IRIS.base + "record/crossref/unknown#author-1") is None


def test_a_contact_and_an_investigator_of_one_registration_may_be_one_person() -> None:
    people = (
        Person("Joanna Smith", "contact", "Smith", "Joanna"),
        Person("Joanna Smith", "chief-investigator", "Smith", "Joanna"),
    )
    base = article("x", "A registered study of peer support")
    record = Record("hra", "1", base.title, registration=Registration(), people=people)
    home = homes(linked(record))
    assert home[person(record, role="contact")] == home[person(record, role="chief-investigator")]
