"""The same answer as a SPARQL query that stands alone."""

import re
import sqlite3
from collections.abc import Sequence

import queries
from ontology.terms import DIRECTION, METHOD, OPINION, ROLE
from service.answers import BadQuestion, Knowledge
from service.answers.common import THESE, listed, rows
from service.answers.names import keyword_label, organisation_ids, people_ids, search_text, with_units
from service.answers.question import StudyQuestion, plan
from service.index.rows import ROLE_BITS

NAMED = 2_000
"""People, organisations or studies that a SPARQL text names."""


async def sparql(known: Knowledge, question: StudyQuestion) -> str:
    """A query that stands alone and gives the same studies and quotes at /sparql, whatever the engine.

    Names of people and organisations become the IRIs that they stand for now, words of full text the studies in
    which they are found. The whole answer, without `sort`, `limit` and `offset`. Raises BadQuestion, TooSlow.
    """

    def work(db: sqlite3.Connection) -> str:
        made = plan(db, question, known.iris)
        roles = [ROLE[role] for role, bit in ROLE_BITS.items() if question.mask & bit]
        people = [_iris(db, "person", people_ids(db, name, known.iris), "author") for name in question.authors]
        organisations = [
            _iris(db, "organisation", with_units(db, organisation_ids(db, name, known.iris)), "organisation")
            for name in question.organisations
        ]
        recs = [_iris(db, "organisation", organisation_ids(db, name, known.iris), "rec") for name in question.recs]
        keywords = list(dict.fromkeys(map(keyword_label, question.keywords)))
        on_any = roles if (question.roles or question.of_evidence) and not made.themes else None
        few = bool(people or organisations or recs or question.methods or keywords or question.sources or question.q)
        return queries.bind(
            "studies",
            themes=_groups(made.themes),
            theme_count=len(made.themes),
            roles=roles,
            roles_on_any=on_any if few else None,
            roles_alone=None if few else on_any,
            directions=[DIRECTION[name] for name in question.directions] or None,
            is_negated=question.negated,
            is_hedged=question.hedged,
            authors=_groups(people),
            author_count=len(people),
            organisations=_groups(organisations),
            organisation_count=len(organisations),
            recs=_groups(recs),
            rec_count=len(recs),
            methods=[METHOD[name] for name in question.methods] or None,
            method_count=len(set(question.methods)),
            keywords=keywords or None,
            keyword_count=len(keywords),
            sources=list(question.sources) or None,
            year_from=question.year_from,
            year_to=question.year_to,
            registered=None if question.kind is None else question.kind == "registered",
            opinions=[OPINION[name] for name in question.opinions] or None,
            published=question.published,
            retracted=question.retracted or None,
            unless_retracted=True if question.retracted is False else None,
            found=_found(db, question.q) if question.q else None,
        )

    text = await known.index.read(work)
    return re.sub(r"\n{2,}", "\n\n", text) + "\n"


def _groups(several: Sequence[Sequence[str]]) -> list[tuple[str, int]] | None:
    """Alternatives, numbered by what they are alternatives for; None where nothing is asked."""
    return [(iri, group) for group, iris in enumerate(several, 1) for iri in iris] if several else None


def _iris(db: sqlite3.Connection, table: str, ids: Sequence[int], parameter: str) -> list[str]:
    if len(ids) > NAMED:
        raise BadQuestion(
            parameter, f"{len(ids)} of that name: more than a query can list. Give a key or a longer name."
        )
    return [
        row[0]
        for row in rows(db, "SELECT iri FROM", table, "WHERE id IN", THESE, "ORDER BY iri", values=(listed(ids),))
    ]


def _found(db: sqlite3.Connection, q: str) -> list[str]:
    """The clusters of the studies in which words are found."""
    sql = (
        "SELECT DISTINCT coalesce(m.cluster, r.study) FROM document_text AS f JOIN record AS r ON r.id = f.rowid "
        "LEFT JOIN member AS m ON m.iri = r.study WHERE document_text MATCH ? AND r.study IS NOT NULL LIMIT ?"
    )
    found = [row[0] for row in rows(db, sql, values=(search_text(q), NAMED + 1))]
    if len(found) > NAMED:
        raise BadQuestion("q", f"q is found in more than {NAMED} studies: too many for a query to list. Narrow it.")
    return sorted(found)
