"""Documents that a graph describes in the usual terms: schema.org, Dublin Core, BIBO, PRISM, FaBiO, Zotero's RDF.

An order of authors is taken from lists (`bibo:authorList`, `@list`, `rdf:Seq`) or from positions that roles state;
without either it is the order in which the document names them.
"""

import re
from collections.abc import Iterator

from loaders.identifiers import doi, issn, orcid_identifiers, pmcid, pmid
from loaders.markup import paragraphs, plain
from loaders.names import affiliation, listed_author
from loaders.rdf_graph import DEPTH, TITLES, Described, iri
from loaders.record import DOI, PMCID, PMID, Identifier, Organisation, Person, Publication, Record
from loaders.text import iso_date, licence
from ontology.iris import title_key

_TYPES = {
    **dict.fromkeys(("schema:ScholarlyArticle", "schema:MedicalScholarlyArticle", "bib:Article"), "journal-article"),
    **dict.fromkeys(
        ("bibo:AcademicArticle", "bibo:Article", "fabio:JournalArticle", "fabio:ResearchPaper"), "journal-article"
    ),
    **dict.fromkeys(("schema:Book", "bibo:Book", "bibo:EditedBook", "fabio:Book", "bib:Book"), "book"),
    **dict.fromkeys(
        ("schema:Chapter", "bibo:Chapter", "bibo:BookSection", "fabio:BookChapter", "bib:BookSection"), "book-chapter"
    ),
    **dict.fromkeys(("schema:Thesis", "bibo:Thesis", "fabio:Thesis", "fabio:DoctoralThesis", "bib:Thesis"), "thesis"),
    **dict.fromkeys(("schema:Report", "bibo:Report", "fabio:ReportDocument", "bib:Report"), "report"),
    **dict.fromkeys(("fabio:ConferencePaper", "fabio:ProceedingsPaper"), "conference-paper"),
    "fabio:ReviewArticle": "review",
    "fabio:Preprint": "preprint",
    "fabio:Editorial": "editorial",
    "fabio:Letter": "letter",
}
"""The classes of documents that are read. One that is both a review and an article is a review."""
_WHOLE = frozenset({"book", "thesis", "report"})
"""What they are part of is a series and no journal."""
_TELLING = ("review", "preprint", "editorial", "letter", "thesis", "book-chapter", "conference-paper", "report")


def works(graph: Described) -> list[str]:
    """The documents of a graph: nodes of a known class with a title, in order."""
    return [n for n in graph.nodes if graph.kinds(n) & _TYPES.keys() and graph.first(n, *TITLES)]


def publication(graph: Described, work: str, source: str) -> Record:
    """The record of one document that a graph describes."""
    titles = [title for text in graph.texts(work, *TITLES) if (title := plain(text))]
    identifiers = tuple(_identifiers(graph, work))
    issued = next((d for text in graph.texts(work, *_DATES) if (d := iso_date(text.split("T")[0]))), None)
    hosts = list(_hosts(graph, work))
    people = tuple(_people(graph, work))
    own = iri(work)
    kinds = {_TYPES[kind] for kind in graph.kinds(work) if kind in _TYPES}
    best = next((i.value for i in identifiers), None) or (own if own.startswith("http") else None)
    rights = [
        *graph.texts(work, "dc:license", "schema:license", "dc:rights"),
        *map(iri, graph.all(work, "dc:license", "schema:license")),
    ]

    def hosted(*names: str) -> str | None:
        return next((text for node in (work, *hosts) if (text := graph.first(node, *names))), None)

    first, last = (
        hosted("prism:startingPage", "bibo:pageStart", "schema:pageStart"),
        hosted("prism:endingPage", "bibo:pageEnd", "schema:pageEnd"),
    )
    return Record(
        source=source,
        key=best or title_key(" ".join([titles[0], (issued or "")[:4], *(p.name for p in people[:1])])),
        title=titles[0],
        alternative_titles=tuple(
            dict.fromkeys(t for t in (*titles[1:], *graph.texts(work, "dc:alternative")) if t != titles[0])
        ),
        abstract=paragraphs(
            graph.first(work, "dc:abstract", "schema:abstract", "bibo:abstract", "schema:description", "dc:description")
        ),
        language=graph.first(work, "dc:language", "schema:inLanguage"),
        keywords=tuple(dict.fromkeys(_keywords(graph, work))),
        identifiers=identifiers,
        people=people,
        url=own
        if own.startswith("http") and "doi.org" not in own
        else next((a for t in graph.all(work, "schema:url", "bibo:uri") if (a := iri(t))), None),
        publication=Publication(
            type=next((kind for kind in _TELLING if kind in kinds), next(iter(sorted(kinds)), "")),
            journal=plain(
                graph.first(work, "prism:publicationName")
                or (None if kinds & _WHOLE else next(filter(None, map(graph.text, reversed(hosts))), None))
            ),
            issns=tuple(
                dict.fromkeys(code for node in (work, *hosts) for text in _issns(graph, node) if (code := issn(text)))
            ),
            publisher=plain(hosted("dc:publisher", "schema:publisher")),
            volume=hosted("prism:volume", "bibo:volume", "schema:volumeNumber"),
            issue=hosted("prism:number", "bibo:issue", "bibo:number", "schema:issueNumber"),
            pages=hosted("bibo:pages", "prism:pageRange", "schema:pagination", "bib:pages")
            or (f"{first}-{last}" if first and last and first != last else first),
            issued=issued,
            copies=(),
            funders=tuple(Organisation(name) for text in graph.texts(work, "schema:funder") if (name := plain(text))),
        ),
        rights=next((terms for text in rights if (terms := licence(text))), None)
        or next(iter(graph.texts(work, "dc:rights")), None),
    )


_DATES = (
    *("dc:issued", "schema:datePublished", "prism:publicationDate", "fabio:hasPublicationYear", "dc:date", "bibo:date"),
    *("dc:created", "schema:dateCreated"),
)


_PUBMED = re.compile(r"https?://(?:www\.)?(?:pubmed\.|ncbi\.nlm\.nih\.gov/pubmed/)|pmid:", re.IGNORECASE)
_MARKS = (
    *("prism:doi", "bibo:doi", "schema:sameAs", "owl:sameAs", "schema:identifier", "dc:identifier"),
    "bibo:identifier",
)


def _identifiers(graph: Described, work: str) -> Iterator[Identifier]:
    found: dict[str, str] = {}
    marks = [t for name in _MARKS for t in graph.all(work, name)]
    # Zotero writes an article's DOI beside the ISSN of its journal
    marks += [t for host in _hosts(graph, work) for t in graph.all(host, "dc:identifier") if t.startswith('"DOI ')]
    for term in [*marks, work]:
        kind = (graph.first(term, "schema:propertyID") or "").rpartition("/")[2].lower()
        text = graph.first(term, "schema:value", "rdf:value") or iri(term) or graph.text(term) or ""
        text = re.sub(r"^(?:DOI|ISSN|PMID|ISBN)(?::| )\s*(?=10\.)", "", text)
        if value := doi(text):
            found.setdefault(DOI, value)
        elif kind in ("pmid", "pubmed") or _PUBMED.match(text):
            if number := pmid(text):
                found.setdefault(PMID, number)
        elif (kind == "pmcid" or re.search(r"\bPMC\d{4,}", text)) and (
            central := pmcid(re.sub(r".*(?=PMC)", "", text))
        ):
            found.setdefault(PMCID, central)
    if number := pmid(graph.first(work, "bibo:pmid", "fabio:hasPubMedId")):
        found.setdefault(PMID, number)
    if isbn := graph.first(work, "bibo:isbn13", "bibo:isbn10", "bibo:isbn", "schema:isbn", "prism:isbn"):
        found.setdefault("isbn", re.sub(r"[^\dX]", "", isbn.upper()))
    return (Identifier(scheme, found[scheme]) for scheme in (DOI, PMID, PMCID, "isbn") if scheme in found)


def _hosts(graph: Described, work: str) -> Iterator[str]:
    """What the document is part of, and what that is part of: issue, volume, journal."""
    node = work
    for _ in range(DEPTH):
        above = [t for t in graph.all(node, "dc:isPartOf", "schema:isPartOf") if t != work]
        if not above:
            return
        node = above[0]
        yield node


def _issns(graph: Described, node: str) -> Iterator[str]:
    for name in (
        "prism:issn",
        "prism:eIssn",
        "bibo:issn",
        "bibo:eissn",
        "schema:issn",
        "fabio:hasIssn",
        "dc:identifier",
    ):
        yield from (text.removeprefix("ISSN ") for text in graph.texts(node, name))
    if iri(node).lower().startswith("urn:issn:"):
        yield iri(node)[9:]


def _keywords(graph: Described, work: str) -> Iterator[str]:
    for text in (
        graph.texts(work, "schema:keywords") + graph.texts(work, "dc:subject") + graph.texts(work, "prism:keyword")
    ):
        parts = re.split(r";" if ";" in text else r",", text) if len(text) > 40 or ";" in text else [text]
        yield from (word for part in parts if (word := plain(part)))


def _people(graph: Described, work: str) -> Iterator[Person]:
    yield from _persons(graph, graph.creators(work), "author")
    yield from _persons(
        graph, graph.all(work, "bibo:editorList", "bib:editors", "bibo:editor", "schema:editor"), "editor"
    )


def _persons(graph: Described, terms: list[str], role: str) -> Iterator[Person]:
    position = 0
    for term in terms:
        family = plain(graph.first(term, "foaf:familyName", "schema:familyName", "foaf:surname", "foaf:family_name"))
        given = plain(graph.first(term, "foaf:givenName", "schema:givenName", "foaf:givenname", "foaf:firstName"))
        whole = plain(graph.text(term) or " ".join(part for part in (given, family) if part))
        if not whole:
            continue
        position += 1
        body = bool(graph.kinds(term) & {"schema:Organization", "foaf:Organization", "foaf:Group", "bibo:Organization"})
        place = position if role == "author" else None
        guess = Person(whole, collective=True) if body else listed_author(whole, place)
        marks = [
            iri(term),
            *map(iri, graph.all(term, "schema:sameAs", "owl:sameAs")),
            *graph.texts(term, "schema:identifier"),
        ]
        marks += [iri(t) for t in graph.all(term, "schema:identifier", "owl:sameAs")]
        places = [name for text in graph.texts(term, "schema:affiliation") if (name := plain(text))]
        yield Person(
            name=whole,
            role="editor" if role == "editor" else "author",
            family=family or guess.family,
            given=given if family else guess.given,
            position=place,
            identifiers=next(
                (found for mark in marks if "orcid.org/" in mark and (found := orcid_identifiers(mark))), ()
            ),
            affiliations=tuple(affiliation(name) for name in places),
            collective=guess.collective and not family,
        )
