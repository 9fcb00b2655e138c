"""How a record and its parts are named: what `triples` writes about and `linking` links."""

from collections.abc import Iterator
from dataclasses import dataclass

from loaders.record import DOI, Organisation, Person, Record
from ontology.iris import Iris, digest, normalise, slug
from ontology.terms import THEME

_PUBLICATION_IDS = (DOI, "pmid", "pmcid", "arxiv", "openalex", "eprints", "handle")
_STUDY_IDS = ("iras", "isrctn", "nct")


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
    number: dict[str, int] = {}

    def add(organisation: Organisation, role: str) -> None:
        if organisation in found:
            return
        if organisation.parent:
            add(organisation.parent, "organisation")
        number[role] = number.get(role, 0) + 1
        alone = number[role] == 1 and role != "organisation"
        found[organisation] = role if alone else f"{role}-{number[role]}"

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


def evidence_name(theme: str, field: str, start: int) -> str:
    """The name of a piece of evidence: its theme and place, so that it stays the same when others come and go.

    `theme` is an IRI; one of somebody's own scheme has a hash beside its short name, which may be one of ours.
    """
    short = theme.rstrip("/#").rpartition("/")[2].rpartition("#")[2]
    if not theme.startswith(THEME.namespace):
        short = f"{slug(short)}-{digest(theme, 6)}"
    return f"evidence-{short}-{field}-{start}"
