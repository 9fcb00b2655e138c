"""What goes wrong, as an RFC 9457 problem document. How it becomes a response is in `service/problems.py`."""

import re
from collections.abc import Mapping
from typing import Any

import orjson

from ontology.terms import OWN

MEDIA_TYPE = "application/problem+json"


class Problem(Exception):
    """An answer that says what is wrong. `extra` are further members of the document.

    `headers` go into the HTTP response. `type` is minted from the title, so titles are kept.
    """

    def __init__(
        self, status: int, title: str, detail: str = "", headers: Mapping[str, str] | None = None, **extra: Any
    ) -> None:
        super().__init__(detail or title)
        self.status, self.title, self.detail = status, title, detail
        self.headers = dict(headers or {})
        self.extra = extra

    def document(self) -> dict[str, Any]:
        """The document's members."""
        slug = re.sub(r"\W+", "-", self.title.lower()).strip("-")
        document = {"type": f"{OWN}problem/{slug}", "title": self.title, "status": self.status}
        return document | ({"detail": self.detail} if self.detail else {}) | self.extra

    def body(self) -> bytes:
        """The document as JSON."""
        return orjson.dumps(self.document())
