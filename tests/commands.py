"""The command line in this process: what a user would see, without starting Python for every command."""

import io
import json
import sys
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch

from service.cli import main


@dataclass(frozen=True)
class Done:
    """A command that ended: its exit status, what it wrote."""

    status: int
    raw: bytes
    errors: str

    @property
    def text(self) -> str:
        return self.raw.decode()

    @property
    def json(self) -> Any:
        return json.loads(self.raw)


def command(*arguments: str | int | Path) -> Done:
    """Run `evidence-graph` with some arguments."""
    raw, err = io.BytesIO(), io.StringIO()
    text = io.TextIOWrapper(raw, encoding="utf-8", write_through=True)
    status = 0
    argv = patch.object(sys, "argv", ["evidence-graph", *map(str, arguments)])
    with argv, patch.dict("os.environ", COLUMNS="200"), redirect_stdout(text), redirect_stderr(err):
        try:
            main()
        except SystemExit as end:
            status = int(end.code or 0)
    return Done(status, raw.getvalue(), err.getvalue())


def work(doi: str = "10.1234/rota.1", **changed: Any) -> dict[str, Any]:
    """A work as Crossref gives it."""
    return {
        "DOI": doi,
        "title": ["Night rotas and burnout of nurses"],
        "type": "journal-article",
        "source": "Crossref",
        "prefix": doi.partition("/")[0],
        "URL": f"https://doi.org/{doi}",
        "publisher": "Rota Press",
        "container-title": ["Rota Studies"],
        "issued": {"date-parts": [[2019, 5]]},
        "abstract": "<jats:p>We measured burnout in 40 nurses. Burnout increased on night rotas.</jats:p>",
        "author": [
            {"given": "Jane", "family": "Doe", "sequence": "first", "ORCID": "https://orcid.org/0000-0002-1825-0097"},
            {"given": "Ali", "family": "Khan"},
            {"given": "Mary", "family": "Smith", "affiliation": [{"name": "University of Leeds"}]},
        ],
    } | changed


def written(path: Path, *works: dict[str, Any] | str) -> Path:
    """A file of JSON Lines; a text stands as it is."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join((w if isinstance(w, str) else json.dumps(w)) + "\n" for w in works))
    return path


BROKEN = '{"DOI": "10.1234/broken", "title": ["A control \x1b[31m character"], "type": oh'


def tree(folder: Path) -> dict[str, bytes]:
    """Every file in a folder with its bytes, but for the empty logs that SQLite leaves where it has read."""
    files = (p for p in sorted(folder.rglob("*")) if p.is_file() and not p.name.endswith(("-wal", "-shm")))
    return {str(p.relative_to(folder)): p.read_bytes() for p in files}
