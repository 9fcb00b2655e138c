"""Record to triples: the only place that knows both.

Two named graphs come of a record: what its source says, and what was read out of its text. Everything in
them follows from the record's own bytes, so that the same bytes give the same graphs wherever and whenever
they are loaded.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from loaders.ntriples import boolean, date, double, integer, iri, literal, typed, web_iri
from loaders.record import (
    DOI,
    Evidence,
    Identifier,
    Opinion,
    Organisation,
    Person,
    Publication,
    Record,
    Registration,
)
from loaders.text import fold_keyword
from ontology.iris import Iris, digest, normalise
from ontology.terms import (
    CITO,
    DATACITE,
    DCAT,
    DCTERMS,
    DIRECTION,
    EVG,
    FABIO,
    FOAF,
    LITRE,
    METHOD,
    OA,
    OPINION,
    ORG,
    OWN,
    PRISM,
    PRO,
    PROV,
    RDF,
    ROLE,
    SCHEMA,
    SCORO,
    SECTION,
    SKOS,
    STATUS,
    XSD,
)

VERSION = "1"
"""Raised whenever the same record would give other triples."""
REPORTING = frozenset({"measured", "finding"})
"""The roles that make a study report a theme, not merely mention it (`role:reporting`)."""

_PUBLICATION_IDS = (DOI, "pmid", "pmcid", "arxiv", "openalex", "eprints", "handle")
_STUDY_IDS = ("iras", "isrctn", "nct")
_TYPES = {
    "journal-article": FABIO.JournalArticle,
    "preprint": FABIO.Preprint,
    "conference-paper": FABIO.ConferencePaper,
    "book": FABIO.Book,
    "book-chapter": FABIO.BookChapter,
    "thesis": FABIO.DoctoralThesis,
    "report": FABIO.ReportDocument,
    "review": FABIO.ReviewArticle,
    "editorial": FABIO.Editorial,
    "letter": FABIO.Letter,
    "dataset": FABIO.Dataset,
    "": FABIO.Expression,
}
_ORGANISATION_TYPES = {
    "nhs-foundation-trust": (ORG.FormalOrganization, EVG.NHSTrust, EVG.NHSFoundationTrust),
    "nhs-trust": (ORG.FormalOrganization, EVG.NHSTrust),
    "university": (ORG.FormalOrganization, SCHEMA.CollegeOrUniversity),
    "research-ethics-committee": (EVG.ResearchEthicsCommittee,),
    "unit": (ORG.OrganizationalUnit,),
}
_SCHEMES = {
    **{s: DATACITE[s] for s in ("doi", "orcid", "ror", "pmid", "pmcid", "isbn", "issn", "handle", "arxiv", "openalex")},
    **{s: EVG[f"scheme-{s}"] for s in ("iras", "rec-reference", "eprints", "isrctn", "nct", "ods", "mesh")},
}
_OTHER_SCHEME = DATACITE["local-resource-identifier-scheme"]
_RELATIONS = {
    "is-preprint-of": DCTERMS.hasVersion,
    "has-preprint": DCTERMS.isVersionOf,
    "is-version-of": DCTERMS.isVersionOf,
    "has-version": DCTERMS.hasVersion,
    "corrects": CITO.corrects,
    "is-corrected-by": CITO.isCorrectedBy,
    "retracts": CITO.retracts,
    "is-retracted-by": CITO.isRetractedBy,
    "is-supplement-to": CITO.supplements,
}
_PEOPLE_ROLES = {
    "author": PRO.author,
    "editor": PRO.editor,
    "contact": SCORO["contact-person"],
    "chief-investigator": SCORO["principal-investigator"],
}
_LINKS = {DOI: "https://doi.org/", "orcid": "https://orcid.org/", "ror": "https://ror.org/"}


@dataclass(slots=True)
class _Graph:
    """Statements of one named graph while they are gathered."""

    lines: dict[str, None] = field(default_factory=dict)  # ordered, each once

    def add(self, subject: str, predicate: str, value: str) -> None:
        self.lines[f"<{subject}> <{predicate}> {value}"] = None

    def link(self, subject: str, predicate: str, *objects: str) -> None:
        for target in objects:
            self.add(subject, predicate, iri(target))

    def text(self, subject: str, predicate: str, *values: str | None) -> None:
        for value in values:
            if value:
                self.add(subject, predicate, literal(value))


@dataclass(frozen=True, slots=True)
class Names:
    """The IRIs of a record: of itself, of what it is about and of the study behind that."""

    record: str
    topic: str
    study: str


def names(record: Record, iris: Iris) -> Names:
    """The IRIs of a record, minted from its own best identifier."""
    wanted = _STUDY_IDS if record.registration else _PUBLICATION_IDS
    # An inferred identifier is a guess that may turn out wrong: nothing is named after it.
    firm = {i.scheme: i.value for i in reversed(record.identifiers) if i.status != "inferred"}
    scheme = next((s for s in wanted if s in firm), "title")
    value = firm[scheme] if scheme != "title" else digest(normalise(record.title))
    here = iris.record(record.source, record.key)
    if record.registration:
        study = iris.study(scheme, value)
        return Names(here, study, study)
    publication = iris.publication(scheme, value)
    return Names(here, publication, iris.implied_study(publication))


def graphs(
    record: Record,
    evidence: Sequence[Evidence],
    methods: Sequence[str],
    content_hash: str,
    iris: Iris,
    *,
    versions: tuple[str, str] = ("", ""),
    keep_emails: bool = False,
) -> dict[str, list[str]]:
    """The named graphs of a record: graph IRI to N-Triples statements.

    `content_hash` is the SHA-256 of the entry's bytes in hexadecimal; `versions` are those of the reader
    and the annotator that read it. E-mail addresses stay out unless `keep_emails`; their domain is kept.
    """
    about = names(record, iris)
    said = _Writer(record, about, iris, keep_emails).graph
    said.text(about.record, EVG.contentHash, content_hash)
    source_graph = iris.record_graph(record.source, record.key)
    _provenance(said, source_graph, about.record, f"reader/{record.source}/{versions[0]}")
    read = _evidence(evidence, methods, about)
    found = {source_graph: list(said.lines)}
    evidence_graph = iris.evidence_graph(record.source, record.key)
    if read.lines:
        _provenance(read, evidence_graph, about.record, f"annotator/{versions[1]}")
    found[evidence_graph] = list(read.lines)
    return found


def _provenance(graph: _Graph, name: str, record: str, agent: str) -> None:
    graph.link(name, PROV.wasDerivedFrom, record)
    graph.link(name, PROV.wasAttributedTo, OWN + agent.rstrip("/"))


def people(record: Record) -> Iterator[tuple[str, Person]]:
    """The people of a record, each with the name of its node (`author-1`, `contact-1`)."""
    number: dict[str, int] = {}
    for person in record.people:
        number[person.role] = number.get(person.role, 0) + 1
        yield f"{person.role}-{number[person.role]}", person


def organisations(record: Record) -> dict[Organisation, str]:
    """The organisations of a record, each with the name of its node (`sponsor`, `organisation-2`).

    The same value is the same node, named after the first role in which it stands; parents come before parts.
    """
    found: dict[Organisation, str] = {}
    taken: set[str] = set()

    def add(organisation: Organisation, role: str) -> None:
        if organisation in found:
            return
        if organisation.parent:
            add(organisation.parent, "organisation")
        name = role if role != "organisation" else "organisation-1"
        count = 1
        while name in taken:
            count += 1
            name = f"{role}-{count}"
        taken.add(name)
        found[organisation] = name

    for organisation, role in _organisations_in_roles(record):
        add(organisation, role)
    return found


def _organisations_in_roles(record: Record) -> Iterator[tuple[Organisation, str]]:
    if publication := record.publication:
        if publication.publisher:
            yield Organisation(publication.publisher, "publisher"), "organisation"
        yield from ((funder, "organisation") for funder in publication.funders)
    if registration := record.registration:
        if registration.sponsor:
            yield registration.sponsor, "sponsor"
        if registration.establishment:
            yield registration.establishment, "establishment"
        yield from ((opinion.committee, "rec") for opinion in registration.opinions if opinion.committee)
    yield from ((organisation, "organisation") for organisation in record.organisations)
    for person in record.people:
        yield from ((organisation, "organisation") for organisation in person.affiliations)


class _Writer:
    """Writes what the source says. One short method for each part of the model."""

    def __init__(self, record: Record, about: Names, iris: Iris, keep_emails: bool) -> None:
        self.graph = _Graph()
        self.record = record
        self.about = about
        self.iris = iris
        self.keep_emails = keep_emails
        self._organisations = organisations(record)
        self._written: set[Organisation] = set()
        self._catalogue_record()
        if record.publication:
            self._publication(record.publication)
        elif record.registration:
            self._registration(record.registration)
        self._topic()
        self._people()

    def part(self, name: str) -> str:
        return f"{self.about.record}#{name}"

    def _catalogue_record(self) -> None:
        g, here = self.graph, self.about.record
        g.link(here, RDF.type, DCAT.CatalogRecord)
        g.link(here, FOAF.primaryTopic, self.about.topic)
        g.text(here, EVG.sourceKind, self.record.source)
        if self.record.url and (address := web_iri(self.record.url)):
            g.link(here, DCTERMS.source, address)
        g.text(here, DCTERMS.rights, self.record.rights)

    def _topic(self) -> None:
        """What publication and registration share: titles, abstract, keywords, identifiers."""
        g, record, topic = self.graph, self.record, self.about.topic
        g.text(topic, DCTERMS.title, record.title)
        g.text(topic, DCTERMS.alternative, *record.alternative_titles)
        g.text(topic, DCTERMS.abstract, record.abstract)
        g.text(topic, DCTERMS.language, record.language)
        for raw in record.keywords:
            if folded := fold_keyword(raw):
                keyword = self.iris.keyword(folded)
                g.link(topic, EVG.keyword, keyword)
                g.link(keyword, RDF.type, EVG.Keyword, SKOS.Concept)
                g.text(keyword, SKOS.prefLabel, folded)
                g.text(keyword, SKOS.altLabel, raw)
        for subject in record.subjects:
            if address := web_iri(subject.value):
                g.link(topic, DCTERMS.subject, address)
        for number, identifier in enumerate(record.identifiers, 1):
            self._identifier(topic, f"identifier-{number}", identifier)
        for organisation in record.organisations:
            g.link(topic, PROV.wasAttributedTo, self._organisation(organisation))

    def _identifier(self, owner: str, name: str, identifier: Identifier) -> None:
        g, node = self.graph, self.part(name)
        g.link(owner, DATACITE.hasIdentifier, node)
        g.link(node, RDF.type, DATACITE.Identifier)
        g.link(
            node,
            DATACITE.usesIdentifierScheme,
            _SCHEMES.get(identifier.scheme, _OTHER_SCHEME),
        )
        g.text(node, LITRE.hasLiteralValue, identifier.value)
        g.link(node, EVG.identifierStatus, STATUS[identifier.status])
        g.text(node, EVG.rawValue, identifier.raw)
        if identifier.status == "inferred":
            return
        if identifier.scheme == DOI:
            g.text(owner, PRISM.doi, identifier.value)
        if link := _LINKS.get(identifier.scheme):
            g.link(owner, SCHEMA.sameAs, web_iri(link + identifier.value) or link)

    def _publication(self, said: Publication) -> None:
        g, topic, study = self.graph, self.about.topic, self.about.study
        g.link(topic, RDF.type, SCHEMA.ScholarlyArticle, _TYPES.get(said.type, FABIO.Expression))
        g.link(topic, EVG.reportsStudy, study)
        g.link(study, RDF.type, EVG.Study, EVG.ImpliedStudy)
        g.text(study, DCTERMS.title, self.record.title)
        g.text(topic, PRISM.publicationName, said.journal)
        g.text(topic, PRISM.issn, *said.issns)
        g.text(topic, PRISM.volume, said.volume)
        g.text(topic, PRISM.number, said.issue)
        g.text(topic, FABIO.hasElectronicArticleIdentifier, said.article_number)
        g.text(topic, PRISM.pageRange, said.pages)
        if said.publisher:
            g.link(topic, DCTERMS.publisher, self._organisation(Organisation(said.publisher, "publisher")))
        if said.issued:
            g.add(topic, DCTERMS.issued, date(said.issued))
        if said.open_access is not None:
            g.add(topic, SCHEMA.isAccessibleForFree, boolean(said.open_access))
        if said.retracted:
            g.add(topic, EVG.retracted, boolean(True))
        if self.record.authors_truncated:
            g.add(topic, EVG.authorListTruncated, boolean(True))
        for funder in said.funders:
            g.link(topic, SCHEMA.funder, self._organisation(funder))
        for relation in said.relations:
            target, known = relation.target, _RELATIONS.get(relation.kind)
            if known:
                g.link(topic, known, self.iris.publication(target.scheme, target.value))
            elif relation.kind == "references-study":
                g.link(topic, EVG.reportsStudy, self.iris.study(target.scheme, target.value))
        for number, copy in enumerate(said.copies, 1):
            node = self.part(f"copy-{number}")
            g.link(topic, SCHEMA.encoding, node)
            g.link(node, RDF.type, SCHEMA.MediaObject)
            g.text(node, EVG.oaStatus, copy.status)
            g.text(node, SCHEMA.creativeWorkStatus, copy.version)
            g.text(node, SCHEMA.encodingFormat, copy.media_type)
            for predicate, value in ((DCTERMS.license, copy.licence), (SCHEMA.url, copy.url)):
                if value and (address := web_iri(value)):
                    g.link(node, predicate, address)

    def _registration(self, said: Registration) -> None:
        g, study = self.graph, self.about.study
        g.link(study, RDF.type, EVG.Study)
        g.text(study, EVG.irasId, self.record.identifier("iras"))
        g.text(study, EVG.researchType, said.research_type)
        g.text(study, SCHEMA.version, said.version)
        if said.sponsor:
            g.link(study, SCHEMA.sponsor, self._organisation(said.sponsor))
        if said.establishment:
            g.link(study, PROV.wasAttributedTo, self._organisation(said.establishment))
        if said.duration:
            g.add(study, EVG.plannedDuration, typed(said.duration, XSD.duration))
        if said.expected_end:
            g.add(study, EVG.expectedEnd, date(said.expected_end))
        if said.participants:
            g.add(study, EVG.participantCount, integer(said.participants))
        for number, opinion in enumerate(said.opinions, 1):
            self._opinion(study, self.part(f"opinion-{number}"), opinion)

    def _opinion(self, study: str, node: str, opinion: Opinion) -> None:
        g = self.graph
        g.link(study, EVG.hasEthicsOpinion, node)
        g.link(node, RDF.type, EVG.EthicsOpinion)
        g.text(node, EVG.recReference, opinion.reference)
        if opinion.committee:
            g.link(node, EVG.givenBy, self._organisation(opinion.committee))
        if opinion.date:
            g.add(node, DCTERMS.issued, date(opinion.date))
        if opinion.outcome:
            g.link(node, EVG.outcome, OPINION[opinion.outcome])

    def _people(self) -> None:
        for name, person in people(self.record):
            self._person(self.part(name), person)

    def _person(self, node: str, person: Person) -> None:
        g, topic, role = self.graph, self.about.topic, f"{node}-role"
        g.link(node, RDF.type, FOAF.Group if person.collective else FOAF.Person)
        display = f"{person.given} {person.family}" if person.given and person.family else person.name
        g.text(node, FOAF.name, display)
        g.text(node, FOAF.familyName, person.family)
        g.text(node, FOAF.givenName, person.given)
        g.link(role, RDF.type, PRO.RoleInTime)
        g.link(role, PRO.withRole, _PEOPLE_ROLES[person.role])
        g.link(role, PRO.isHeldBy, node)
        g.text(role, EVG.rawName, person.name)
        if self.record.publication:
            g.link(role, PRO.relatesToDocument, topic)
        else:
            g.link(role, PRO.relatesToEntity, topic)
        if person.role == "author":
            g.link(topic, DCTERMS.creator, node)
        if person.position is not None:
            g.add(role, SCHEMA.position, integer(person.position))
        if person.position_from_end is not None:
            g.add(role, EVG.positionFromEnd, integer(person.position_from_end))
        for count, identifier in enumerate(person.identifiers, 1):
            self._identifier(node, f"{node.rpartition('#')[2]}-identifier-{count}", identifier)
        for organisation in person.affiliations:
            g.link(node, ORG.memberOf, self._organisation(organisation))
        if person.email and "@" in person.email:
            g.text(node, EVG.emailDomain, person.email.rpartition("@")[2].lower())
            if self.keep_emails:
                g.link(node, FOAF.mbox, web_iri_mail(person.email))

    def _organisation(self, organisation: Organisation) -> str:
        """The node of an organisation, written at its first naming; the same value is the same node."""
        name = self._organisations[organisation]
        node = self.part(name)
        if organisation in self._written:
            return node
        self._written.add(organisation)
        parent = self._organisation(organisation.parent) if organisation.parent else None
        g = self.graph
        g.link(node, RDF.type, ORG.Organization, *_ORGANISATION_TYPES.get(organisation.kind, ()))
        g.text(node, SKOS.prefLabel, organisation.name)
        if parent:
            g.link(node, ORG.subOrganizationOf, parent)
        for count, identifier in enumerate(organisation.identifiers, 1):
            self._identifier(node, f"{name}-identifier-{count}", identifier)
        return node


def web_iri_mail(address: str) -> str:
    """`mailto:` of an address, what IRIs forbid left out."""
    return "mailto:" + "".join(c for c in address if c.isalnum() or c in "@.!#$%&'*+-/=?_~")


def _evidence(evidence: Sequence[Evidence], methods: Sequence[str], about: Names) -> _Graph:
    g = _Graph()
    for name in methods:
        g.link(about.study, EVG.method, METHOD[name])
    for item, node in _evidence_nodes(evidence, about.record):
        g.link(node, RDF.type, EVG.Evidence, OA.Annotation)
        g.link(node, OA.hasBody, item.theme)
        g.link(node, OA.hasTarget, about.record)
        g.link(node, EVG.about, about.study)
        g.link(node, EVG.role, ROLE[item.role])
        g.link(node, EVG.section, SECTION[item.section])
        g.text(node, EVG.quote, item.quote)
        g.add(node, EVG.start, integer(item.start))
        g.add(node, EVG.end, integer(item.end))
        g.text(node, EVG.matchedText, item.matched)
        if item.direction:
            g.link(node, EVG.direction, DIRECTION[item.direction])
        g.add(node, EVG.negated, boolean(item.negated))
        g.add(node, EVG.hedged, boolean(item.hedged))
        g.add(node, EVG.confidence, double(item.confidence))
        g.text(node, EVG.sectionBy, item.section_by)
        g.text(node, EVG.roleBy, item.role_by)
        g.link(about.study, EVG.mentionsTheme, item.theme)
        if item.role in REPORTING:
            g.link(about.study, EVG.reportsTheme, item.theme)
    return g


def _evidence_nodes(evidence: Sequence[Evidence], record: str) -> Iterator[tuple[Evidence, str]]:
    """Each piece of evidence with its IRI: theme and place, so that it stays the same when others come and go."""
    for item in evidence:
        field = item.section if item.section in ("title", "keywords") else "abstract"
        theme = item.theme.rstrip("/").rpartition("/")[2].rpartition("#")[2]
        yield item, f"{record}#evidence-{theme}-{field}-{item.start}"
