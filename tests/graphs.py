"""A small graph for tests of the index, the answers and the API: three publications and two registrations."""

from loaders.ntriples import literal
from loaders.record import Evidence, Identifier, Opinion, Organisation, Person, Publication, Record, Registration
from loaders.triples import graphs
from ontology.iris import Iris
from ontology.terms import THEME

IRIS = Iris("http://127.0.0.1:8000/")


def theme(name: str) -> str:
    return THEME.namespace + name


def evidence(record: Record, name: str, role: str, quote: str, **more: object) -> Evidence:
    """Evidence for a quote where it stands in the record's abstract."""
    text = record.abstract or ""
    start = text.index(quote)
    values = {"section": "results", "matched": quote.split()[0], **more}
    return Evidence(theme(name), role, quote=quote, start=start, end=start + len(quote), **values)  # type: ignore[arg-type]


COLLEGE = Organisation("Example College", "university", (Identifier("ror", "02jx3x895"),))
FACULTY = Organisation("Faculty of Care", "unit", parent=COLLEGE)
TRUST = Organisation("North Example NHS Foundation Trust", "nhs-foundation-trust")
REC = Organisation("London - Example REC", "research-ethics-committee")

IMPACT = Record(
    "eprints",
    "1001",
    "The impact of working as a peer worker",
    Publication("journal-article", "Example Psychiatry", issued="2022", volume="22", article_number="373"),
    abstract="Little is known. We measured burnout with a scale. Burnout increased after 4 months. Staff should rest.",
    keywords=("Burnout", "Peer support"),
    identifiers=(Identifier("doi", "10.1234/impact"), Identifier("eprints", "1001")),
    people=(
        Person("Gillard, Steve", family="Gillard", given="Steve", position=1, affiliations=(FACULTY,)),
        Person("Foster, Rhiannon", family="Foster", given="Rhiannon", position=2),
        Person("Worner, Jessica", family="Worner", given="Jessica", position_from_end=1),
    ),
    authors_truncated=True,
    organisations=(FACULTY,),
    url="https://example.org/1001",
)
ROLES = Record(
    "document-sharing",
    "10.1234/roles",
    "Introducing peer worker roles: a qualitative analysis",
    Publication("journal-article", "Example Services"),
    abstract="Peer roles are new. Interviews were held. Organisations gained from peer support.",
    identifiers=(Identifier("doi", "10.1234/roles", "repaired", "10.1234roles"),),
    people=(
        Person("Steve Gillard", family="Gillard", given="Steve", position=1),
        Person("Christine Edwards", family="Edwards", given="Christine", position=2),
    ),
)
WELLBEING = Record(
    "semantic-scholar",
    "10.1234/wellbeing",
    'Peer worker wellbeing: a "mixed" study',
    Publication("journal-article", "Example Wellbeing", issued="2015-06-01"),
    abstract="Burnout is common among staff. Wellbeing was measured. Wellbeing fell slightly.",
    identifiers=(Identifier("doi", "10.1234/wellbeing"),),
    people=(
        Person("I. Robertson", family="Robertson", given="I.", position=1),
        Person("J. Robertson", family="Robertson", given="J.", position=2),
    ),
)
JOURNEY = Record(
    "hra",
    "146257",
    "The journey of peer support workers",
    registration=Registration(
        research_type="Research Study",
        sponsor=TRUST,
        duration="P11M30D",
        opinions=(Opinion(REC, "14/LO/1234", "2014-05-19", "favourable"),),
    ),
    abstract="We ask how peer support workers see their work.",
    identifiers=(Identifier("iras", "146257"),),
    people=(Person("Joanna Smith", "contact", "Smith", "Joanna", affiliations=(TRUST,), email="js@example.nhs.uk"),),
)
STRESS = Record(
    "hra",
    "200001",
    "Stress & burnout on wards",
    registration=Registration(sponsor=COLLEGE, opinions=(Opinion(REC, "15/LO/0001", "2015-01-02", "unfavourable"),)),
    abstract="The study asks what causes burnout on wards.",
    identifiers=(Identifier("iras", "200001"),),
)

RECORDS: dict[Record, tuple[tuple[Evidence, ...], tuple[str, ...]]] = {
    IMPACT: (
        (
            evidence(IMPACT, "burnout", "measured", "We measured burnout with a scale.", section="methods"),
            evidence(
                IMPACT, "burnout", "finding", "Burnout increased after 4 months.", direction="increase", hedged=True
            ),
        ),
        ("questionnaire", "mixed-methods"),
    ),
    ROLES: ((evidence(ROLES, "peer-support", "finding", "Organisations gained from peer support."),), ("interview",)),
    WELLBEING: (
        (
            evidence(WELLBEING, "burnout", "background", "Burnout is common among staff.", section="background"),
            evidence(WELLBEING, "wellbeing", "measured", "Wellbeing was measured.", section="methods"),
            evidence(WELLBEING, "wellbeing", "finding", "Wellbeing fell slightly.", direction="decrease"),
        ),
        (),
    ),
    JOURNEY: ((evidence(JOURNEY, "peer-support", "aim", "We ask how peer support workers see their work."),), ()),
    STRESS: ((evidence(STRESS, "burnout", "aim", "The study asks what causes burnout on wards."),), ()),
}
"""Every record with its evidence and methods."""


def named_graphs(record: Record, iris: Iris = IRIS) -> dict[str, list[str]]:
    """The two named graphs of a record above, or of one made from it with `replace`."""
    found, methods = RECORDS.get(record, ((), ()))
    return graphs(record, found, methods, "0" * 64, iris)


def concept(name: str, label: str, broader: str = "", *alternatives: str) -> list[str]:
    """Statements of a theme."""
    skos = "http://www.w3.org/2004/02/skos/core#"
    subject = f"<{theme(name)}>"
    lines = [
        f"{subject} <http://www.w3.org/1999/02/22-rdf-syntax-ns#type> <https://w3id.org/evidencegraph/ns#Theme>",
        f'{subject} <{skos}prefLabel> "{label}"@en',
    ]
    lines += [f'{subject} <{skos}altLabel> "{other}"@en' for other in alternatives]
    return lines + ([f"{subject} <{skos}broader> <{theme(broader)}>"] if broader else [])


THEMES = {  # a scheme of somebody's own, beside the one that the service brings
    "http://example.org/scheme": [
        *concept("wellbeing-at-work", "Wellbeing at work"),
        *concept("burnout", "Burnout", "wellbeing-at-work", "burn-out"),
        *concept("wellbeing", "Wellbeing", "wellbeing-at-work"),
        *concept("peer-support", "Peer support"),
        *concept("gambling", "Gambling"),
    ]
}


def in_cluster(kind: str, label: str, *members: str) -> list[str]:
    """Statements of the resolution graph that hold some mentions to be one."""
    cluster = IRIS.cluster(kind, label, min(members))
    own = "https://w3id.org/evidencegraph/ns#"
    lines = [f"<{m}> <{own}inCluster> <{cluster}>" for m in members]
    return [*lines, f"<{cluster}> <http://www.w3.org/2004/02/skos/core#prefLabel> {literal(label)}"]
