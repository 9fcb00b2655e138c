"""What is documented is there, and what is there is documented."""

from dataclasses import fields

import pytest
from typer.main import get_command

from service.cli import app
from service.settings import PREFIX, Settings
from tests.conftest import ROOT

README = (ROOT / "README.md").read_text()


@pytest.mark.parametrize("name", [f.name for f in fields(Settings)])
def test_every_setting_is_in_the_readme_with_what_it_is_for(name: str) -> None:
    [row] = [line for line in README.splitlines() if line.startswith(f"| `{PREFIX}{name.upper()}` |")]
    assert Settings.about(name) in row


def test_every_command_is_in_the_readme_with_help() -> None:
    for name, command in get_command(app).commands.items():  # type: ignore[attr-defined]
        assert f"| `{name}" in README, name
        assert command.help


def test_every_setting_has_one_row() -> None:
    rows = [line.split("`")[1] for line in README.splitlines() if line.startswith(f"| `{PREFIX}")]
    assert sorted(rows) == sorted(PREFIX + f.name.upper() for f in fields(Settings))
