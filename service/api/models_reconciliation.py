"""The shapes of what the reconciliation service answers, as its specification (version 0.2) has them."""

from pydantic import BaseModel, ConfigDict, Field


class Typed(BaseModel):
    id: str = Field(examples=["organisation"])
    name: str


class Feature(BaseModel):
    id: str = Field(examples=["name"])
    value: float = Field(description="0 to 100")


class Candidate(BaseModel):
    id: str = Field(description="The key of the present cluster", examples=["steve-gillard-0123456789ab"])
    name: str
    description: str
    type: list[Typed]
    score: float = Field(description="0 to 100")
    match: bool = Field(description="Only where it can be no other")
    features: list[Feature]


class Candidates(BaseModel):
    result: list[Candidate]


class Column(BaseModel):
    id: str
    name: str
    type: Typed | None = None


class Extension(BaseModel):
    meta: list[Column]
    rows: dict[str, dict[str, list[dict[str, str | int]]]] = Field(
        description="By entity and property: `str`, `int`, or `id` and `name` of another entity"
    )


class Manifest(BaseModel):
    model_config = ConfigDict(extra="allow")

    versions: list[str]
    name: str
    identifierSpace: str  # noqa: N815 (the specification's names)
    schemaSpace: str  # noqa: N815


class Suggested(BaseModel):
    id: str
    name: str
    description: str | None = None
    notable: list[Typed] | None = None
    broader: list[Typed] | None = None


class Suggestions(BaseModel):
    result: list[Suggested]


class Flyout(BaseModel):
    id: str
    html: str


class Proposed(BaseModel):
    id: str
    name: str
    description: str


class Proposal(BaseModel):
    type: str | None = None
    limit: int
    properties: list[Proposed]


"""What a data extension can fetch for entities of a type."""
