"""What the last check of the shapes found, as `evidence-graph check` left it in the data folder."""

from collections import Counter
from functools import lru_cache
from pathlib import Path
from typing import Any

import orjson

from service.answers.common import Item

FILE = "check.json"
KEPT = 10_000
"""Violations that are kept of one check; more are counted."""


def last(data: Path) -> Item | None:
    """The last check's result, None where there is none yet: when, of which revision, what was found.

    `violations` are grouped by what they are against, the most frequent first, each with its first examples.
    """
    path = data / FILE
    try:
        stamp = path.stat()
    except OSError:
        return None
    return _read(path, stamp.st_mtime_ns, stamp.st_size)


@lru_cache(maxsize=4)
def _read(path: Path, _: int, __: int) -> Item | None:
    try:
        held: dict[str, Any] = orjson.loads(path.read_bytes())
    except (OSError, orjson.JSONDecodeError):
        return None
    kinds: dict[tuple[str, str, str], list[Item]] = {}
    sources: Counter[str] = Counter()
    for violation in held["violations"]:
        kinds.setdefault((violation["shape"], violation["path"], violation["message"]), []).append(violation)
        sources[violation["record"].partition("/")[0]] += 1
    return {
        "at": held["at"],
        "revision": held["revision"],
        "records": held["records"],
        "mappings": held["mappings"],
        "violations": held["total"],
        "kinds": [
            {
                "shape": shape,
                "path": path or None,
                "message": message,
                "count": len(of),
                "examples": [{name: v[name] for name in ("record", "focus", "value")} for v in of[:EXAMPLES]],
            }
            for (shape, path, message), of in sorted(kinds.items(), key=lambda kind: (-len(kind[1]), kind[0]))
        ],
        "by_source": dict(sorted(sources.items())),
    }


EXAMPLES = 10
"""Violations of one kind that are shown."""
