"""Tokens, limits on texts, and what reaches out of this machine."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.problem import Problem
from service.sparql import fields, guard
from service.sparql.tokens import tokens, unescaped

TEXTS = st.text(st.sampled_from("{}()[]<>'\"\\#?$:@abSERVICE \n\t.;,|^*/+-!&=0189é"), max_size=80)


@given(TEXTS)
def test_tokens_cover_the_text_in_order(text: str) -> None:
    end = 0
    for token in tokens(text):
        assert token.start >= end
        assert text[token.start : token.end] == token.text
        end = token.end
    rest = text
    for token in tokens(text):
        rest = rest.replace(token.text, "", 1) if token.text in rest else rest
    assert end <= len(text)


@given(TEXTS)
def test_the_guard_either_passes_a_text_or_says_what_is_wrong(text: str) -> None:
    try:
        guard.check(text, 1000)
        guard.reaches_out(text)
    except Problem as problem:
        assert problem.status in (400, 413)


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("{" * 65, 400),
        ("x" * 10_001, 413),
        ("é" * 5_001, 413),
        ("! " * 2500, 413),
        ("a " * 4000, 0),
        ("{" * 64 + "}" * 64, 0),
        ("'" + "{" * 100 + "'", 0),
        ("# " + "{" * 100, 0),
    ],
)
def test_what_is_too_much(text: str, status: int) -> None:
    if status:
        with pytest.raises(Problem) as caught:
            guard.check(text, 10_000)
        assert caught.value.status == status
    else:
        guard.check(text, 10_000)


@pytest.mark.parametrize(
    ("text", "outward"),
    [
        ("SELECT * { ?s ?p 'SERVICE' }", False),
        ("SELECT * { ?s ?p ?o } # SERVICE", False),
        ("SELECT * { ?service ?load ?o }", False),
        ("SELECT * { <http://x.org/service> service:load x:service }", False),
        ("SELECT * { service <x:y> {} }", True),
        ("SELECT * {SERVICE<x:y>{}}", True),
        (r"SELECT * { \u0053ERVICE <x:y> {} }", True),
        ("LOAD <x:y>", True),
        ("SELECT * { FILTER(1<2) SERVICE <x:y> {} }", True),
    ],
)
def test_reaching_out_is_seen(text: str, outward: bool) -> None:
    assert guard.reaches_out(text) is outward


def test_a_comparison_that_may_hide_something_is_refused() -> None:
    with pytest.raises(Problem, match="space after <"):
        guard.reaches_out("SELECT * { FILTER(?a<?b#>'''\n) SERVICE <x:y> {} } #'''")


@given(st.text())
def test_unescaping_leaves_no_escape(text: str) -> None:
    escaped = "".join(f"\\U{ord(c):08X}" for c in text if not 0xD800 <= ord(c) < 0xE000)
    assert unescaped(escaped) == text or any(0xD800 <= ord(c) < 0xE000 for c in text)


@given(st.binary(max_size=40).map(lambda b: b.replace(b"&", b"%26")))
def test_parameters_are_decoded_as_forms_are(encoded: bytes) -> None:
    from urllib.parse import unquote_to_bytes

    try:
        expected = unquote_to_bytes(encoded.partition(b"=")[2].replace(b"+", b" ")).decode()
        name = unquote_to_bytes(encoded.partition(b"=")[0].replace(b"+", b" ")).decode()
    except UnicodeDecodeError:
        with pytest.raises(Problem):
            fields.decode(encoded)
        return
    assert fields.decode(encoded) == ({name: [expected]} if encoded else {})
