"""The OpenAPI document: what the routes say of themselves, and what holds for all of them."""

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from service.problem import MEDIA_TYPE

ABOUT = """Which studies report a theme, who ran them, who reviewed them, with the sentence that says so.

Everything that goes wrong is a problem document (RFC 9457). Answers carry an ETag of the graph's revision."""
PROBLEM = {
    "title": "Problem",
    "description": "RFC 9457. Further members say what was meant, what was exceeded, or where a text is wrong.",
    "type": "object",
    "required": ["type", "title", "status"],
    "properties": {
        "type": {"type": "string", "format": "uri"},
        "title": {"type": "string"},
        "status": {"type": "integer", "minimum": 400, "maximum": 599},
        "detail": {"type": "string"},
        "advice": {"type": "string"},
        "query_id": {"type": "string"},
    },
}
BEARER = {"type": "http", "scheme": "bearer", "description": "A writer's token; the operator gives it"}
OF_A_BODY = {
    "400": "The body cannot be read",
    "408": "The body did not come to its end",
    "413": "The body is too large",
}
UNUSED = ("HTTPValidationError", "ValidationError")
"""The framework's own error shapes, in whose place problem documents are sent."""


def document(app: FastAPI) -> dict[str, Any]:
    """OpenAPI 3.1 of all documented routes."""
    made = get_openapi(title=app.title, version=app.version, description=ABOUT, routes=app.routes)
    components = made.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    for name in UNUSED:
        schemas.pop(name, None)
    schemas["Problem"] = PROBLEM
    components["securitySchemes"] = {"bearer": BEARER}
    content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    for operations in made["paths"].values():
        for operation in operations.values():
            if "requestBody" in operation:
                for status, about in OF_A_BODY.items():
                    operation["responses"].setdefault(status, {"description": about})
            for status, answer in operation["responses"].items():
                if status >= "400":
                    answer["content"] = content
    return made
