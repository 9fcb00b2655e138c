"""IRIs are minted from identifiers, valid whatever these hold, and readable back."""

import pyoxigraph as ox
from hypothesis import given
from hypothesis import strategies as st

from ontology.iris import Iris, normalise, path, slug, title_key, unpath

IRIS = Iris("https://example.org/graph/")
TEXT = st.text(st.characters(exclude_categories=["Cs"]), min_size=1)


def valid(iri: str) -> bool:
    """Whether a strict parser takes it as an absolute IRI."""
    [quad] = ox.parse(f"<{iri}> <{iri}> <{iri}> .", ox.RdfFormat.N_TRIPLES)
    return isinstance(quad.subject, ox.NamedNode) and quad.subject.value == iri


@given(TEXT)
def test_any_key_gives_a_valid_iri_and_comes_back(key: str) -> None:
    assert valid(IRIS.record("hra", key))
    assert valid(IRIS.part("hra", key, "author-1"))
    assert valid(IRIS.publication("doi", key))
    assert valid(IRIS.keyword(normalise(key)))
    assert unpath(path(key)) == key


@given(TEXT, TEXT)
def test_different_keys_have_different_iris(one: str, other: str) -> None:
    assert (IRIS.record("ris", one) == IRIS.record("ris", other)) == (one == other)


def test_a_doi_keeps_its_slash() -> None:
    assert IRIS.publication("doi", "10.1186/s12888-022-03999-9").endswith("publication/doi/10.1186/s12888-022-03999-9")


def test_the_implied_study_is_named_after_its_publication() -> None:
    assert IRIS.implied_study(IRIS.publication("doi", "10.1/x")) == "https://example.org/graph/study/of/doi/10.1/x"


def test_a_title_is_the_same_key_however_it_is_set() -> None:
    assert title_key("Burn-out:  a STUDY") == title_key("burn out, a study.")
    assert title_key("Part II") != title_key("Part III")


@given(TEXT)
def test_a_slug_is_never_empty_and_needs_no_encoding(text: str) -> None:
    assert slug(text)
    assert path(slug(text)) == slug(text)


def test_a_cluster_is_named_after_one_member() -> None:
    one = IRIS.cluster("person", "Steve Gillard", "https://example.org/graph/record/hra/1#contact-1")
    assert one.startswith("https://example.org/graph/person/steve-gillard-")
    assert len(one.rpartition("-")[2]) == 12
