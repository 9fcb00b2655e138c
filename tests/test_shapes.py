"""The shapes of the graph, held as pySHACL holds them: on sound records, on real ones and on spoilt ones."""

import json
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyshacl import validate
from rdflib import Graph, URIRef
from rdflib.namespace import RDF, SH

from loaders.archive import content_hash
from loaders.entries import of_paths
from loaders.inputs import HEAD, Input
from loaders.prepare import Prepared, Recipe, prepare_all
from loaders.sources import detect
from ontology import FOLDER
from ontology.constraints import UnknownShape
from ontology.literals import valid
from ontology.shapes import LANGUAGE, Shapes, Violation, shapes, violations
from ontology.terms import DCTERMS, EVG, XSD
from tests.commands import work
from tests.conftest import ROOT

Said = tuple[str, str, str, str]
"""Focus, path, value and rule of a violation."""
TOPIC = "<http://e/publication/doi/10.1234/rota.1>"


def graphs_of(folder: Path) -> list[list[str]]:
    """The statements of every record in a folder."""
    tasks = []
    for item in of_paths([folder]):
        assert isinstance(item, Input)
        source = detect(item.stream.peek(HEAD)[:HEAD])
        assert source is not None
        tasks += [(source.NAME, entry.raw, content_hash(entry.raw)) for entry in source.entries(item.stream)]
    made = prepare_all(tasks, Recipe("http://e/"))
    return [[line for graph in p.graphs.values() for line in graph] for p in made if isinstance(p, Prepared)]


@cache
def small() -> list[str]:
    raw = json.dumps(work()).encode()
    [made] = prepare_all([("crossref", raw, content_hash(raw))], Recipe("http://e/"))
    assert isinstance(made, Prepared)
    return [line for graph in made.graphs.values() for line in graph]


@cache
def language() -> tuple[Graph, Graph]:
    held = Graph()
    for name in LANGUAGE:
        held.parse(FOLDER / name)
    return Graph().parse(FOLDER / "shapes.ttl"), held


def by_pyshacl(statements: list[str]) -> list[Said]:
    """What pySHACL finds wrong, in the same terms."""
    rules, known = language()
    data = Graph().parse(data="".join(f"{s} .\n" for s in statements), format="nt")
    for kind in known.triples((None, RDF.type, None)):  # pySHACL takes only classes and properties from it
        data.add(kind)
    _, report, _ = validate(data, shacl_graph=rules, ont_graph=known, advanced=True)
    assert isinstance(report, Graph)
    found = []
    for result in report.subjects(SH.focusNode):
        path, value = report.value(result, SH.resultPath), report.value(result, SH.value)
        component = str(report.value(result, SH.sourceConstraintComponent)).rpartition("#")[2]
        rule = component.removesuffix("ConstraintComponent").lower()
        shown = str(path) if isinstance(path, URIRef) else ""
        found.append((str(report.value(result, SH.focusNode)), shown, "" if value is None else str(value), rule))
    return sorted(found)


def by_ours(statements: list[str]) -> list[Said]:
    return sorted((v.focus, v.path, v.value, v.rule.lower()) for v in violations(statements))


def test_the_samples_break_no_shape() -> None:
    found = graphs_of(ROOT / "loaders" / "samples")
    assert len(found) == 5
    assert shapes().check(found) == [[]] * 5


@st.composite
def spoilt(draw: st.DrawFn) -> list[str]:
    """The graph of a record with some statements left out, doubled, or given other values."""
    lines = list(small())
    for _ in range(draw(st.integers(1, 6))):
        at = draw(st.integers(0, len(lines) - 1))
        subject, predicate, term = lines[at].split(" ", 2)
        other = lines[draw(st.integers(0, len(lines) - 1))].split(" ", 2)
        how = draw(st.sampled_from(["drop", "add", "move", "text", "date", "year", "link", "empty"]))
        if how == "drop":
            del lines[at]
        elif how == "add":
            lines.append(f"{subject} {predicate} {other[2]}")
        elif how == "move":
            lines.append(f"{other[0]} {predicate} {term}")
        else:
            values = {
                "text": '"x"',
                "date": f'"2019-13-41"^^<{XSD.date}>',
                "year": f'"2019"^^<{XSD.gYear}>',
                "link": "<http://e/other>",
                "empty": '""',
            }
            lines[at] = f"{subject} {predicate} {values[how]}"
    return lines


@settings(max_examples=12, deadline=None, derandomize=True)
@given(spoilt())
def test_shapes_are_held_as_pyshacl_holds_them(lines: list[str]) -> None:
    # pySHACL compares a number with a date and finds nothing wrong; by the recommendation that is a violation too.
    bounds = {"mininclusive", "maxinclusive"}
    ours = [said for said in by_ours(lines) if said[3] not in bounds]
    assert ours == [said for said in by_pyshacl(lines) if said[3] not in bounds]


@pytest.mark.parametrize(
    ("drop", "add", "said"),
    [
        (DCTERMS.title, "", "at least 1 is needed, there are none"),
        ("", f'{TOPIC} <{DCTERMS.title}> "Another title"', "at most 1 is allowed, there are 2"),
        ("", f"{TOPIC} <{EVG.reportsStudy}> <http://e/x>", "of the class Study"),
        (
            "",
            "<http://e/r> <http://purl.org/spar/pro/withRole> <http://purl.org/spar/pro/author>",
            "an author has either",
        ),
        ("reportsTheme", "", "a measured or finding role without evg:reportsTheme"),
        ("schema.org/sameAs", "", "a publication with a DOI links to https://doi.org/ of it"),
    ],
)
def test_a_violation_says_in_words_what_is_wrong(drop: str, add: str, said: str) -> None:
    lines = [line for line in small() if not drop or drop not in line.split(" ")[1]] + [add] * bool(add)
    assert any(said in v.message for v in violations(lines)), violations(lines)


def test_records_are_held_apart_though_they_are_checked_together() -> None:
    title = f"{TOPIC} <{DCTERMS.title}> "
    other = [line for line in small() if not line.startswith(title)] + [title + '"Another title of the same work"']
    assert shapes().check([small(), other, small()]) == [[], [], []]
    broken = [line for line in small() if not line.startswith(title)]
    found = shapes().check([small(), broken, small()])
    assert [len(each) for each in found] == [0, 1, 0]
    assert isinstance(found[1][0], Violation)


def test_shapes_that_ask_for_more_than_is_known_are_refused(tmp_path: Path) -> None:
    text = (FOLDER / "shapes.ttl").read_text().replace("sh:minLength 5", "sh:uniqueLang true", 1)
    (tmp_path / "shapes.ttl").write_text(text)
    with pytest.raises(UnknownShape, match="uniqueLang"):
        Shapes(tmp_path / "shapes.ttl")
    with pytest.raises(ValueError, match="no N-Triples"):
        violations(["<a> <b> "])


@pytest.mark.parametrize(
    ("text", "kind", "holds"),
    [
        ("2020-02-29", XSD.date, True),
        ("2019-02-29", XSD.date, False),
        ("2019-02-09Z", XSD.date, True),
        ("-0044-03-15", XSD.date, True),
        ("19 May 2015", XSD.date, False),
        ("2019-05", XSD.gYearMonth, True),
        ("2019-13", XSD.gYearMonth, False),
        ("019", XSD.gYear, False),
        ("P11M30D", XSD.duration, True),
        ("P", XSD.duration, False),
        ("PT", XSD.duration, False),
        ("P1DT2.5S", XSD.duration, True),
        ("1.5", XSD.integer, False),
        ("-INF", XSD.double, True),
        ("yes", XSD.boolean, False),
        ("2020-01-01T24:00:00", XSD.dateTime, True),
        ("2020-01-01T25:00:00", XSD.dateTime, False),
    ],
)
def test_what_is_a_form_of_a_datatype(text: str, kind: str, holds: bool) -> None:
    assert valid(f'"{text}"^^<{kind}>') is holds


@pytest.mark.real
def test_real_records_are_held_as_pyshacl_holds_them(shared: Path) -> None:
    found = graphs_of(shared / "records" / "pubmed-xml")[:6]
    for lines in found:
        assert by_ours(lines) == by_pyshacl(lines)
