"""Linking as a whole: what the resolution graph says of a few records, and that it follows from them alone."""

import pickle
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loaders.linking import Decision, Delta, Linker, Verdict, pairing
from loaders.linking import linker as linking
from loaders.linking.reading import read
from loaders.record import Identifier, Opinion, Organisation, Person, Publication, Record, Registration
from loaders.sources import detect
from ontology.iris import Iris, digest

IRIS = Iris("http://127.0.0.1:8000/")
TRUST = Organisation("Norfolk and Suffolk NHS Foundation Trust", "nhs-foundation-trust")


def author(name: str, position: int, *affiliations: Organisation, orcid: str = "") -> Person:
    given, _, family = name.rpartition(" ")
    identifiers = (Identifier("orcid", orcid),) if orcid else ()
    return Person(name, "author", family, given, position, identifiers=identifiers, affiliations=affiliations)


def article(key: str, title: str, *names: str, source: str = "crossref", **more: Any) -> Record:
    people = tuple(author(name, place) for place, name in enumerate(names, 1))
    doi = (Identifier("doi", f"10.1234/{key}"),)
    said: dict[str, Any] = {"publication": Publication("journal-article"), "identifiers": doi, "people": people}
    return Record(source, key, title, **said | more)


PEER = article("peer", "The impact of working as a peer worker in mental health", "Steve Gillard", "Rhiannon Foster")
ROLES = article("roles", "Introducing peer worker roles into mental health teams", "Steve G Gillard", "Sarah Gibson")
FAMILY = article("family", "What supports the well-being of peer workers", "Sam Robertson", "Donald Robertson")
APPROVED = Record(
    "hra",
    "146257",
    "Peer support workers' professional developmental journey",
    registration=Registration(
        sponsor=TRUST,
        opinions=(
            Opinion(
                Organisation("East Midlands - Nottingham 1 Research Ethics Committee", "research-ethics-committee"),
                "15/EM/0220",
                "2015-05-19",
            ),
        ),
    ),
    identifiers=(Identifier("iras", "146257"),),
    people=(Person("Joanna Smith", "contact", "Smith", "Joanna", email="joanna@nsft.nhs.uk"),),
)
SMALL = (PEER, ROLES, FAMILY, APPROVED)


def state(deltas: Iterable[Delta]) -> set[str]:
    """The resolution graph after some deltas; each must fit what was there."""
    found: set[str] = set()
    for delta in deltas:
        assert found.issuperset(delta.removed)
        found.difference_update(delta.removed)
        assert found.isdisjoint(delta.added)
        found.update(delta.added)
    return found


def linked(*records: Record, decisions: Sequence[Decision] = ()) -> set[str]:
    linker = Linker(None, IRIS, decisions)
    delta = linker.update(records)
    linker.commit()
    return state([delta])


def homes(graph: set[str]) -> dict[str, str]:
    """Node to cluster, IRIs without their brackets and base."""
    parts = (line.split(" ", 2) for line in graph if "ns#inCluster>" in line)
    return {s[1:-1].removeprefix(IRIS.base): o[1:-1].removeprefix(IRIS.base) for s, _, o in parts}


def mappings(graph: set[str]) -> dict[tuple[str, str], dict[str, str]]:
    """The mappings by their two ends, with what is said of each."""
    nodes: dict[str, dict[str, str]] = {}
    for line in graph:
        subject, predicate, value = line.split(" ", 2)
        if f"<{IRIS.base}mapping/" in subject:
            name = predicate[1:-1].rpartition("/")[2].rpartition("#")[2]
            nodes.setdefault(subject, {})[name] = value.strip('<>"').removeprefix(IRIS.base)
    return {(said["annotatedSource"], said["annotatedTarget"]): said for said in nodes.values()}


def person(record: Record, place: int = 1, role: str = "author") -> str:
    return f"record/{record.source}/{record.key}#{role}-{place}"


def test_two_spellings_in_one_field_are_one_person_with_the_reasons_in_words() -> None:
    graph = linked(*SMALL)
    home = homes(graph)
    assert home[person(PEER)] == home[person(ROLES)]
    said = mappings(graph)[person(PEER), person(ROLES)]
    assert said["decision"].endswith("status/accepted")
    assert said["comment"].startswith("same family name; same given name: Steve / Steve G; titles share")


def test_two_authors_of_one_document_are_never_one_person() -> None:
    twice = article("twice", "A longer title on health care workers", "Steve Gillard", "Steve Gillard")
    home = homes(linked(twice, PEER))
    assert home[person(twice, 1)] != home[person(twice, 2)]
    home = homes(linked(FAMILY))
    assert home[person(FAMILY, 1)] != home[person(FAMILY, 2)]


def test_everything_has_one_cluster_that_any_member_leads_to() -> None:
    graph = linked(*SMALL)
    home = homes(graph)
    kinds = {name.partition("/")[0] for name in home.values()}
    assert kinds == {"person", "organisation", "work", "project"}
    assert len([line for line in graph if "ns#inCluster>" in line]) == len(home)
    smallest: dict[str, str] = {}
    for node, cluster in home.items():
        if not node.startswith("https://"):
            smallest[cluster] = min(node, smallest.get(cluster, node))
    for cluster, node in smallest.items():
        assert cluster.endswith(digest(IRIS.base + node, 12))
        assert any(
            line.startswith(f"<{IRIS.base}{cluster}> <http://www.w3.org/2004/02/skos/core#prefLabel>") for line in graph
        )


def test_a_sponsor_is_found_in_the_register_and_the_e_mail_domain_leads_there() -> None:
    graph = linked(*SMALL)
    home = homes(graph)
    trust = home[f"record/hra/{APPROVED.key}#sponsor"]
    assert f"<{IRIS.base}{trust}#ods>" in " ".join(line for line in graph if '"RMY"' in line)
    target = next(node for node in home if node.endswith("/RMY"))
    said = mappings(graph)[person(APPROVED, role="contact"), target]
    assert said["annotatedProperty"].endswith("inferredAffiliation")
    assert said["decision"].endswith("status/accepted")
    assert home[target] == trust


def test_no_two_of_these_are_one_project() -> None:
    home = homes(linked(*SMALL))
    studies = [node for node in home if node.startswith("study/")]
    assert len({home[node] for node in studies}) == len(studies) == 4


def test_orcid_decides_either_way() -> None:
    one = article("one", "A title about health care", people=(author("Wei Li", 1, orcid="0000-0002-9686-2232"),))
    two = article("two", "Quite another field of work", people=(author("W Li", 1, orcid="0000-0002-9686-2232"),))
    other = article(
        "other", "A title about health care again", people=(author("Wei Li", 1, orcid="0000-0001-5109-3700"),)
    )
    home = homes(linked(one, two, other))
    assert home[person(one)] == home[person(two)] != home[person(other)]


def test_the_same_records_again_change_nothing() -> None:
    linker = Linker(None, IRIS)
    linker.update(SMALL)
    linker.commit()
    assert linker.update(SMALL) == Delta()


def test_a_removed_record_leaves_no_trace() -> None:
    linker = Linker(None, IRIS)
    first = linker.update([PEER, FAMILY])
    linker.commit()
    more = linker.update([ROLES, APPROVED])
    linker.commit()
    less = linker.update([], [(r.source, r.key) for r in (ROLES, APPROVED)])
    linker.commit()
    assert state([first, more, less]) == state([first])
    assert linker.update([], [("crossref", "never seen")]) == Delta()


def test_an_update_that_is_not_committed_is_repeated(tmp_path: Path) -> None:
    before = Linker(tmp_path / "links.sqlite", IRIS)
    lost = before.update(SMALL)
    before.close()
    after = Linker(tmp_path / "links.sqlite", IRIS)
    assert after.update(SMALL) == lost
    after.commit()
    after.close()
    again = Linker(tmp_path / "links.sqlite", IRIS)
    assert again.update(SMALL) == Delta()
    assert not again.stale
    again.close()
    assert Linker(tmp_path / "links.sqlite", Iris("https://elsewhere.example/")).stale


def test_a_linker_that_was_cleared_begins_from_nothing() -> None:
    said = [Decision("person", IRIS.base + person(PEER), IRIS.base + person(ROLES), Verdict.REJECT, "Ann Reader")]
    linker = Linker(None, IRIS)
    linker.update([*SMALL, article("extra", "Gone before", "Ann Other")], decisions=said)
    linker.commit()
    linker.clear()
    assert linker.unapplied is None
    assert state([linker.update(SMALL)]) == linked(*SMALL, decisions=said) != linked(*SMALL)


def test_what_the_graph_is_to_follow_is_kept_until_it_does(tmp_path: Path) -> None:
    linker = Linker(tmp_path / "links.sqlite", IRIS)
    first = linker.update(SMALL)
    assert linker.unapplied
    linker.close()  # not committed: it never happened
    linker = Linker(tmp_path / "links.sqlite", IRIS)
    assert linker.unapplied is None
    linker.update(SMALL)
    linker.commit()
    linker.close()
    linker = Linker(tmp_path / "links.sqlite", IRIS)
    assert linker.unapplied == first
    linker.applied()
    assert linker.unapplied is None
    less = linker.update([], [(ROLES.source, ROLES.key)])
    linker.commit()
    linker.close()
    linker = Linker(tmp_path / "links.sqlite", IRIS)
    kept = linker.unapplied
    assert kept and kept.removed == less.removed and set(less.added) <= set(kept.added)
    once, again = set(first.added), set(first.added) - set(kept.removed) | set(kept.added)
    assert again == once - set(less.removed) | set(less.added)


NAMES = ("Steve Gillard", "S Gillard", "Sarah Gillard", "Wei Li", "W Li", "Li Wei", "Rhiannon Foster")
TITLES = (
    "Peer workers in mental health services",
    "Burnout of nurses in intensive care",
    "Peer workers in services: a trial",
)
PLACES = (TRUST, Organisation("Norfolk & Suffolk NHS FT"), Organisation("Peerwork Institute for Lived Experience"))
ARTICLES = st.builds(
    lambda key, title, names, place: article(
        f"a{key}", title, people=tuple(author(name, n, place) for n, name in enumerate(names, 1))
    ),
    st.integers(0, 11),
    st.sampled_from(TITLES),
    st.lists(st.sampled_from(NAMES), min_size=1, max_size=3),
    st.sampled_from(PLACES),
)


def first_of(kind: str, left: int, right: int, verdict: Verdict) -> Decision:
    part = {"person": "author-1", "organisation": "organisation-1"}[kind]
    one, other = (f"{IRIS.base}record/crossref/a{number}#{part}" for number in (left, right))
    return Decision(kind, one, other, verdict)


KINDS = st.sampled_from(["person", "organisation"])
DECISIONS = st.lists(
    st.builds(first_of, KINDS, st.integers(0, 5), st.integers(6, 11), st.sampled_from(list(Verdict))), max_size=3
)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.one_of(ARTICLES, st.integers(0, 11)), max_size=14), DECISIONS)
def test_the_outcome_follows_from_the_records_alone(steps: list[Record | int], decisions: list[Decision]) -> None:
    outcome_follows_from_records(steps, decisions)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.one_of(ARTICLES, st.integers(0, 11)), max_size=14), DECISIONS)
def test_so_it_does_where_blocks_are_large(steps: list[Record | int], decisions: list[Decision]) -> None:
    with patch.multiple(pairing, ALL_PAIRS=3, FEW=2, NEIGHBOURS=1):
        outcome_follows_from_records(steps, decisions)


def outcome_follows_from_records(steps: list[Record | int], decisions: list[Decision]) -> None:
    linker = Linker(None, IRIS, decisions)
    present: dict[str, Record] = {}
    deltas: list[Delta] = []
    for step in steps:
        if isinstance(step, int):
            present.pop(f"a{step}", None)
            deltas.append(linker.update([], [("crossref", f"a{step}")]))
        else:
            present[step.key] = step
            deltas.append(linker.update([step]))
        linker.commit()
    assert state(deltas) == linked(*present.values(), decisions=decisions)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.one_of(ARTICLES, st.integers(0, 11), st.none()), max_size=14), DECISIONS, st.integers(0, 3))
def test_so_it_does_where_settling_is_put_off(
    steps: list[Record | int | None], decisions: list[Decision], at_once: int
) -> None:
    """With a part of what was put off settled in between (None), and some updates that put nothing off."""
    linker = Linker(None, IRIS, decisions)
    present: dict[str, Record] = {}
    deltas: list[Delta] = []
    with patch.object(linking, "AT_ONCE", at_once + 1):
        for number, step in enumerate(steps):
            if step is None:
                deltas.append(linker.settle())
            elif isinstance(step, int):
                present.pop(f"a{step}", None)
                deltas.append(linker.update([], [("crossref", f"a{step}")], put_off=number % 4 != at_once))
            else:
                present[step.key] = step
                deltas.append(linker.update([step], put_off=number % 4 != at_once))
            linker.commit()
        while linker.unsettled:
            deltas.append(linker.settle())
            linker.commit()
    assert state(deltas) == linked(*present.values(), decisions=decisions)


@pytest.mark.real
def test_the_five_seeds(shared: Path) -> None:
    seeds = []
    for path in sorted((shared / "records" / "seeds").glob("*.txt")):
        raw = path.read_bytes()
        source = detect(raw)
        assert source
        seeds.append(source.read(raw))
    home = homes(linked(*seeds))
    gillard = {home[f"record/{r.source}/{r.key}#author-1"] for r in seeds if "Gillard" in str(r.people[:1])}
    assert len(gillard) == 1
    works = {
        r.key for r in seeds if any(home.get(f"record/{r.source}/{r.key}#author-{n}") in gillard for n in range(1, 9))
    }
    people = {cluster for node, cluster in home.items() if any(f"/{key}#author-" in node for key in works)}
    assert len(people - gillard) == 11
    robertsons = {c for c in home.values() if c.startswith("person/") and "-robertson-" in c}
    assert len(robertsons) == 2
    assert len({c for c in home.values() if c.startswith("project/")}) == 5


def test_records_that_other_processes_read_are_linked_the_same() -> None:
    readings = [pickle.loads(pickle.dumps(read(record, IRIS))) for record in SMALL]
    assert Linker(None, IRIS).update(readings) == Linker(None, IRIS).update(SMALL)


def test_who_was_one_with_a_removed_record_by_a_decision_stands_alone_again() -> None:
    parted = ((0, "Steve Gillard"), (6, "Sarah Gillard"))
    steve, sarah = (article(f"a{n}", TITLES[0], people=(author(name, 1, TRUST),)) for n, name in parted)
    outcome_follows_from_records([steve, sarah, 0], [first_of("person", 0, 6, Verdict.ACCEPT)])
