"""/docs: the API as a page, made from the same OpenAPI description that programs read. Nothing is loaded for it."""

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlencode

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from service.answers import Knowledge, organisations, people, records, recs, studies
from service.pages.render import knowledge, page

router = APIRouter(include_in_schema=False)

FIRST = "Answers"
"""The tag that most readers come for."""
VERBS = ("get", "post", "put", "patch", "delete")


@router.get("/docs")
async def docs(request: Request) -> Response:
    described = request.app.openapi()
    shown = groups(described, await _held(knowledge(request)))
    return page(request, "docs.html", title="The API", api=described["info"], groups=shown)


async def _held(known: Knowledge) -> dict[str, dict[str, str] | None]:
    """For each family of routes that take a key, the key of something in this graph; None where there is nothing."""
    listed = {
        "studies": await studies.find(known, studies.StudyQuestion(limit=1)),
        "people": await people.find(known, limit=1),
        "organisations": await organisations.find(known, limit=1),
        "recs": await recs.find(known, limit=1),
    }
    held = {noun: {"key": str(found.items[0]["key"])} if found.items else None for noun, found in listed.items()}
    of_source = (await records.find(known, limit=100)).items
    held["records"] = {name: str(of_source[0][name]) for name in ("source", "key")} if of_source else None
    doi = next((r["doi"] for r in of_source if r["doi"]), None)
    return held | {"doi": {"doi": str(doi)} if doi else None}


def groups(described: dict[str, Any], held: Mapping[str, dict[str, str] | None]) -> list[dict[str, Any]]:
    """The operations of an OpenAPI description, by tag, in its own order but for FIRST. `held` are examples of keys."""
    found: dict[str, list[dict[str, Any]]] = {}
    for path, item in described["paths"].items():
        for verb in VERBS:
            if operation := item.get(verb):
                tag = (operation.get("tags") or ["other"])[0]
                found.setdefault(tag, []).append(_operation(described, path, verb, item, operation, held))
    shown = [{"label": tag[:1].upper() + tag[1:], "operations": operations} for tag, operations in found.items()]
    return sorted(shown, key=lambda group: group["label"] != FIRST)


def _operation(
    described: dict[str, Any],
    path: str,
    verb: str,
    item: dict[str, Any],
    operation: dict[str, Any],
    held: Mapping[str, dict[str, str] | None],
) -> dict[str, Any]:
    parameters = [*item.get("parameters", ()), *operation.get("parameters", ())]
    shown = [_parameter(described, resolve(described, p)) for p in parameters]
    text = operation.get("description") or ""
    paragraphs = [re.sub(r"\s+", " ", p).strip() for p in text.replace("`", "").split("\n\n") if p.strip()]
    return {
        "id": re.sub(r"\W+", "-", f"{verb}{path}").strip("-").lower(),
        "verb": verb.upper(),
        "path": path,
        # A summary made of a function's name tells less than the first sentence of what it does.
        "summary": paragraphs[0].partition(". ")[0].rstrip(".") if paragraphs else operation.get("summary") or "",
        "description": paragraphs,
        "parameters": shown,
        "body": list(operation.get("requestBody", {}).get("content", {})),
        "answers": [
            {"status": status, "description": a.get("description", ""), "types": list(a.get("content", {}))}
            for status, a in operation.get("responses", {}).items()
        ],
        "example": _example(path, shown, held) if verb == "get" else None,
    }


def _parameter(described: dict[str, Any], parameter: dict[str, Any]) -> dict[str, Any]:
    schema = resolve(described, parameter.get("schema", {}))
    return {
        "name": parameter["name"],
        "place": parameter["in"],
        "required": parameter.get("required", False),
        "description": parameter.get("description") or schema.get("description") or "",
        "type": _type(described, schema),
        "default": _plain(schema.get("default")),
        "example": _plain(_given(parameter, schema)),
    }


def _given(parameter: dict[str, Any], schema: dict[str, Any]) -> Any:
    """An example, wherever the description has it."""
    named = [e.get("value") for e in (parameter.get("examples") or {}).values()]
    return next((e for e in (parameter.get("example"), *named, *schema.get("examples", ())) if e is not None), None)


def _plain(value: Any) -> str | None:
    if value is None or value == [] or value == "":
        return None
    if isinstance(value, bool):
        return str(value).lower()
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _type(described: dict[str, Any], schema: dict[str, Any]) -> str:
    schema = resolve(described, schema)
    if "enum" in schema:
        return "one of " + ", ".join(map(str, schema["enum"]))
    if choices := schema.get("anyOf") or schema.get("oneOf"):
        return " or ".join(dict.fromkeys(_type(described, c) for c in choices if c.get("type") != "null"))
    if schema.get("type") == "array":
        return f"any number of: {_type(described, schema.get('items', {}))}"
    kind = str(schema.get("type", "anything"))
    return {"integer": "whole number", "string": "text", "boolean": "true or false"}.get(kind, kind)


def resolve(described: dict[str, Any], part: dict[str, Any]) -> dict[str, Any]:
    """A part of the description, or what it refers to."""
    while "$ref" in part:
        found: Any = described
        for step in part["$ref"].removeprefix("#/").split("/"):
            found = found[step]
        part = found
    return part


def _example(path: str, parameters: list[dict[str, Any]], held: Mapping[str, dict[str, str] | None]) -> str | None:
    """An address to try, where every part of the path and every needed parameter has an example."""
    if not path.startswith("/api/") or any(p["example"] is None for p in parameters if p["required"]):
        return None
    keys = held.get(path.split("/")[2], {}) if "{" in path else {}
    if keys is None:
        return None
    for p in parameters:
        if p["place"] == "path":
            path = path.replace("{" + p["name"] + "}", quote(keys.get(p["name"], p["example"]), safe="/"))
    needed = {p["name"]: p["example"] for p in parameters if p["place"] == "query" and p["required"]}
    first = next(((p["name"], p["example"]) for p in parameters if p["place"] == "query" and p["example"]), None)
    asked = needed or (dict([first]) if first else {})
    return path + (f"?{urlencode(asked)}" if asked else "")
