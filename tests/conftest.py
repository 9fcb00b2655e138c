"""Shared fixtures. The smallest data that shows a thing is written in the test that needs it."""

from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
SHARED = ROOT.parent / "shared"
"""Real records, where a developer has them. A user's clone has no such folder."""


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real records; a test that asks for it is skipped where there is none."""
    if not SHARED.is_dir():
        pytest.skip("no ../shared folder with real records")
    return SHARED
