"""The shapes of the API's answers, for its documentation: studies and what all share. Tests hold answers to them."""

from pydantic import BaseModel, ConfigDict, Field


class Shape(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Ref(Shape):
    """A person, an organisation or a research ethics committee (REC) by name."""

    name: str
    key: str = Field(description="What its routes take: /api/people/{key}, /api/organisations/{key}, /api/recs/{key}")
    iri: str
    url: str = Field(description="Path of its page")


class Author(Ref):
    """An author by name. A group, and a person whose names no source tells apart, has neither `family` nor `given`."""

    family: str | None = Field(examples=["Le Gorrec"])
    given: str | None = Field(examples=["Yann"])


class StudyRef(Shape):
    iri: str
    key: str = Field(description="What /api/studies/{key} takes")
    url: str
    title: str | None


class Source(Shape):
    source: str = Field(description="IRI of the source record that says so")
    source_url: str
    source_name: str = Field(description="The reader of that kind of source", examples=["eprints"])


class Quote(Source):
    """A sentence of a source record that says something on a theme, letter for letter."""

    iri: str
    theme: str = Field(examples=["burnout"])
    theme_iri: str
    label: str = Field(examples=["Burnout"])
    role: str = Field(examples=["finding"], description="measured, finding, aim, background, recommendation or keyword")
    direction: str | None = Field(examples=["increase"], description="increase, decrease, no-change or association")
    section: str | None = Field(examples=["results"])
    quote: str
    start: int | None = Field(description="Offset in the text field, in Unicode code points from 0")
    end: int | None
    matched: str | None = Field(description="The words that name the theme")
    negated: bool
    hedged: bool
    maintained: bool | None = Field(description="Of a change: whether it lasted, where the sentence says so")
    confidence: float | None = Field(description="0 to 1")
    section_by: str | None = Field(description="The rule or model that gave the section")
    role_by: str | None = Field(description="The rule that gave the role")


class Method(Shape):
    method: str
    label: str


class ThemeOf(Shape):
    theme: str
    label: str
    reports: bool = Field(description="Measured or found, not merely named")


class OpinionOf(Shape):
    reference: str | None
    date: str | None
    outcome: str | None


class Opinion(OpinionOf, Source):
    iri: str
    outcome_label: str | None
    study: StudyRef | None
    rec: Ref | None


class StudyItem(StudyRef):
    kind: str = Field(description="registered, or implied by a publication", examples=["implied"])
    doi: str | None
    doi_url: str | None
    year: int | None = Field(description="Of the first publication; null where no source gives one")
    journal: str | None
    authors: list[Author] = Field(description="The first ten")
    author_count: int
    authors_truncated: bool = Field(description="The source's own list of authors is cut short")
    sponsor: Ref | None
    recs: list[Ref]
    opinion: OpinionOf | None = Field(description="The latest ethics opinion")
    methods: list[Method]
    themes: list[ThemeOf] = Field(description="Those that it reports first")
    sources: list[str]
    retracted: bool
    evidence: list[Quote] | None = Field(None, description="Only where a theme was asked for: the quotes that answer")


class Identifier(Shape):
    scheme: str = Field(examples=["doi"])
    value: str
    status: str = Field(description="stated, repaired or inferred")
    raw: str | None = Field(description="The text that the source has, where it was repaired")
    url: str | None


class Link(Shape):
    label: str
    url: str


class Copy(Shape):
    status: str | None
    version: str | None
    licence: str | None
    url: str | None
    media_type: str | None


class PublicationItem(Source):
    iri: str
    key: str
    url: str
    title: str | None
    doi: str | None
    doi_url: str | None
    journal: str | None
    volume: str | None
    issue: str | None
    article_number: str | None
    pages: str | None
    issued: str | None
    year: int | None
    type: str | None
    open_access: bool | None
    retracted: bool
    identifiers: list[Identifier]
    copies: list[Copy]


class Said(Shape):
    value: str | int | bool
    sources: list[Source]


class StatedField(Shape):
    field: str = Field(examples=["year"])
    differs: bool = Field(description="Sources do not agree: the values stand side by side")
    values: list[Said] = Field(description="Most often said first")


class Stated(Shape):
    """A publication as all sources have it, those together that describe the same one."""

    iri: str
    url: str
    doi: str | None
    sources: list[Source]
    fields: list[StatedField]


class PersonMention(Source):
    name: str = Field(description="As the source spells it")
    role: str
    position: int | None
    position_from_end: int | None = Field(description="1 is last; where a shortened list hides the true place")
    person: Ref | None
    affiliations: list[Ref]


class OrganisationOf(Ref):
    relation: str = Field(description="sponsor, funder, affiliation, classification, establishment, publisher or rec")


class Registration(Shape):
    iras_id: str | None
    research_type: str | None
    version: str | None
    duration: str | None = Field(description="xsd:duration", examples=["P11M30D"])
    expected_end: str | None
    participants: int | None


class RecordRef(Shape):
    iri: str
    url: str
    source: str
    key: str
    graph: str
    evidence_graph: str | None = Field(description="null where nothing was found in its text: then there is none")
    web_page: str | None = Field(description="Where the source shows it, as the record says")


class Text(Source):
    text: str


class Study(StudyItem):
    evidence: list[Quote]
    abstracts: list[Text]
    alternative_titles: list[str]
    keywords: list[str]
    publications: list[PublicationItem] = Field(description="As each record has it")
    stated: list[Stated]
    people: list[PersonMention]
    organisations: list[OrganisationOf]
    opinions: list[Opinion]
    registration: Registration | None
    identifiers: list[Identifier]
    links: list[Link]
    records: list[RecordRef]
    same_as: list[str] = Field(description="Other study IRIs that are held to be this study")


class Page(Shape):
    total: int = Field(description="Items of the whole answer")
    next: str | None = Field(description="Path of the next part, null at the end")


class Studies(Page):
    items: list[StudyItem]
    notices: list[str] = Field(
        description="For a person: what the question names that the graph does not know, or what can hold of nothing",
        examples=[["There is no source 'eprint'. Did you mean eprints?"]],
    )


class LinkContext(BaseModel):
    """What links start from, and the links by relation: lists of `href` and `type`."""

    model_config = ConfigDict(extra="allow")

    anchor: str


class Linkset(Shape):
    linkset: list[LinkContext]


class Problem(BaseModel):
    """RFC 9457."""

    model_config = ConfigDict(extra="allow")

    type: str
    title: str
    status: int
    detail: str = ""
