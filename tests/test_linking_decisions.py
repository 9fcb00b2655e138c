"""People's decisions outrank the machine, survive rebuilding, and say who and when."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loaders.linking import Decision, Delta, Linker, Verdict
from loaders.record import Organisation, Person, Record
from tests.test_linking import (
    APPROVED,
    ARTICLES,
    DECISIONS,
    FAMILY,
    IRIS,
    PEER,
    ROLES,
    article,
    homes,
    linked,
    mappings,
    person,
    state,
)

STEVE, STEVE_G = IRIS.base + person(PEER), IRIS.base + person(ROLES)


def decide(
    verdict: Verdict, left: str = STEVE, right: str = STEVE_G, kind: str = "person", at: str = "2025-03-01"
) -> Decision:
    return Decision(kind, left, right, verdict, "Ann Reader", at)


def test_a_rejection_parts_what_the_machine_joined() -> None:
    graph = linked(PEER, ROLES, decisions=[decide(Verdict.REJECT)])
    home = homes(graph)
    assert home[person(PEER)] != home[person(ROLES)]
    said = mappings(graph)[person(PEER), person(ROLES)]
    assert said["decision"].endswith("status/rejected")
    assert said["mapping_justification"].endswith("ManualMappingCuration")
    assert said["author_label"] == "Ann Reader"
    assert said["mapping_date"].startswith("2025-03-01")


def test_a_rejection_holds_against_every_way_round() -> None:
    between = article(
        "between", "Peer worker roles in mental health teams and their impact", "Steve G Gillard", "Sarah Gibson"
    )
    home = homes(linked(PEER, ROLES, between, decisions=[decide(Verdict.REJECT)]))
    assert home[person(PEER)] != home[person(ROLES)]


def test_an_acceptance_joins_what_the_machine_would_not() -> None:
    rhiannon = IRIS.base + person(PEER, 2)
    sarah = IRIS.base + person(ROLES, 2)
    graph = linked(PEER, ROLES, decisions=[decide(Verdict.ACCEPT, rhiannon, sarah)])
    home = homes(graph)
    assert home[person(PEER, 2)] == home[person(ROLES, 2)]
    assert mappings(graph)[person(PEER, 2), person(ROLES, 2)]["comment"] == "a person said so"


def test_not_even_a_person_makes_two_authors_of_one_document_one() -> None:
    wrong = decide(Verdict.ACCEPT, IRIS.base + person(FAMILY, 1), IRIS.base + person(FAMILY, 2))
    graph = linked(FAMILY, decisions=[wrong])
    home = homes(graph)
    assert home[person(FAMILY, 1)] != home[person(FAMILY, 2)]
    said = mappings(graph)[person(FAMILY, 1), person(FAMILY, 2)]
    assert said["decision"].endswith("status/candidate")
    assert "named in one record" in said["comment"]


def test_a_split_leaves_one_alone() -> None:
    home = homes(linked(PEER, ROLES, decisions=[decide(Verdict.SPLIT, STEVE, "")]))
    assert home[person(PEER)] != home[person(ROLES)]


@pytest.mark.parametrize("first", [Verdict.REJECT, Verdict.SPLIT])
def test_what_is_undone_no_longer_counts(first: Verdict) -> None:
    right = "" if first is Verdict.SPLIT else STEVE_G
    undone = [decide(first, right=right), decide(Verdict.UNDO, right=right, at="2025-03-02")]
    assert linked(PEER, ROLES, decisions=undone) == linked(PEER, ROLES)


def test_the_later_decision_counts_whatever_the_order_given() -> None:
    reject, accept = decide(Verdict.REJECT), decide(Verdict.ACCEPT, at="2025-04-01")
    assert linked(PEER, ROLES, decisions=[accept, reject]) == linked(PEER, ROLES, decisions=[accept])


def test_decisions_that_come_later_work_like_those_that_were_there() -> None:
    linker = Linker(None, IRIS)
    deltas = [linker.update([PEER, ROLES, APPROVED])]
    linker.commit()
    deltas.append(linker.update([], decisions=[decide(Verdict.REJECT)]))
    linker.commit()
    assert state(deltas) == linked(PEER, ROLES, APPROVED, decisions=[decide(Verdict.REJECT)])
    assert linker.update([]) == Delta()
    deltas.append(linker.update([], decisions=[]))
    linker.commit()
    assert state(deltas) == linked(PEER, ROLES, APPROVED)


def test_organisations_works_and_studies_are_decided_alike() -> None:
    sponsor, committee = (f"{IRIS.base}record/hra/{APPROVED.key}#{name}" for name in ("sponsor", "rec"))
    joined = homes(linked(APPROVED, decisions=[decide(Verdict.ACCEPT, sponsor, committee, "organisation")]))
    assert len({home for node, home in joined.items() if "#rec" in node or "#sponsor" in node}) == 1
    copies = [article("a", "Care", source="crossref"), article("a", "Care", source="openalex")]
    papers = [f"{IRIS.base}publication/doi/10.1234/{key}" for key in ("peer", "roles")]
    home = homes(linked(PEER, ROLES, *copies, decisions=[decide(Verdict.ACCEPT, papers[0], papers[1], "work")]))
    assert len({home[f"publication/doi/10.1234/{key}"] for key in ("peer", "roles")}) == 1


def test_an_organisation_can_be_split_from_its_namesakes() -> None:
    where = Organisation("Peerwork Institute for Lived Experience")
    people = (Person("Ann Lee", position=1, affiliations=(where,)),)
    records = [article(key, "A study of care", people=people) for key in "abc"]
    nodes = [f"record/crossref/{key}#organisation-1" for key in "abc"]
    home = homes(linked(*records, decisions=[decide(Verdict.SPLIT, IRIS.base + nodes[1], "", "organisation")]))
    assert home[nodes[0]] == home[nodes[2]] != home[nodes[1]]
    pair = decide(Verdict.REJECT, IRIS.base + nodes[0], IRIS.base + nodes[2], "organisation")
    home = homes(linked(*records, decisions=[pair]))
    assert home[nodes[0]] != home[nodes[2]]


@settings(max_examples=60, deadline=None)
@given(st.lists(ARTICLES, max_size=8), st.lists(DECISIONS, min_size=1, max_size=3))
def test_whenever_decisions_come_and_go_the_outcome_is_that_of_those_that_stand(
    records: list[Record], steps: list[list[Decision]]
) -> None:
    present = list({record.key: record for record in records}.values())
    linker = Linker(None, IRIS)
    deltas = [linker.update(present)]
    linker.commit()
    for decisions in steps:
        deltas.append(linker.update([], decisions=decisions))
        linker.commit()
    assert state(deltas) == linked(*present, decisions=steps[-1])
