"""What a record's source says, as statements. One short method for each part of the record model."""

from loaders.ntriples import Statements, boolean, date, integer, typed, web_iri
from loaders.parts import Names, organisations, people
from loaders.record import DOI, Identifier, Opinion, Organisation, Person, Publication, Record, Registration
from loaders.text import fold_keyword
from ontology.iris import Iris
from ontology.terms import (
    CITO,
    DATACITE,
    DCAT,
    DCTERMS,
    EVG,
    FABIO,
    FOAF,
    LITRE,
    OPINION,
    ORG,
    PRISM,
    PRO,
    PROV,
    RDF,
    SCHEMA,
    SCORO,
    SKOS,
    STATUS,
    XSD,
)

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


def description(record: Record, about: Names, iris: Iris, *, keep_emails: bool = False) -> Statements:
    """The statements of a record's source. E-mail addresses stay out unless `keep_emails`; their domain is kept."""
    return _Writer(record, about, iris, keep_emails).graph


class _Writer:
    def __init__(self, record: Record, about: Names, iris: Iris, keep_emails: bool) -> None:
        self.graph = Statements()
        self.record = record
        self.about = about
        self.iris = iris
        self.keep_emails = keep_emails
        self._organisations = organisations(record)
        self._written: set[Organisation] = set()
        self._catalogue_record()
        if not record.describes:
            return
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
        # statements of the source's own describe nothing of ours: a dataset, not a record of something
        g.link(here, RDF.type, DCAT.CatalogRecord if self.record.describes else DCAT.Dataset)
        if self.record.describes:
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
                g.link(topic, DCTERMS.references, self.iris.study(target.scheme, target.value))
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
                g.link(node, FOAF.mbox, _mailto(person.email))

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


def _mailto(address: str) -> str:
    """`mailto:` of an address, what IRIs forbid left out."""
    return "mailto:" + "".join(c for c in address if c.isalnum() or c in "@.!#$%&'*+-/=?_~")
