"""The W3C's cases over HTTP, against the plain dataset. W3C_SUITES=all runs every suite, not the quick ones."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.endpoint import TOKEN, endpoint

QUICK = "protocol,gsp,sd,extra,formats11"
EVERY = f"{QUICK},query11,update11,sparql12,query10"
LISTED = re.compile(r"^\| `([^`]+)` \|", re.M)


@pytest.mark.real
def test_only_what_the_engine_cannot_do_fails(tmp_path: Path, shared: Path) -> None:
    suites = EVERY if os.environ.get("W3C_SUITES") == "all" else QUICK
    with endpoint(tmp_path / "data", {}, default_graph="plain") as client:
        subprocess.run(
            [
                *(sys.executable, str(shared / "w3c" / "run.py"), "--quiet", "--suites", suites, "--token", TOKEN),
                *("--query", f"{client.base_url}/sparql", "--update", f"{client.base_url}/update"),
                *("--gsp", f"{client.base_url}/graphs", "--json", str(tmp_path / "out.json")),
            ],
            check=False,
        )
    results = json.loads((tmp_path / "out.json").read_text())["results"]
    failed = {case["id"]: case["why"] for case in results if case["verdict"] == "fail"}
    known = set(LISTED.findall((ROOT / "docs" / "w3c.md").read_text()))
    assert {case: why for case, why in failed.items() if case not in known} == {}
    ran = {case["id"] for case in results}
    assert known & ran == failed.keys(), "a case that passes by now is to be struck off the list"
    assert len(results) > 120
