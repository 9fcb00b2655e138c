"""The operator's settings: frozen, read once from the environment as `EVIDENCE_GRAPH_<FIELD>`.

>>> Settings.from_environment({"EVIDENCE_GRAPH_QUERY_TIMEOUT": "2.5"}).query_timeout
2.5
>>> Settings.from_environment({"EVIDENCE_GRAPH_PORT": "web"})
Traceback (most recent call last):
    ...
service.settings.BadSetting: EVIDENCE_GRAPH_PORT: a whole number is needed, not 'web'
"""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from platformdirs import user_data_path

import ontology

PREFIX = "EVIDENCE_GRAPH_"


class BadSetting(Exception):
    """A setting that cannot be used. The message names the variable and says what it needs."""


def _whole(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise BadSetting(f"a whole number is needed, not {text!r}") from None


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise BadSetting(f"a number is needed, not {text!r}") from None


def _switch(text: str) -> bool:
    known = {"1": True, "true": True, "yes": True, "on": True, "": False, "0": False, "false": False}
    known |= {"no": False, "off": False}
    if text.lower() not in known:
        raise BadSetting(f"true or false is needed, not {text!r}")
    return known[text.lower()]


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.replace(",", " ").split())


READERS: dict[type, Callable[[str], Any]] = {
    str: str,
    int: _whole,
    float: _number,
    bool: _switch,
    Path: lambda text: Path(text).expanduser(),
    tuple: _words,
}


DATA = user_data_path("evidence-graph")
CPUS = os.cpu_count() or 1
NO_FILE = Path()


def _setting(default: Any, about: str) -> Any:
    return field(default=default, metadata={"about": about})


@dataclass(frozen=True, slots=True)
class Settings:
    """Every setting, with its default. `about(name)` is the line that the documentation shows."""

    base: str = _setting("http://127.0.0.1:8000/", "IRI under which everything is named; ends in a slash")
    data: Path = field(default=DATA, metadata={"about": "folder of the store, the archive and the index"})
    host: str = _setting("127.0.0.1", "address to listen at")
    port: int = _setting(8000, "port to listen at")
    default_graph: str = _setting("merge", "merge of all named graphs, or plain: a graph of its own")

    workers: int = _setting(max(2, CPUS), "processes for queries")
    long_queries: int = _setting(2 * max(2, CPUS) + 2, "further ones, for queries that turn out to be long")
    query_timeout: float = _setting(10.0, "seconds from a query's start to its last byte")
    query_memory: int = _setting(512, "MiB of memory for one query, beyond what a worker has anyway")
    query_bytes: int = _setting(100_000, "size of a query text")
    result_bytes: int = _setting(256 << 20, "size of one answer, uncompressed")
    queue_length: int = _setting(256, "queries that may wait for a worker; one more is told to come back")
    queue_wait: float = _setting(5.0, "seconds that a query waits for a worker")
    answer_memory: int = _setting(8, "MiB of answers that each worker keeps while the graph is the same; 0 for none")
    update_timeout: float = _setting(30.0, "seconds for one update or graph write")
    upload_bytes: int = _setting(64 << 20, "size of an update or of an uploaded graph, uncompressed")

    write_token: str = field(default="", repr=False, metadata={"about": "bearer token that allows updates"})
    write_tokens: Path = field(
        default=NO_FILE, metadata={"about": "file of `name sha256-of-token` lines, one for each writer"}
    )
    cors: tuple[str, ...] = _setting(("*",), "origins whose scripts may read answers; `*` is all")
    services: tuple[str, ...] = _setting((), "endpoints and documents that SERVICE and LOAD may name")

    remote_query: str = _setting("", "SPARQL endpoint of another engine, used in place of the embedded one")
    remote_update: str = _setting("", "its update endpoint")
    remote_graphs: str = _setting("", "its Graph Store endpoint")
    themes: Path = field(
        default=NO_FILE,
        metadata={"about": "SKOS file (Turtle) of your own themes, found in texts beside the shipped ones"},
    )
    contact: str = _setting("", "e-mail address that a harvest gives to the services that it asks")
    openalex_key: str = field(default="", repr=False, metadata={"about": "API key for harvests from OpenAlex"})
    semantic_scholar_key: str = field(
        default="", repr=False, metadata={"about": "API key for harvests from Semantic Scholar"}
    )
    ncbi_key: str = field(default="", repr=False, metadata={"about": "API key of NCBI for harvests from PubMed"})
    keep_emails: bool = _setting(False, "contacts' whole e-mail addresses in the graph, not just the domain")

    def __post_init__(self) -> None:
        base = urlsplit(self.base)
        if base.scheme not in ("http", "https") or not base.netloc or not self.base.endswith("/"):
            self._refuse("base", f"an http(s) IRI that ends in a slash is needed, not {self.base!r}")
        if base.query or base.fragment or any(c in self.base for c in '<>"{}|^`\\ '):
            self._refuse("base", f"an IRI without query or fragment is needed, not {self.base!r}")
        if self.default_graph not in ("merge", "plain"):
            self._refuse("default_graph", f"merge or plain is needed, not {self.default_graph!r}")
        if not 0 <= self.port <= 65535:
            self._refuse("port", f"a port is 0 to 65535, not {self.port}")
        for name in ("workers", "long_queries", "query_timeout", "query_memory", "query_bytes", "result_bytes"):
            if getattr(self, name) <= 0:
                self._refuse(name, "more than 0 is needed")
        for name in ("queue_length", "queue_wait", "answer_memory", "update_timeout", "upload_bytes"):
            if getattr(self, name) < 0:
                self._refuse(name, "0 or more is needed")
        if self.query_memory < 16:
            self._refuse("query_memory", "a query needs 16 MiB or more")
        for name in ("remote_query", "remote_update", "remote_graphs"):
            url = getattr(self, name)
            if url and urlsplit(url).scheme not in ("http", "https"):
                self._refuse(name, f"an http(s) URL is needed, not {url!r}")
        if self.remote_update and not self.remote_query:
            self._refuse("remote_query", "is needed where remote_update is given")

    @staticmethod
    def _refuse(name: str, why: str) -> None:
        raise BadSetting(f"{PREFIX}{name.upper()}: {why}")

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] = os.environ, **overrides: Any) -> "Settings":
        """Settings from `EVIDENCE_GRAPH_…`; an override that is None counts as not given.

        Raises BadSetting for a value that cannot be used and for a variable that names no setting.
        """
        known = {PREFIX + f.name.upper(): f for f in fields(cls)}
        values: dict[str, Any] = {}
        for variable, text in environ.items():
            if not variable.startswith(PREFIX):
                continue
            if variable not in known:
                raise BadSetting(f"{variable}: there is no such setting")
            setting = known[variable]
            kind = getattr(setting.type, "__origin__", setting.type)
            try:
                values[setting.name] = READERS[kind](text)  # type: ignore[index]
            except BadSetting as bad:
                raise BadSetting(f"{variable}: {bad}") from None
        return cls(**values | {name: value for name, value in overrides.items() if value is not None})

    def language(self) -> dict[str, list[str]]:
        """The named graphs that hold the ontology, the themes and the operator's own themes.

        Raises BadSetting for a file of themes that cannot be read.
        """
        try:
            own = ontology.own_themes(self.themes) if self.themes != NO_FILE else []
        except (OSError, ValueError, SyntaxError) as error:
            raise BadSetting(f"{PREFIX}THEMES: {error}") from None
        return ontology.graphs() | {f"{self.base}graph/themes": own}

    @classmethod
    def about(cls, name: str) -> str:
        """What a setting is for, in one line."""
        return next(str(f.metadata["about"]) for f in fields(cls) if f.name == name)
