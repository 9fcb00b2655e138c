"""Which publications are versions of one work, and which studies are one project."""

from typing import Any

import pytest

from loaders.record import Identifier, Opinion, Publication, Record, Registration, Relation
from tests.test_linking import APPROVED, article, homes, linked, mappings

TITLE = "The impact of peer work on mental health staff: a longitudinal study"
NAMES = ("Rhiannon Foster", "Sarah Gibson", "Ann Lee")


def preprint(key: str, title: str, *names: str, year: str = "2021", **more: Any) -> Record:
    said = Publication("preprint", issued=year)
    return article(key, title, *names, publication=said, identifiers=(Identifier("doi", f"10.1101/{key}"),), **more)


def published(key: str, title: str, *names: str, year: str = "2022", **more: Any) -> Record:
    return article(key, title, *names, publication=Publication("journal-article", issued=year), **more)


def one_work(*records: Record) -> bool:
    home = homes(linked(*records))
    works = {cluster for node, cluster in home.items() if node.startswith("publication/")}
    studies = {cluster for node, cluster in home.items() if node.startswith("study/")}
    assert len(works) == len(studies)
    return len(works) == 1


def test_a_preprint_and_its_article_are_one_work_and_one_study() -> None:
    assert one_work(preprint("p", TITLE, *NAMES), published("a", TITLE, *NAMES))


def test_titles_may_differ_a_little() -> None:
    assert one_work(
        preprint("p", TITLE, *NAMES), published("a", TITLE.replace("staff:", "staff -").replace("peer", "Peer"), *NAMES)
    )
    assert one_work(preprint("p", TITLE.partition(":")[0], *NAMES), published("a", TITLE, *NAMES))


def test_a_preprint_without_authors_is_known_by_a_long_title() -> None:
    nameless = Record("sciety", "title-1", TITLE, Publication("preprint"))
    assert one_work(nameless, published("a", TITLE, *NAMES))


def test_a_relation_that_a_source_states_binds_whatever_the_titles() -> None:
    said = Publication("preprint", relations=(Relation("is-preprint-of", Identifier("doi", "10.1234/a")),))
    early = article(
        "p", "Early thoughts on staff", *NAMES, publication=said, identifiers=(Identifier("doi", "10.1101/p"),)
    )
    assert one_work(early, published("a", TITLE, *NAMES))


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("Peer work in mental health services. Part II: staff", "Peer work in mental health services. Part III: staff"),
        ("Erratum: " + TITLE, TITLE),
        ("Correction to: " + TITLE, TITLE),
        ("Retraction: " + TITLE, TITLE),
        (
            "Reply to comments on the impact of peer work on staff",
            "Comments on the impact of peer work on mental staff",
        ),
        (
            "National survey of staff in mental health services 2019",
            "National survey of staff in mental health services 2021",
        ),
        (TITLE, "The effect of peer work on general practice staff: a qualitative study"),
    ],
)
def test_what_is_not_the_same_work(left: str, right: str) -> None:
    assert not one_work(preprint("p", left, *NAMES), published("a", right, *NAMES))


def test_other_authors_make_another_work() -> None:
    assert not one_work(preprint("p", TITLE, "Wei Li", "Xia Chen"), published("a", TITLE, *NAMES))


def test_two_published_under_their_own_dois_are_a_candidate_at_most() -> None:
    one, two = published("a", TITLE, *NAMES), published("b", TITLE, *NAMES)
    graph = linked(one, two)
    said = mappings(graph)["publication/doi/10.1234/a", "publication/doi/10.1234/b"]
    assert said["decision"].endswith("status/candidate")
    assert "DOI of its own" in said["comment"]
    assert not one_work(one, two)


def test_a_data_set_is_not_its_article() -> None:
    data = article("d", TITLE, *NAMES, publication=Publication("dataset", issued="2022"))
    assert not one_work(data, published("a", TITLE, *NAMES))


def test_the_same_paper_from_several_sources_is_one_work() -> None:
    by_pmid = article(
        "x", TITLE, *NAMES, source="pubmed", identifiers=(Identifier("pmid", "1"), Identifier("pmcid", "PMC2"))
    )
    by_pmcid = article("y", "Impact of peer work", *NAMES, source="jats", identifiers=(Identifier("pmcid", "PMC2"),))
    assert one_work(by_pmid, by_pmcid)


def studies(*records: Record) -> dict[str, str]:
    return {node: home for node, home in homes(linked(*records)).items() if node.startswith("study/")}


@pytest.mark.parametrize(
    "text",
    [
        "Ethics approval: East Midlands - Nottingham 1 REC (15/EM/0220).",
        "The study (IRAS ID 146257) ran for a year.",
        "IRAS project ID: 146257",
    ],
)
def test_a_publication_that_names_its_approval_reports_that_study(text: str) -> None:
    paper = published("a", "How peer workers see their own role in teams", *NAMES, abstract=text)
    home = studies(APPROVED, paper)
    assert home["study/iras/146257"] == home["study/of/doi/10.1234/a"]


def test_a_text_that_names_several_studies_is_a_candidate_for_each() -> None:
    paper = published("a", "A review of trials of peer support", *NAMES, abstract="Trials NCT01234567 and NCT07654321.")
    one, two = (
        Record(
            "register", n, f"Trial number {n}", registration=Registration(), identifiers=(Identifier("nct", f"NCT{n}"),)
        )
        for n in ("01234567", "07654321")
    )
    graph = linked(paper, one, two)
    home = homes(graph)
    assert len({home[node] for node in home if node.startswith("study/")}) == 3
    said = mappings(graph)["study/nct/NCT01234567", "study/of/doi/10.1234/a"]
    assert said["decision"].endswith("status/candidate")
    assert "several studies" in said["comment"]


def test_a_registered_study_that_only_a_publication_names_has_its_cluster() -> None:
    said = Publication(
        "journal-article", relations=(Relation("references-study", Identifier("isrctn", "ISRCTN12345678")),)
    )
    home = studies(article("a", TITLE, *NAMES, publication=said))
    assert home["study/isrctn/ISRCTN12345678"] == home["study/of/doi/10.1234/a"]


def test_two_registrations_are_two_projects_unless_a_number_binds_them() -> None:
    opinion = (Opinion(reference="15/EM/0220"),)
    other = Record(
        "hra",
        "999",
        APPROVED.title,
        registration=Registration(),
        identifiers=(Identifier("iras", "999111"),),
        people=APPROVED.people,
    )
    home = studies(APPROVED, other)
    assert home["study/iras/146257"] != home["study/iras/999111"]
    trial = Record(
        "register",
        "1",
        "Another title",
        registration=Registration(opinions=opinion),
        identifiers=(Identifier("isrctn", "ISRCTN00000001"),),
    )
    home = studies(APPROVED, trial)
    assert home["study/iras/146257"] == home["study/isrctn/ISRCTN00000001"]


def test_people_and_a_like_title_make_a_candidate() -> None:
    paper = published(
        "a", "Role identity of peer support workers: professional journeys in secondary care teams", "Joanna Smith"
    )
    graph = linked(APPROVED, paper)
    said = mappings(graph)["study/iras/146257", "study/of/doi/10.1234/a"]
    assert said["decision"].endswith("status/candidate")
    assert "a person in common: Smith" in said["comment"]


def test_what_was_published_before_the_approval_is_no_report_of_it() -> None:
    paper = published("a", "Peer support workers' professional developmental journey", "Joanna Smith", year="2012")
    assert ("study/iras/146257", "study/of/doi/10.1234/a") not in mappings(linked(APPROVED, paper))
