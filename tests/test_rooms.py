"""Who may import whom. The rooms stay apart so that each can be understood alone."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
ROOMS = ("ontology", "loaders", "queries", "service")
ALLOWED = {
    "ontology": {"ontology"},
    "queries": {"queries"},
    "loaders": {"loaders", "ontology"},
    "service": {"service", "queries", "ontology"},
}
MODULES = sorted(p for room in ROOMS for p in (ROOT / room).rglob("*.py"))


def imported(path: Path) -> set[str]:
    """Top-level names of every module that a file imports."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} imports relatively"
            names.add((node.module or "").partition(".")[0])
    return names


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(ROOT)))
def test_a_room_reaches_only_the_rooms_below_it(path: Path) -> None:
    room = path.relative_to(ROOT).parts[0]
    allowed = ALLOWED[room]
    if room == "service" and path.relative_to(ROOT).parts[1] in ("admin", "cli"):
        allowed = allowed | {"loaders"}
    assert imported(path) & set(ROOMS) <= allowed


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(ROOT)))
def test_rdflib_stays_off_the_hot_paths(path: Path) -> None:
    if "rdflib" in imported(path):
        assert path.relative_to(ROOT).as_posix() in {"service/pages/ontology_site.py"}
