"""The names that the graph speaks in, as closed sets: a misspelt term raises at once.

>>> EVG.reportsTheme
'https://w3id.org/evidencegraph/ns#reportsTheme'
>>> EVG.reportTheme
Traceback (most recent call last):
    ...
AttributeError: evg: has no term 'reportTheme' (did you mean 'reportsTheme'?)

Terms are plain strings, not rdflib objects: they are written into N-Triples text millions of times.
Our own names are read from the ontology files, so that a term exists here exactly when it is defined there;
of the vocabularies that others keep, the terms in use are listed.
"""

from difflib import get_close_matches
from functools import cache
from pathlib import Path

import pyoxigraph as ox

HERE = Path(__file__).parent
SKOS_CONCEPT = "http://www.w3.org/2004/02/skos/core#Concept"


class Vocabulary:
    """A namespace whose terms are known. Attribute or item access gives the full IRI.

    Raises AttributeError (attribute) or KeyError (item) for a term that it does not have.
    """

    def __init__(self, prefix: str, namespace: str, names: frozenset[str]) -> None:
        self.prefix = prefix
        self.namespace = namespace
        self.names = names

    def __getattr__(self, name: str) -> str:
        try:
            self.__dict__[name] = self[name]  # an attribute from here on: loading asks for hundreds a record
        except KeyError as missing:
            raise AttributeError(missing.args[0]) from None
        return self[name]

    def __getitem__(self, name: str) -> str:
        if name not in self.names:
            near = get_close_matches(name, self.names, 1)
            hint = f" (did you mean {near[0]!r}?)" if near else ""
            raise KeyError(f"{self.prefix}: has no term {name!r}{hint}")
        return self.namespace + name

    def __contains__(self, iri: str) -> bool:
        return iri.startswith(self.namespace) and iri[len(self.namespace) :] in self.names

    def local(self, iri: str) -> str:
        """The name of a term, given its IRI. Raises KeyError for an IRI of another vocabulary."""
        if iri not in self:
            raise KeyError(f"{iri} is no term of {self.prefix}:")
        return iri[len(self.namespace) :]


@cache
def _defined_in(file: str) -> tuple[str, ...]:
    """Every IRI that a shipped Turtle file describes, sorted."""
    quads = ox.parse(path=HERE / file, format=ox.RdfFormat.TURTLE)
    return tuple(sorted({q.subject.value for q in quads if isinstance(q.subject, ox.NamedNode)}))


def _own(prefix: str, namespace: str, file: str) -> Vocabulary:
    names = (iri[len(namespace) :] for iri in _defined_in(file) if iri.startswith(namespace))
    return Vocabulary(prefix, namespace, frozenset(name for name in names if name))


def _known(prefix: str, namespace: str, names: str) -> Vocabulary:
    return Vocabulary(prefix, namespace, frozenset(names.split()))


OWN = "https://w3id.org/evidencegraph/"
EVG = _own("evg", OWN + "ns#", "evidencegraph.ttl")
ROLE = _own("role", OWN + "evidence-role/", "vocabularies.ttl")
SECTION = _own("section", OWN + "section/", "vocabularies.ttl")
DIRECTION = _own("direction", OWN + "direction/", "vocabularies.ttl")
OPINION = _own("opinion", OWN + "opinion-outcome/", "vocabularies.ttl")
METHOD = _own("method", OWN + "method/", "vocabularies.ttl")
STATUS = _own("status", OWN + "status/", "vocabularies.ttl")
THEME = _own("theme", OWN + "theme/", "themes.ttl")

RDF = _known("rdf", "http://www.w3.org/1999/02/22-rdf-syntax-ns#", "type")
RDFS = _known("rdfs", "http://www.w3.org/2000/01/rdf-schema#", "label comment seeAlso subClassOf subPropertyOf")
OWL = _known("owl", "http://www.w3.org/2002/07/owl#", "annotatedSource annotatedProperty annotatedTarget")
XSD = _known(
    "xsd",
    "http://www.w3.org/2001/XMLSchema#",
    "string boolean integer decimal double date dateTime duration gYear gYearMonth anyURI",
)
SKOS = _known(
    "skos",
    "http://www.w3.org/2004/02/skos/core#",
    "Concept ConceptScheme prefLabel altLabel hiddenLabel definition broader narrower inScheme topConceptOf "
    "hasTopConcept exactMatch closeMatch broadMatch narrowMatch relatedMatch notation scopeNote",
)
DCTERMS = _known(
    "dcterms",
    "http://purl.org/dc/terms/",
    "abstract accessRights alternative created creator date description hasVersion identifier isPartOf issued "
    "isReplacedBy isReferencedBy isVersionOf language license modified publisher references relation replaces rights "
    "source subject title type",
)
PROV = _known(
    "prov",
    "http://www.w3.org/ns/prov#",
    "Entity Agent Activity SoftwareAgent wasDerivedFrom wasAttributedTo wasGeneratedBy generatedAtTime value",
)
ORG = _known(
    "org",
    "http://www.w3.org/ns/org#",
    "Organization FormalOrganization OrganizationalUnit subOrganizationOf memberOf identifier changedBy",
)
OA = _known("oa", "http://www.w3.org/ns/oa#", "Annotation hasBody hasTarget hasSource hasSelector")
FOAF = _known(
    "foaf",
    "http://xmlns.com/foaf/0.1/",
    "Person Group name givenName familyName mbox primaryTopic isPrimaryTopicOf page",
)
SCHEMA = _known(
    "schema",
    "https://schema.org/",
    "ScholarlyArticle MediaObject CollegeOrUniversity MedicalStudy sponsor funder position sameAs url name "
    "isAccessibleForFree encoding encodingFormat license pagination identifier affiliation contactPoint "
    "creativeWorkStatus version",
)
PRISM = _known(
    "prism",
    "http://prismstandard.org/namespaces/basic/2.0/",
    "doi issn eIssn isbn publicationName volume number startingPage endingPage pageRange",
)
FABIO = _known(
    "fabio",
    "http://purl.org/spar/fabio/",
    "JournalArticle Preprint ConferencePaper BookChapter Book DoctoralThesis MastersThesis ReportDocument "
    "ReviewArticle Editorial Letter Dataset Expression hasElectronicArticleIdentifier hasPubMedId "
    "hasPubMedCentralId",
)
PRO = _known(
    "pro",
    "http://purl.org/spar/pro/",
    "RoleInTime withRole isHeldBy holdsRoleInTime relatesToDocument relatesToEntity relatesToOrganization "
    "author editor",
)
SCORO = _known("scoro", "http://purl.org/spar/scoro/", "contact-person principal-investigator")
CITO = _known("cito", "http://purl.org/spar/cito/", "corrects isCorrectedBy retracts isRetractedBy supplements")
DATACITE = _known(
    "datacite",
    "http://purl.org/spar/datacite/",
    "Identifier hasIdentifier usesIdentifierScheme doi orcid ror pmid pmcid isbn issn url openalex handle arxiv "
    "local-resource-identifier-scheme",
)
LITRE = _known("litre", "http://www.essepuntato.it/2010/06/literalreification/", "hasLiteralValue")
DCAT = _known("dcat", "http://www.w3.org/ns/dcat#", "CatalogRecord Dataset Distribution Catalog")
SSSOM = _known(
    "sssom",
    "https://w3id.org/sssom/",
    "Mapping MappingSet confidence mapping_justification mapping_tool mapping_tool_version comment author_label "
    "mapping_date",
)
SEMAPV = _known(
    "semapv",
    "https://w3id.org/semapv/vocab/",
    "LexicalMatching LexicalSimilarityThresholdMatching ManualMappingCuration CompositeMatching "
    "UnspecifiedMatching MappingReview BackgroundKnowledgeBasedMatching",
)
VOID = _known("void", "http://rdfs.org/ns/void#", "Dataset triples entities classes properties")
SD = _known("sd", "http://www.w3.org/ns/sparql-service-description#", "Service UnionDefaultGraph")

VOCABULARIES = (
    *(EVG, ROLE, SECTION, DIRECTION, OPINION, METHOD, STATUS, THEME),
    *(
        RDF,
        RDFS,
        OWL,
        XSD,
        SKOS,
        DCTERMS,
        PROV,
        ORG,
        OA,
        FOAF,
        SCHEMA,
        PRISM,
        FABIO,
        PRO,
        SCORO,
        CITO,
        DATACITE,
    ),
    *(LITRE, DCAT, SSSOM, SEMAPV, VOID, SD),
)
PREFIXES: dict[str, str] = {v.prefix: v.namespace for v in VOCABULARIES}
"""Prefix to namespace, for every vocabulary in use: what a query need not declare."""
