"""What is known of a DOI."""

import re
import sqlite3
from urllib.parse import unquote

from service.answers.common import THESE, Item, Knowledge, address, links, listed, rows, source_of, url_of
from service.answers.errors import BadQuestion, NotKnown
from service.answers.items import study_ref
from service.answers.said import publication_item, said, unique
from service.answers.stated import stated, works

_PREFIX = re.compile(r"^(?:https?://(?:dx\.)?doi\.org/|doi:\s*)", re.IGNORECASE)


def bare(text: str) -> str:
    """A DOI in its plain form: no address before it, lower case. Raises BadQuestion for what is none.

    >>> bare("https://doi.org/10.1186/S12888-022-03999-9")
    '10.1186/s12888-022-03999-9'
    """
    doi = _PREFIX.sub("", unquote(text).strip()).lower()
    if not re.fullmatch(r"10\.\d{4,9}(\.\d+)*/\S+", doi):
        raise BadQuestion("doi", f"a DOI looks like 10.1186/s12888-022-03999-9; this does not: {text!r}")
    return doi


async def doi(known: Knowledge, text: str) -> Item:
    """Publications of a DOI, other versions of the work, studies and records, and where it leads.

    Raises BadQuestion, NotKnown, TooSlow.
    """
    wanted = bare(text)

    def work(db: sqlite3.Connection) -> tuple[list[sqlite3.Row], list[sqlite3.Row], list[sqlite3.Row], dict[str, str]]:
        held = rows(db, "SELECT * FROM record WHERE doi = ? ORDER BY source, key", values=(wanted,))
        if not held:
            raise NotKnown("DOI", wanted)
        studies = f"SELECT iri, title FROM study WHERE id IN {THESE} ORDER BY iri"
        topics = {row["topic"] for row in held}
        same = f"SELECT iri FROM member WHERE cluster IN (SELECT cluster FROM member WHERE iri IN {THESE})"
        others = f"SELECT * FROM record WHERE NOT registration AND topic IN ({same}) ORDER BY source, key"
        versions = [row for row in rows(db, others, values=(listed(topics),)) if row["doi"] != wanted]
        of = rows(db, studies, values=(listed({row["item"] for row in (*held, *versions)}),))
        return held, versions, of, works(db, sorted({row["topic"] for row in (*held, *versions)}))

    held, others, studies, work_of = await known.index.read(work)
    publications = [publication_item(record, known.iris) for record in await said(known, held)]
    versions = [publication_item(record, known.iris) for record in await said(known, others)]
    identifiers = unique(i for p in publications for i in p["identifiers"])
    copies = {c["url"]: c["version"] or "Copy" for p in publications for c in p["copies"] if c["url"]}
    return {
        "doi": wanted,
        "doi_url": address("doi", wanted),
        "publications": publications,
        "versions": versions,
        "stated": stated([*publications, *versions], work_of),
        "studies": [study_ref(row["title"], row["iri"], known.iris) for row in studies],
        "records": [
            {"iri": row["iri"], "url": url_of(row["iri"], known.iris), "key": row["key"]}
            | source_of(row["source"], row["iri"], known.iris)
            for row in held
        ],
        "identifiers": identifiers,
        "links": [*links(identifiers), *({"label": label, "url": url} for url, label in copies.items())],
    }
