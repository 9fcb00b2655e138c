"""Queries: what a file must say, and that no value is ever more than one term."""

import pyoxigraph as ox
import pytest
from hypothesis import given
from hypothesis import strategies as st

import queries
from ontology.terms import PREFIXES
from queries import BadQuery, BadValue, Query

HEAD = "# title: T\n# description: D\n"
VALUES: dict[str, object] = {
    "iri": "http://example.org/a",
    "string": "text",
    "integer": 3,
    "boolean": True,
    "iris": ["http://example.org/a", "http://example.org/b"],
    "strings": ["a", "b"],
    "integers": [1, 2],
    "groups": [("http://example.org/a", 1)],
}


@pytest.mark.parametrize("name", queries.names())
def test_every_query_is_well_formed_and_stands_alone(name: str) -> None:
    query = queries.load(name)
    assert query.title and query.description
    for given_ in ({p.name: VALUES[p.type] for p in query.parameters}, _needed(query)):
        ox.Store().query(query.bind(**given_))  # without any prefix but its own


def _needed(query: Query) -> dict[str, object]:
    return {p.name: VALUES[p.type] for p in query.parameters if not p.optional and p.default is None}


@pytest.mark.parametrize("name", queries.names())
def test_prefixes_are_those_of_the_ontology(name: str) -> None:
    for line in queries.load(name).text.splitlines():
        if line.startswith("PREFIX "):
            _, prefix, namespace = line.split()
            assert namespace == f"<{PREFIXES[prefix[:-1]]}>"


@pytest.mark.parametrize(
    ("source", "says"),
    [
        ("ASK { $x ?p ?o }", "needs a title"),
        (HEAD + "ASK { $x ?p ?o }", "$x, which its header does not declare"),
        (HEAD + "# param x iri\nASK { ?s ?p ?o }", "declares x and never uses"),
        (HEAD + "# param x iri\nASK { ?s ?p '$x' }", "declares x and never uses"),
        (HEAD + "# param x iri\n# param x iri\nASK { $x ?p ?o }", "twice"),
        (HEAD + "# param x thing\nASK { $x ?p ?o }", "is not `# param"),
        (HEAD + "# parm x iri\nASK { $x ?p ?o }", "neither a title"),
        (HEAD + "# param x iri\nASK { $x ?x ?o }", "to SPARQL they are one"),
        (HEAD + "# param x iri optional\nASK { $x ?p ?o }", "outside of every #if"),
        (HEAD + "# param x iri optional\nASK {\n#if x\n$x ?p ?o }", "no #end"),
        (HEAD + "# param x iri optional\nASK {\n#if y\n$x ?p ?o\n#end\n}", "needs an optional parameter"),
        (HEAD + "ASK {\n#end\n}", "without #if"),
    ],
)
def test_a_wrong_file_fails_when_it_is_loaded(source: str, says: str) -> None:
    with pytest.raises(BadQuery) as raised:
        Query.parse("wrong", source)
    assert says in str(raised.value)


def test_only_tokens_are_replaced() -> None:
    query = Query.parse(
        "q",
        HEAD + "# param x iri\nASK { $x <http://e/$x> '$x', \"\"\"a\"$x\"\"\" ; ?xx '''it's $x''' } # $x",
    )
    assert query.bind(x="http://e/1") == (
        "ASK { <http://e/1> <http://e/$x> '$x', \"\"\"a\"$x\"\"\" ; ?xx '''it's $x''' } # $x"
    )


def test_optional_parts() -> None:
    query = Query.parse("q", HEAD + "# param x iri optional\nASK {\n#if x\n$x ?p ?o\n#else\n?s ?p ?o\n#end\n}")
    assert query.bind(x="http://e/1") == "ASK {\n<http://e/1> ?p ?o\n}"
    assert query.bind() == query.bind(x=None) == "ASK {\n?s ?p ?o\n}"


@pytest.mark.parametrize(
    ("type_", "value"),
    [
        ("iri", "no iri"),
        ("iri", "http://e/> ?p ?o } #"),
        ("iri", 1),
        ("string", None),
        ("string", "\ud800"),
        ("integer", "1"),
        ("integer", True),
        ("boolean", 1),
        ("iris", "http://e/"),
        ("groups", "ab"),
    ],
)
def test_a_value_of_another_type_is_refused(type_: str, value: object) -> None:
    with pytest.raises(BadValue):
        Query.parse("q", f"{HEAD}# param x {type_}\nASK {{ ?s ?p $x }}").bind(x=value)


def test_missing_and_unknown_values_are_refused() -> None:
    query = Query.parse("q", HEAD + "# param x integer 5\n# param y integer\nASK { ?s $x $y }")
    assert query.bind(y=1) == "ASK { ?s 5 1 }"
    with pytest.raises(BadValue, match="y has no value"):
        query.bind()
    with pytest.raises(BadValue, match="no parameter z"):
        query.bind(y=1, z=1)


SELECT = "SELECT ?v WHERE { VALUES ?v { $x } }"


def _rows(type_: str, value: object) -> list[object]:
    text = Query.parse("q", f"{HEAD}# param x {type_}\n{SELECT}").bind(x=value)
    solutions = ox.Store().query(text)
    assert isinstance(solutions, ox.QuerySolutions)
    found: list[object] = [row["v"] for row in solutions]
    assert all(term is not None for term in found)
    return found


HOSTILE = st.one_of(
    st.text(),
    st.text(alphabet="\"'\\<>{}.;#$?\n\r\t @^x"),
    st.sampled_from(['" } ?s ?p ?o . #', "> } INSERT DATA {", "'''", '"""', "\\", "\\u0022", "$x", "?v", "@en", "^^"]),
)


@given(HOSTILE)
def test_any_text_stays_the_one_literal_that_it_is(text: str) -> None:
    assert _rows("string", text) == [ox.Literal(text)]


@given(st.lists(HOSTILE, max_size=4))
def test_any_texts_stay_as_many_literals(texts: list[str]) -> None:
    assert _rows("strings", texts) == [ox.Literal(text) for text in texts]


@given(HOSTILE | HOSTILE.map("http://example.org/".__add__))
def test_any_iri_stays_one_iri_or_is_refused(text: str) -> None:
    try:
        assert _rows("iri", text) == [ox.NamedNode(text)]
    except BadValue:
        with pytest.raises(ValueError, match=r".*"):
            ox.NamedNode(text)


@given(st.integers())
def test_any_number_stays_one_number(value: int) -> None:
    text = Query.parse("q", f"{HEAD}# param x integer\n{SELECT}").bind(x=value)
    assert text == SELECT.replace("$x", str(value))


@given(HOSTILE, HOSTILE)
def test_a_value_is_never_looked_into_for_parameters(one: str, other: str) -> None:
    text = Query.parse("q", f"{HEAD}# param x string\n# param y string\nSELECT ($x AS ?a) ($y AS ?b) {{}}")
    solutions = ox.Store().query(text.bind(x=f"$y{one}", y=f"$x{other}"))
    assert isinstance(solutions, ox.QuerySolutions)
    [row] = solutions
    assert (row["a"], row["b"]) == (ox.Literal(f"$y{one}"), ox.Literal(f"$x{other}"))
