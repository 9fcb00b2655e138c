"""Statements are written as Oxigraph writes them back, so that graphs compare as text."""

import pyoxigraph as ox
import pytest
from hypothesis import given
from hypothesis import strategies as st

from loaders import ntriples
from ontology.terms import XSD


def stored(term: str) -> str:
    """What a store gives back for a term as object."""
    store = ox.Store()
    store.load(f"<a:s> <a:p> {term} .", ox.RdfFormat.N_TRIPLES)
    return str(next(iter(store)).object)


@given(st.text())
def test_a_text_comes_back_as_it_was_written(text: str) -> None:
    written = ntriples.literal(text)
    assert stored(written) == written


@given(st.text(st.characters(exclude_categories=["Cc", "Cs", "Cn"])))
def test_printable_text_is_kept_letter_for_letter(text: str) -> None:
    store = ox.Store()
    store.load(f"<a:s> <a:p> {ntriples.literal(text)} .", ox.RdfFormat.N_TRIPLES)
    assert next(iter(store)).object.value == text


@given(st.text())
def test_offsets_stay_right_where_a_character_cannot_be_kept(text: str) -> None:
    [quad] = ox.parse(f"<a:s> <a:p> {ntriples.literal(text)} .", ox.RdfFormat.N_TRIPLES)
    assert len(quad.object.value) == len(text)


@given(st.floats(0, 1))
def test_a_confidence_is_written_in_the_form_that_is_kept(value: float) -> None:
    assert stored(ntriples.double(value)) == ntriples.double(value)


@pytest.mark.parametrize(("text", "kind"), [("2022", XSD.gYear), ("2022-03", XSD.gYearMonth), ("2022-03-01", XSD.date)])
def test_a_date_is_as_precise_as_its_source(text: str, kind: str) -> None:
    assert ntriples.date(text) == f'"{text}"^^<{kind}>' == stored(ntriples.date(text))


@pytest.mark.parametrize(
    ("text", "iri"),
    [
        ("https://doi.org/10.1/x", "https://doi.org/10.1/x"),
        (" http://example.org/a b<c> ", "http://example.org/a%20b%3Cc%3E"),
        ("https://example.org/a#b#c%", "https://example.org/a#b%23c%25"),
        ("javascript:alert(1)", None),
        ("file:///etc/passwd", None),
        ("https://", None),
        ("", None),
    ],
)
def test_only_web_addresses_become_iris(text: str, iri: str | None) -> None:
    assert ntriples.web_iri(text) == iri


@given(st.text())
def test_a_web_address_is_always_a_valid_iri(text: str) -> None:
    iri = ntriples.web_iri("https://example.org/" + text)
    assert iri is not None
    assert stored(f"<{iri}>") == f"<{iri}>"
