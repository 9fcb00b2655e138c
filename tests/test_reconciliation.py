"""The reconciliation service through the front door, as OpenRefine asks it."""

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from service.answers.likeness import folded, likeness, whole
from service.app import create_app
from service.settings import Settings
from tests.graphs import IRIS
from tests.serving import served
from tests.test_api import fill

COLLEGE, TRUST, REC = "Example College", "North Example NHS Foundation Trust", "London - Example REC"


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    data = tmp_path_factory.mktemp("data")
    fill(data)
    with served(create_app(Settings(data=data))) as client:
        yield client


def candidates(client: httpx.Client, text: str, **more: Any) -> list[dict[str, Any]]:
    """The candidates of one query, checked against what the specification's schema asks of them."""
    answer = client.post("/reconcile", data={"queries": json.dumps({"q": {"query": text, **more}})})
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["q"]["result"]
    for item in found:
        assert isinstance(item["id"], str) and isinstance(item["name"], str) and isinstance(item["match"], bool)
        assert 0 <= item["score"] <= 100
        assert all(set(t) == {"id", "name"} for t in item["type"])
        assert all(isinstance(f["id"], str) and isinstance(f["value"], float) for f in item["features"])
    assert [c["score"] for c in found] == sorted((c["score"] for c in found), reverse=True)
    assert [c["match"] for c in found[1:]].count(True) == 0
    return found


def matched(client: httpx.Client, text: str, **more: Any) -> str | None:
    found = candidates(client, text, **more)
    return found[0]["name"] if found and found[0]["match"] else None


def test_the_manifest_names_services_that_answer(client: httpx.Client) -> None:
    manifest = client.get("/reconcile").json()
    assert "0.2" in manifest["versions"]
    assert all(isinstance(manifest[name], str) for name in ("name", "identifierSpace", "schemaSpace", "documentation"))
    assert [t["id"] for t in manifest["defaultTypes"]] == ["organisation", "rec", "person", "theme"]
    [found] = candidates(client, "Steve Gillard", type="person")
    for template in (manifest["view"]["url"], manifest["preview"]["url"]):
        assert client.get(template.replace("{{id}}", found["id"]), follow_redirects=True).status_code == 200
    for service in manifest["suggest"].values():
        suggested = client.get(service["service_url"] + service["service_path"], params={"prefix": "re"}).json()
        assert suggested["result"]
        path = service["flyout_service_path"].replace("${id}", suggested["result"][0]["id"])
        assert set(client.get(service["flyout_service_url"] + path).json()) == {"id", "html"}
    proposing = manifest["extend"]["propose_properties"]
    proposed = client.get(proposing["service_url"] + proposing["service_path"], params={"type": "person"}).json()
    assert {"orcid", "affiliation", "studies"} <= {p["id"] for p in proposed["properties"]}
    assert client.get("/docs").status_code == client.get("/static/icon.svg").status_code == 200


def test_scripts_of_other_origins_may_ask(client: httpx.Client) -> None:
    asked = {"Origin": "http://127.0.0.1:3333", "Access-Control-Request-Method": "POST"}
    assert client.get("/reconcile", headers=asked).headers["access-control-allow-origin"] == "*"
    assert client.options("/reconcile", headers=asked).status_code == 200


@pytest.mark.parametrize(
    ("text", "more", "name"),
    [
        ("Steve Gillard", {}, "Steve Gillard"),
        ("Gillard, Steve", {"type": "person"}, "Steve Gillard"),
        ("gillard, STÉVE", {"type": ["person"], "type_strict": "any"}, "Steve Gillard"),
        ("The Example College", {"type": "organisation"}, COLLEGE),
        ("North Example NHS FT", {"type": "organisation"}, TRUST),
        ("Example College's", {"type": "organisation", "properties": [{"pid": "ror", "v": "02jx3x895"}]}, COLLEGE),
        ("London - Example Research Ethics Committee", {"type": "rec"}, REC),
        ("London Example REC", {"type": ["rec", "organisation"], "type_strict": "all"}, REC),
        ("Burn-Out", {"type": "theme"}, "Burnout"),
        ("02jx3x895", {}, COLLEGE),
        ("https://ror.org/02jx3x895", {"type": "organisation"}, COLLEGE),
        ("", {"properties": [{"pid": "ror", "v": "https://ror.org/02jx3x895"}]}, COLLEGE),
        ("somebody", {"type": "rec", "properties": [{"pid": "rec-reference", "v": ["14/lo/1234"]}]}, REC),
    ],
)
def test_what_can_be_no_other_is_a_match(client: httpx.Client, text: str, more: dict[str, Any], name: str) -> None:
    assert matched(client, text, **more) == name


@pytest.mark.parametrize(
    ("text", "more", "first"),
    [
        ("Steve Gilard", {"type": "person"}, "Steve Gillard"),
        ("S. Gillard", {"type": "person"}, "Steve Gillard"),
        ("Exmaple College", {"type": "organisation"}, COLLEGE),
        ("College Example", {"type": "organisation"}, COLLEGE),
        ("North Example NHS Trust", {"type": "organisation"}, TRUST),
        ("Burnuot", {"type": "theme"}, "Burnout"),
        ("Robertson", {"type": "person"}, None),
        ("Example College", {"type": "organisation", "properties": [{"pid": "ror", "v": "012345678"}]}, COLLEGE),
        ("Steve Gillard", {"type": "organisation", "type_strict": "should"}, "Steve Gillard"),
    ],
)
def test_what_is_only_alike_is_no_match(
    client: httpx.Client, text: str, more: dict[str, Any], first: str | None
) -> None:
    found = candidates(client, text, **more)
    assert not any(c["match"] for c in found)
    assert first is None or found[0]["name"] == first


def test_two_robertsons_are_two(client: httpx.Client) -> None:
    found = candidates(client, "Robertson, J.", type="person")
    assert [c["name"] for c in found] == ["J. Robertson"]
    assert not found[0]["match"]  # an initial stands for many
    assert {c["name"] for c in candidates(client, "Robertson", type="person")} == {"J. Robertson", "I. Robertson"}


def test_only_the_types_that_are_asked_for(client: httpx.Client) -> None:
    assert candidates(client, "Steve Gillard", type="organisation") == []
    assert {c["type"][0]["id"] for c in candidates(client, "Example", limit=50)} >= {"organisation", "rec"}
    assert len(candidates(client, "Example", limit=1)) == 1


def test_an_affiliation_speaks_for_or_against(client: httpx.Client) -> None:
    def asked(place: object) -> dict[str, Any]:
        properties = [{"pid": "affiliation", "v": place}, {"pid": "unheard-of", "v": True}]
        return candidates(client, "Steve Gillard", type="person", properties=properties)[0]

    here, elsewhere = asked("Faculty of Care"), asked({"id": "elsewhere", "name": "Elsewhere"})
    assert here["match"] and here["score"] == 100
    assert not elsewhere["match"] and elsewhere["score"] < 90
    assert asked(["Nowhere", "Faculty of Care"])["match"]


def test_any_mention_finds_the_present_cluster(client: httpx.Client) -> None:
    [found] = candidates(client, "Steve Gillard", type="person")
    for mention in client.get(f"/api/people/{found['id']}").json()["mentions"]:
        key = IRIS.cluster("person", "another", mention).rpartition("/")[2]
        [again] = candidates(client, key)
        assert again["match"] and again["id"] == found["id"]
        answer = client.get(f"/reconcile/view/{key}", follow_redirects=False)
        assert (answer.status_code, answer.headers["location"]) == (307, f"/person/{found['id']}")
        assert extended(client, [key], "studies")["rows"] == {key: {"studies": [{"int": 2}]}}


def extended(client: httpx.Client, ids: list[str], *pids: str) -> dict[str, Any]:
    asked = {"ids": ids, "properties": [{"id": pid} for pid in pids]}
    answer = client.post("/reconcile", data={"extend": json.dumps(asked)})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    assert [m["id"] for m in found["meta"]] == list(pids)
    for row in found["rows"].values():
        assert list(row) == list(pids)
        for value in (value for values in row.values() for value in values):
            assert set(value) in ({"str"}, {"int"}, {"id", "name"})
    return found


def test_a_table_is_extended(client: httpx.Client) -> None:
    college, rec = candidates(client, COLLEGE)[0], candidates(client, REC, type="rec")[0]
    ids = [college["id"], rec["id"], "nobody"]
    found = extended(client, ids, "ror", "kind", "studies", "rec-reference", "reviewed")
    assert found["rows"][college["id"]] == {
        "ror": [{"str": "02jx3x895"}],
        "kind": [{"str": "university"}],
        "studies": [{"int": 2}],
        "rec-reference": [],
        "reviewed": [],
    }
    row = found["rows"][rec["id"]]
    assert row["rec-reference"] == [{"str": "14/LO/1234"}, {"str": "15/LO/0001"}]
    assert row["reviewed"] == [{"int": 2}] and row["ror"] == []
    assert not any(found["rows"]["nobody"].values())
    [person] = candidates(client, "Steve Gillard")
    found = extended(client, [person["id"]], "orcid", "affiliation", "publications", "coauthor")
    assert found["meta"][1]["type"]["id"] == "organisation"
    row = found["rows"][person["id"]]
    assert [a["name"] for a in row["affiliation"]] == ["Faculty of Care"]
    assert row["publications"] == [{"int": 2}] and len(row["coauthor"]) == 3
    found = extended(client, ["burnout"], "definition", "mesh", "broader", "studies", "reporting")
    row = found["rows"]["burnout"]
    assert {"id": "wellbeing-at-work", "name": "Wellbeing at work"} in row["broader"]
    assert (row["studies"], row["reporting"]) == ([{"int": 3}], [{"int": 1}])


def test_suggestions_begin_as_typed(client: httpx.Client) -> None:
    def names(**parameters: object) -> list[str]:
        answer = client.get("/reconcile/suggest/entity", params=parameters)  # type: ignore[arg-type]
        return [item["name"] for item in answer.json()["result"]]

    assert names(prefix="gil", type="person") == ["Steve Gillard"]
    assert "Burnout" in names(prefix="burn")
    assert names(prefix="london", type="rec") == [REC]
    assert names(prefix="") == []
    everybody = names(prefix="r", type="person", limit=50)
    assert names(prefix="r", type="person", limit=1, cursor=1) == everybody[1:2]


def test_a_preview_is_a_small_page_for_a_frame(client: httpx.Client) -> None:
    found = candidates(client, COLLEGE)[0]
    page = client.get(f"/reconcile/preview/{found['id']}")
    assert COLLEGE in page.text and "02jx3x895" in page.text and "<script" not in page.text
    assert "frame-ancestors *" in page.headers["content-security-policy"]
    assert client.get("/reconcile/preview/nobody").status_code == 404
    assert client.get("/reconcile/preview/burnout").status_code == 200


@pytest.mark.parametrize(
    ("field", "value", "says"),
    [
        ("queries", "{", "JSON"),
        ("queries", "[]", "object"),
        ("queries", '{"q": 1}', "object"),
        ("queries", '{"q": {"query": "x", "type": "place"}}', "organisation"),
        ("queries", '{"q": {"query": "x", "limit": 0}}', "limit"),
        ("queries", '{"q": {"query": "x", "type_strict": "maybe"}}', "type_strict"),
        ("queries", '{"q": {"query": "x", "properties": [{"v": 1}]}}', "pid"),
        ("queries", json.dumps({str(n): {"query": "x"} for n in range(51)}), "at most 50"),
        ("extend", "{}", "ids"),
        ("extend", '{"ids": ["x"], "properties": [{"id": "colour"}]}', "colour"),
        ("other", "", "queries"),
    ],
)
def test_problems_say_what_is_wrong(client: httpx.Client, field: str, value: str, says: str) -> None:
    answer = client.post("/reconcile", data={field: value})
    assert answer.status_code == 422 and answer.headers["content-type"] == "application/problem+json"
    assert says in answer.text


def test_a_whole_batch_and_an_empty_one(client: httpx.Client) -> None:
    batch = {f"q{n}": {"query": "Steve Gillard"} for n in range(50)}
    assert list(client.post("/reconcile", data={"queries": json.dumps(batch)}).json()) == list(batch)
    assert client.get("/reconcile", params={"queries": "{}"}).json() == {}


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["id", "name", "x"]), inner),
    max_leaves=4,
)
TEXTS = st.text(max_size=60) | st.sampled_from(["Gillard - S", 'a "b" OR (', "D012345", "x-0123456789ab", "é NEAR/"])
QUERY = st.fixed_dictionaries(
    {"query": TEXTS | VALUES},
    optional={
        "type": st.sampled_from(["person", "theme", "rec", ["organisation"]]) | VALUES,
        "limit": st.integers() | VALUES,
        "type_strict": st.sampled_from(["any", "all", "should"]) | VALUES,
        "properties": st.lists(
            st.fixed_dictionaries(
                {"pid": st.sampled_from(["ror", "orcid", "mesh", "affiliation", "studies", "broader"]), "v": VALUES}
            ),
            max_size=2,
        )
        | VALUES,
    },
)


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(query=QUERY)
def test_odd_queries_are_answered_or_refused(client: httpx.Client, query: dict[str, Any]) -> None:
    answer = client.post("/reconcile", data={"queries": json.dumps({"q": query})})
    assert answer.status_code in (200, 422)


@given(st.text(max_size=40), st.text(max_size=40), st.sampled_from(["person", "organisation", "theme"]))
def test_likeness_is_whole_only_for_the_same(a: str, b: str, noun: str) -> None:
    one, other = folded(a, noun), folded(b, noun)
    assert 0 <= likeness(one, other, noun) <= 100
    assert (likeness(one, other, noun) == 100) == (one == other != "")
    assert not whole("", noun)
