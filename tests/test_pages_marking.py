"""Evidence marked in a text: whatever overlaps, the text stays the text."""

from hypothesis import given
from hypothesis import strategies as st

from service.pages.marking import highlighted, marked, occurrences, sentences

TEXT = st.text(alphabet="ab <&é\u202e😀;", max_size=40)


@st.composite
def texts_with_evidence(draw: st.DrawFn) -> tuple[str, list[dict[str, object]]]:
    text = draw(TEXT)
    spans = draw(st.lists(st.tuples(st.integers(-2, 45), st.integers(-2, 45), TEXT), max_size=6))
    return text, [{"start": a, "end": b, "matched": m, "number": n} for n, (a, b, m) in enumerate(spans, 1)]


@given(texts_with_evidence())
def test_the_pieces_are_the_text_and_each_quote_is_covered_and_closed_once(
    given_: tuple[str, list[dict[str, object]]],
) -> None:
    text, evidence = given_
    pieces = marked(text, evidence)
    assert "".join(p.text for p in pieces) == text
    for e in evidence:
        start, end, number = int(str(e["start"])), int(str(e["end"])), int(str(e["number"]))
        covered = "".join(p.text for p in pieces if number in p.notes)
        fits = 0 <= start < end <= len(text)
        assert covered == (text[start:end] if fits else "")
        assert sum(number in p.closing for p in pieces) == fits


@given(TEXT, TEXT)
def test_a_highlighted_quote_is_the_quote(quote: str, matched: str) -> None:
    assert "".join(text for text, _ in highlighted(quote, matched)) == quote


def test_matched_words_are_found_as_words_whatever_their_case_and_space() -> None:
    assert occurrences("Stress, distress and STRESS", "stress") == [(0, 6), (21, 27)]
    assert occurrences("peer\n support", "Peer support") == [(0, 13)]
    assert occurrences("burnouts", "burnout") == [(0, 7)]


def test_themes_of_one_sentence_are_told_together() -> None:
    quote = {"section": "results", "quote": "A and B", "end": 7, "source": "r", "role_by": "rule", "section_by": None}
    read = [quote | {"theme": t, "label": t.upper(), "matched": t.upper(), "start": 0, "confidence": 0.5} for t in "ab"]
    title = quote | {"section": "title", "theme": "a", "label": "A", "matched": "A", "start": 0, "confidence": None}
    [first, second] = sentences([*read, title])
    assert (first["number"], first["section"]) == (1, "title")
    assert second["matched"] == "A; B" and len(second["read_as"]) == 2
    assert second["reasons"] == [("Role by: rule. Confidence 0.50.", "A, B")]
