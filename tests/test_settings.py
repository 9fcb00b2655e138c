"""Settings: every one from the environment, and a clear word on each that cannot be used."""

from dataclasses import fields
from pathlib import Path

import pytest

from service.settings import BadSetting, Settings


def test_every_setting_is_read_and_said_what_for() -> None:
    given = {
        "EVIDENCE_GRAPH_BASE": "https://example.org/graph/",
        "EVIDENCE_GRAPH_DATA": "~/graph",
        "EVIDENCE_GRAPH_WORKERS": "3",
        "EVIDENCE_GRAPH_QUERY_TIMEOUT": "2.5",
        "EVIDENCE_GRAPH_CORS": "https://a.org, https://b.org",
        "EVIDENCE_GRAPH_KEEP_EMAILS": "yes",
        "OTHER": "x",
    }
    settings = Settings.from_environment(given, port=9000, host=None)
    assert settings.base == "https://example.org/graph/"
    assert settings.data == Path.home() / "graph"
    assert (settings.workers, settings.query_timeout, settings.port) == (3, 2.5, 9000)
    assert settings.cors == ("https://a.org", "https://b.org")
    assert settings.keep_emails
    assert settings.host == Settings().host
    for setting in fields(Settings):
        assert Settings.about(setting.name)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("BASE", "example.org"),
        ("BASE", "http://example.org"),
        ("BASE", "http://example.org/a b/"),
        ("BASE", "http://example.org/?x/"),
        ("PORT", "http"),
        ("PORT", "70000"),
        ("WORKERS", "0"),
        ("QUERY_TIMEOUT", "-1"),
        ("QUERY_TIMEOUT", "soon"),
        ("QUERY_MEMORY", "1"),
        ("DEFAULT_GRAPH", "union"),
        ("KEEP_EMAILS", "maybe"),
        ("REMOTE_QUERY", "localhost"),
        ("REMOTE_UPDATE", "http://example.org/update"),
        ("COLOUR", "blue"),
    ],
)
def test_a_bad_setting_is_named(name: str, value: str) -> None:
    with pytest.raises(BadSetting, match="EVIDENCE_GRAPH_"):
        Settings.from_environment({f"EVIDENCE_GRAPH_{name}": value})


def test_a_token_is_not_shown() -> None:
    assert "secret" not in repr(Settings(write_token="secret"))
