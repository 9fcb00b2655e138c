"""DataCite's XML (kernel 2.2 to 4.6) as the object that its REST API makes of it."""

from loaders.trees import Element, attribute, child, children, inner, local, prose

_NAMES = ("identifier", "publicationYear", "publisher", "language", "version")


def attributes(resource: Element) -> dict[str, object]:
    """The `attributes` of a `<resource>`, named as in the REST API (https://support.datacite.org/docs/api)."""
    found: dict[str, object] = {name: inner(resource, name) for name in _NAMES}
    found["doi"] = found.pop("identifier")
    kind = child(resource, "resourceType")
    found["types"] = {"resourceTypeGeneral": attribute(kind, "resourceTypeGeneral"), "resourceType": kind is not None
                      and inner(kind)}  # fmt: skip
    found["titles"] = [
        {"title": inner(title), "titleType": attribute(title, "titleType")}
        for title in children(resource, "titles", "title")
    ]
    found["creators"] = [_person(item, "creatorName") for item in children(resource, "creators", "creator")]
    found["contributors"] = [
        _person(item, "contributorName") for item in children(resource, "contributors", "contributor")
    ]
    found["subjects"] = [{"subject": inner(item)} for item in children(resource, "subjects", "subject")]
    found["dates"] = _texts(resource, "dates", "date", "dateType")
    found["alternateIdentifiers"] = _texts(
        resource, "alternateIdentifiers", "alternateIdentifier", "alternateIdentifierType"
    )
    found["relatedIdentifiers"] = _texts(
        resource, "relatedIdentifiers", "relatedIdentifier", "relatedIdentifierType", "relationType"
    )
    found["descriptions"] = [
        {"description": prose(item), "descriptionType": attribute(item, "descriptionType")}
        for item in children(resource, "descriptions", "description")
    ]
    found["rightsList"] = [
        {"rights": inner(item), "rightsUri": attribute(item, "rightsURI")}
        for item in (*children(resource, "rightsList", "rights"), *children(resource, "rights"))
    ]
    found["fundingReferences"] = [
        {name: inner(item, name) for name in ("funderName", "funderIdentifier")}
        for item in children(resource, "fundingReferences", "fundingReference")
    ]
    found["relatedItems"] = [_item(item) for item in children(resource, "relatedItems", "relatedItem")]
    return found


def _texts(resource: Element, group: str, name: str, *marks: str) -> list[dict[str, str | None]]:
    """The elements of a group as objects: their text under their own name, with some attributes."""
    return [
        {name: inner(item)} | {mark: attribute(item, mark) for mark in marks}
        for item in (children(resource, group, name) if group else children(resource, name))
    ]


def _person(item: Element, name: str) -> dict[str, object]:
    whole = child(item, name)
    places = [
        {"name": inner(place), "affiliationIdentifier": attribute(place, "affiliationIdentifier")}
        for place in children(item, "affiliation")
    ]
    return {
        "name": inner(whole) if whole is not None else None,
        "nameType": attribute(whole, "nameType"),
        "givenName": inner(item, "givenName"),
        "familyName": inner(item, "familyName"),
        "contributorType": attribute(item, "contributorType"),
        "nameIdentifiers": _texts(item, "", "nameIdentifier", "nameIdentifierScheme"),
        "affiliation": places,
    }


def _item(item: Element) -> dict[str, object]:
    """An item that the resource is related to, such as the journal that it is published in."""
    values: dict[str, object] = {local(part): inner(part) for part in item if not len(part)}
    mark = child(item, "relatedItemIdentifier")
    values["relatedItemIdentifier"] = {
        "relatedItemIdentifier": mark is not None and inner(mark),
        "relatedItemIdentifierType": attribute(mark, "relatedItemIdentifierType"),
    }
    values["titles"] = [{"title": inner(title)} for title in children(item, "titles", "title")]
    return values | {name: attribute(item, name) for name in ("relationType", "relatedItemType")}
