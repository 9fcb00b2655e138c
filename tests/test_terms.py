"""Closed vocabularies: what is written in the graph is defined."""

import doctest

import pytest

from ontology import graphs, iris, terms
from ontology.terms import EVG, PREFIXES, ROLE, VOCABULARIES


def test_a_misspelt_term_raises_and_names_its_neighbour() -> None:
    with pytest.raises(AttributeError, match="did you mean 'reportsTheme'"):
        EVG.reportTheme  # noqa: B018
    with pytest.raises(KeyError, match="role: has no term 'found'"):
        ROLE["found"]


def test_terms_are_those_that_the_ontology_defines() -> None:
    assert EVG.reportsTheme == "https://w3id.org/evidencegraph/ns#reportsTheme"
    assert {"measured", "finding", "aim", "background", "recommendation", "keyword"} <= ROLE.names
    assert EVG.local(EVG.quote) == "quote"
    with pytest.raises(KeyError):
        EVG.local(ROLE.measured)


def test_prefixes_are_distinct() -> None:
    assert len(PREFIXES) == len(VOCABULARIES) == len(set(PREFIXES.values()))


def test_the_language_itself_is_two_named_graphs_without_blank_nodes() -> None:
    assert set(graphs()) == {"https://w3id.org/evidencegraph/ns", "https://w3id.org/evidencegraph/theme"}
    assert not [line for lines in graphs().values() for line in lines if "_:" in line]


def test_examples_in_the_docstrings() -> None:
    assert doctest.testmod(iris).failed == 0
    assert doctest.testmod(terms).failed == 0
