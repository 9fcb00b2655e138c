"""The shapes of what the API answers on people, organisations, themes, records and DOIs."""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from service.api.models import (
    Identifier,
    Link,
    Opinion,
    Page,
    PublicationItem,
    Quote,
    Ref,
    Shape,
    Source,
    Stated,
    StudyItem,
    StudyRef,
)


class Spelling(Shape):
    name: str
    count: int
    sources: list[Source]


class Mapping(Shape):
    iri: str
    members: list[str]
    names: list[str | None]
    sources: list[str]
    confidence: float
    decision: str
    justification: str | None
    reasons: str | None


class PersonItem(Ref):
    orcid: str | None
    orcid_url: str | None
    studies: int = Field(description="In whatever role: as author, editor or contact")
    publications: int
    spellings: list[str]


class Coauthor(Ref):
    together: int = Field(description="Studies in common")


class PublicationOf(Source):
    title: str | None
    iri: str
    key: str
    url: str
    year: int | None
    doi: str | None
    doi_url: str | None
    journal: str | None
    role: str
    position: int | None
    position_from_end: int | None
    name: str


class Person(Ref):
    orcid: str | None
    orcid_url: str | None
    study_count: int
    publication_count: int
    spellings: list[Spelling]
    coauthors: list[Coauthor] = Field(description="Over every spelling")
    affiliations: list[Ref]
    studies: list[StudyItem]
    publications: list[PublicationOf]
    mentions: list[str]
    identifiers: list[Identifier]
    mappings: list[Mapping] = Field(description="Why the mentions are held to be one person")


class OrganisationItem(Ref):
    kinds: list[str]
    ror: str | None
    ror_url: str | None
    ods: str | None
    studies: int = Field(description="With its units'")
    sponsored: int
    reviewed: int
    sponsors: list[StudyRef] = Field(description="At most five of the studies that it sponsors")


class Organisation(Ref):
    kinds: list[str]
    ror: str | None
    ror_url: str | None
    ods: str | None
    reviewed: int
    sponsors: list[StudyRef]
    study_count: int
    sponsored_count: int
    spellings: list[Spelling]
    parents: list[Ref]
    units: list[Ref]
    people: list[Ref]
    studies: list[StudyItem]
    sponsored: list[StudyItem]
    opinions: list[Opinion]
    mentions: list[str]
    identifiers: list[Identifier]
    mappings: list[Mapping]


class RecItem(Ref):
    studies: int
    opinions: list[Opinion]


class ThemeItem(Shape):
    theme: str
    iri: str
    url: str
    label: str
    definition: str | None
    broader: list[str]
    narrower: list[str]
    studies: int
    reports: int
    roles: dict[str, int]


class Theme(ThemeItem):
    alternative_labels: list[str]
    matches: list[dict[str, str]]
    polarity: str | None


class RecordItem(Shape):
    iri: str
    url: str
    source: str
    key: str
    title: str | None
    kind: str = Field(description="publication or registration")
    year: int | None
    doi: str | None
    study: StudyRef | None


class Record(RecordItem):
    topic: str
    hash: str | None
    graph: str
    evidence_graph: str | None = Field(description="null where nothing was found in its text: then there is none")
    web_page: str | None
    rights: str | None
    read_by: str | None
    annotated_by: str | None
    loaded_at: str | None
    file: str | None
    place: str | None
    raw: str | None = Field(description="The bytes as text; null where they are not kept or no UTF-8")
    raw_bytes: int | None
    evidence: list[Quote]
    identifiers: list[Identifier]


class RecordOfDoi(Source):
    iri: str
    url: str
    key: str


class Doi(Shape):
    doi: str
    doi_url: str
    publications: list[PublicationItem] = Field(description="As each record of this DOI has it")
    versions: list[PublicationItem] = Field(description="Other versions of the same work, as each record has them")
    stated: list[Stated] = Field(description="This DOI's publication and its versions, with who says what")
    studies: list[StudyRef]
    records: list[RecordOfDoi]
    identifiers: list[Identifier]
    links: list[Link]


class Suggestion(Shape):
    kind: str
    name: str
    url: str


class People(Page):
    items: list[PersonItem]


class Organisations(Page):
    items: list[OrganisationItem]


class Recs(Page):
    items: list[RecItem]


class Themes(Page):
    items: list[ThemeItem]


class Records(Page):
    items: list[RecordItem]
    notices: list[str] = Field(default=[], description="For a person: that the graph has no such source")


class Suggestions(Shape):
    items: list[Suggestion]


class Annotations(BaseModel):
    """A page of W3C Web Annotations in JSON-LD."""

    model_config = ConfigDict(extra="allow")

    id: str
    type: str
    items: list[dict[str, Any]]
