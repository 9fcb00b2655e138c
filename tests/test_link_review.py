"""People decide on links: at the terminal, over HTTP and on a page; it lasts, it can be undone and handed on."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from typer.testing import CliRunner

from loaders.linking import Decision, Verdict, review, sssom
from loaders.linking.decisions import standing
from loaders.linking.links import Links, Wanted
from loaders.linking.review import NoSuchLink, Review
from ontology.iris import Iris
from service.admin import LINKS, linked
from service.app import create_app
from service.cli import app
from service.cli.workspace import Workspace, workspace
from service.settings import Settings
from tests.conftest import ROOT
from tests.serving import served

SAMPLES = ROOT / "loaders" / "samples"
STEVE_G = "record/document-sharing/10.1186/1472-6963-13-188#author-1"
STEVE = "record/eprints/discovery.ucl.ac.uk-10209318#author-1"
JOANNA = "record/hra/146257#contact-1"
NAMESAKES = """TY  - JOUR
AU  - Quillfeather, Marcus
AU  - Ravensworth, Adele
TI  - Owls in the hedgerows of Suffolk
DO  - 10.1234/owls
ER  -
TY  - JOUR
AU  - Quillfeather, Marcus
AU  - Tollemache, Rupert
TI  - Tariffs and the price of bread
DO  - 10.1234/bread
ER  -
"""
"""Two who share a rare name and nothing else."""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("made")
    (folder / "namesakes.ris").write_text(NAMESAKES)
    with workspace(Settings(data=folder / "data")) as w:
        assert len(w.loader.load([SAMPLES, folder / "namesakes.ris"]).quarantined) == 0
    return folder / "data"


@pytest.fixture
def data(made: Path, tmp_path: Path) -> Path:
    import shutil

    return Path(shutil.copytree(made, tmp_path / "data"))


def dump(w: Workspace) -> dict[str, list[str]]:
    """Every named graph, statement by statement."""
    return {name: sorted(w.graph.store.graph(name)) for name in w.graph.store.graphs()}


@contextmanager
def deciding(data: Path) -> Iterator[tuple[Workspace, Review, Links]]:
    with workspace(Settings(data=data)) as w:
        linker, links = linked(w.settings, w.graph, w.archive), Links(data / LINKS, w.graph.iris)
        yield w, Review(w.graph, w.archive, linker), links
        links.close()
        linker.close()


def together(w: Workspace, links: Links, left: str = STEVE_G, right: str = STEVE) -> bool:
    return any(iri == w.graph.iris.base + right for iri in links.members(w.graph.iris.base + left, 100))


@pytest.mark.parametrize(
    ("left", "right", "verdict"),
    [(STEVE_G, STEVE, "reject"), (STEVE_G, "", "split"), (STEVE, JOANNA, "accept")],
)
def test_undoing_restores_the_graph_to_the_last_statement(data: Path, left: str, right: str, verdict: str) -> None:
    with deciding(data) as (w, desk, links):
        before = dump(w)
        made = desk.decide(left, right, Verdict(verdict), "Ann Reader")
        assert dump(w) != before
        assert together(w, links, left, right or STEVE) is (verdict == "accept")
        if right:
            assert made.mapping is not None
            assert (made.mapping.by, made.mapping.status) == ("Ann Reader", verdict + "ed")
        desk.decide(left, right, Verdict.UNDO, "Ben Reader")
        assert dump(w) == before
        with pytest.raises(NoSuchLink):
            desk.decide(left, right, Verdict.UNDO, "Ben Reader")


def test_a_decision_outlives_a_reload_a_rebuild_and_the_loss_of_the_tables(data: Path) -> None:
    with deciding(data) as (w, desk, links):
        desk.decide(STEVE_G, STEVE, Verdict.REJECT, "Ann Reader")
        decided = dump(w)
        w.loader.load([SAMPLES])
        assert dump(w) == decided
        w.loader.rebuild()
        assert dump(w) == decided
    for file in data.glob(LINKS + "*"):
        file.unlink()
    with deciding(data) as (w, _, links):
        assert dump(w) == decided
        assert not together(w, links)


def test_a_decision_that_was_kept_and_not_applied_is_taken_up(data: Path) -> None:
    with deciding(data) as (w, desk, links):
        said = desk.checked(Decision("", STEVE_G, STEVE, Verdict.REJECT, "Ann Reader"))
        review.keep(w.archive, w.graph.iris, said)  # here the power fails
        assert together(w, links)
    with served(create_app(Settings(data=data))) as client:  # a server takes it up as it starts
        assert client.get("/api/links", params={"by": "Ann Reader"}).json()["total"] == 1
    with deciding(data) as (w, _, links):
        assert not together(w, links)


def test_what_makes_no_sense_is_refused_in_words(data: Path) -> None:
    with deciding(data) as (_, desk, _):
        accept = Verdict.ACCEPT
        with pytest.raises(NoSuchLink, match="knows nothing of record/hra/1"):
            desk.decide("hra/1#contact-1", STEVE, accept, "Ann")
        with pytest.raises(ValueError, match="the one is of kind person, the other of kind project"):
            desk.decide(STEVE, "study/iras/146257", accept, "Ann")
        with pytest.raises(ValueError, match="two different things"):
            desk.decide(STEVE, STEVE, accept, "Ann")
        with pytest.raises(ValueError, match="who says so"):
            desk.decide(STEVE, STEVE_G, accept, " ")


def test_where_an_e_mail_domain_leads_can_be_denied(data: Path) -> None:
    with deciding(data) as (w, desk, links):
        [link], _ = links.find(Wanted("affiliation"), 10)
        before = dump(w)
        made = desk.decide(link.mapping.left, link.mapping.right, Verdict.REJECT, "Ann Reader")
        assert made.decision.kind == "affiliation"
        [link], _ = links.find(Wanted("affiliation", "rejected", author="Ann Reader"), 10)
        assert link.mapping.comment == "a person said that it is not so"
        desk.decide(link.mapping.left, link.mapping.right, Verdict.UNDO, "Ann Reader")
        assert dump(w) == before


def test_one_rejection_answers_for_the_clusters_around_the_two(data: Path, tmp_path: Path) -> None:
    third = NAMESAKES.partition("ER  -")[0].replace("owls", "owls-again").replace("Owls in", "More owls in")
    (tmp_path / "third.ris").write_text(third + "AU  - Featherstonehaugh, Ida\nER  -\n")
    with deciding(data) as (w, desk, links):
        w.loader.load([tmp_path / "third.ris"])
        candidates, _ = links.find(Wanted("person", "candidate", q="quillfeather"), 10)
        once, _ = links.find(Wanted("person", "candidate", q="quillfeather", once=True), 10)
        assert [link.iri for link in once] == [candidates[0].iri]
        assert len(candidates) > 1
        m = candidates[0].mapping
        desk.decide(m.left, m.right, Verdict.REJECT, "Ann Reader")
        assert links.find(Wanted("person", "candidate", q="quillfeather"), 10) == ([], 0)


def test_the_log_is_sssom_that_can_be_replayed_on_another_base(data: Path, made: Path, tmp_path: Path) -> None:
    with deciding(data) as (w, desk, links):
        desk.decide(STEVE_G, STEVE, Verdict.REJECT, "Ann\tReader")
        desk.decide(JOANNA, "", Verdict.SPLIT, "Ben Reader")
        said = standing(review.decisions(w.archive, w.graph.iris)).all
        text = sssom.head(w.graph.iris, "Decided") + "".join(sssom.of_decisions(said, {}, w.graph.iris))
        every = sssom.head(w.graph.iris, "All") + "".join(sssom.of_links(links.every(), w.graph.iris))
        here = w.graph.iris.base
    assert "#license: " in text
    assert "#curie_map:\n" in text
    assert "\tNot\t" in text
    assert "sssom:NoTermFound" in text
    assert sssom.read(text, w.graph.iris) == said
    assert {d.verdict for d in sssom.read(every, w.graph.iris)} == {Verdict.REJECT}  # the machine's are no decisions
    base = "https://elsewhere.example/"
    (tmp_path / "log.tsv").write_text(text)
    other = Settings(data=tmp_path / "other", base=base)
    with workspace(other) as w:
        w.loader.load([SAMPLES])
        linker = linked(other, w.graph, w.archive)
        desk = Review(w.graph, w.archive, linker)
        kept, refused = desk.replay(sssom.read(text, w.graph.iris))
        assert (len(kept), refused) == (2, [])
        assert kept[0].left.startswith(base)
        assert desk.replay(sssom.read(text, w.graph.iris)) == ([], [])
        elsewhere = {line.replace(base, here) for line in w.graph.store.graph(w.graph.iris.resolution_graph)}
        linker.close()
    assert any("ManualMappingCuration" in line for line in elsewhere)


def test_what_is_no_log_is_refused(tmp_path: Path) -> None:
    iris = Iris("https://example.org/")
    with pytest.raises(sssom.NoSssom, match="column names"):
        sssom.read("nothing of the sort\n", iris)
    names = "subject_id\tpredicate_id\tobject_id\tmapping_justification\n"
    row = names + "x:a\towl:sameAs\tx:b\tsemapv:ManualMappingCuration\n"
    with pytest.raises(sssom.NoSssom, match="row 1: 'owl:sameAs'"):
        sssom.read(row, iris)


def cli(*arguments: str | Path, keys: str | None = None) -> tuple[int, str]:
    done = CliRunner().invoke(app, [str(a) for a in arguments], input=keys)
    return done.exit_code, done.output + (str(done.exception) if done.exception else "")


def test_the_terminal_decides_lists_undoes_and_hands_on(data: Path, tmp_path: Path) -> None:
    status, said = cli("link", "decide", STEVE_G, STEVE, "reject", "--by", "Ann Reader", "--data", data)
    assert (status, said) == (0, "reject (Ann Reader)\n")
    status, said = cli("link", "list", "--decision", "rejected", "--json", "--data", data)
    assert [(row["left"], row["by"]) for row in json.loads(said)] == [(STEVE_G, "Ann Reader")]
    for flags in ([], ["--json"]):
        log = tmp_path / "log"
        assert cli("link", "log", *flags, "-o", log, "--data", data)[0] == 0
        assert "0 taken over, 1 known, 0 refused" in cli("link", "replay", log, "--data", data)[1]
    assert cli("link", "undo", STEVE_G, STEVE, "--by", "Ben Reader", "--data", data) == (0, "undone\n")
    assert "Not" not in cli("link", "log", "--data", data)[1]
    assert "nobody decided" in cli("link", "undo", STEVE_G, STEVE, "--by", "Ben Reader", "--data", data)[1]
    assert "naming both" in cli("link", "undo", STEVE_G, "--by", "Ben Reader", "--data", data)[1]


def test_review_at_the_terminal_goes_by_single_keys(data: Path) -> None:
    status, said = cli("link", "review", "--by", "Ann Reader", "--data", data, keys="auk")
    assert status == 0
    assert "Owls in the hedgerows of" in said
    assert "accept (Ann Reader)" in said
    assert "undone" in said
    assert "0 decided, 1 candidates left" in said
    assert "1 decided, 0 candidates left" in cli("link", "review", "--by", "Ann", "--data", data, keys="a")[1]


@pytest.fixture
def client(data: Path) -> Iterator[httpx.Client]:
    with served(create_app(Settings(data=data, write_token="secret"))) as found:
        yield found


def test_over_http_links_are_read_by_all_and_decided_with_a_token(client: httpx.Client) -> None:
    [link] = client.get("/api/links", params={"decision": "candidate"}).json()["items"]
    assert (link["kind"], link["left"]["name"], link["by"]) == ("person", "Marcus Quillfeather", None)
    ends = {"left": link["left"]["iri"], "right": link["right"]["iri"]}
    compared = client.get("/api/links/pair", params=ends).json()["compared"]
    [names] = [row for row in compared if row["name"] == "Name"]
    assert names["left"][0] | {"records": 1} == {"value": "Quillfeather, Marcus", "records": 1, "shared": True}
    assert client.get("/api/links/pair", params={"left": STEVE, "right": JOANNA}).status_code == 404
    said = {**ends, "verdict": "accept", "person": "Ann Reader"}
    assert client.post("/api/links/decisions", json=said).status_code == 401
    writer = {"authorization": "Bearer secret"}
    made = client.post("/api/links/decisions", json=said, headers=writer)
    assert (made.status_code, made.json()["together"], made.json()["kind"]) == (201, True, "person")
    rows = client.get("/api/links", params={"by": "Ann Reader"}).json()["items"]
    assert [row["decision"] for row in rows] == ["accepted"]
    [row] = client.get("/api/links/decisions").json()["items"]
    assert (row["stands"], row["verdict"]) == (True, "accept")
    tsv = client.get("/api/links", params={"format": "sssom"})
    assert tsv.headers["content-type"].startswith("text/tab-separated-values")
    assert "semapv:ManualMappingCuration\tAnn Reader" in tsv.text
    assert client.post("/api/links/decisions", json=said | {"verdict": "undo"}, headers=writer).status_code == 201
    assert client.get("/api/links", params={"decision": "candidate"}).json()["total"] == 1
    wrong = said | {"left": "hra/1#contact-1"}
    assert client.post("/api/links/decisions", json=wrong, headers=writer).status_code == 404
    assert client.post("/api/links/decisions", json=said | {"right": said["left"]}, headers=writer).status_code == 422
    assert client.get("/api/links", params={"kinds": "person"}).status_code == 422


def test_the_page_shows_both_sides_and_its_form_decides(client: httpx.Client) -> None:
    browser = {"accept": "text/html"}
    listed = client.get("/review", headers=browser)
    assert "default-src &#39;none&#39;" not in listed.text
    assert "script-src" not in listed.headers["content-security-policy"]
    assert "Marcus Quillfeather / Marcus Quillfeather" in listed.text
    [link] = client.get("/api/links", params={"decision": "candidate"}).json()["items"]
    ends = {"left": link["left"]["iri"], "right": link["right"]["iri"]}
    pair = client.get("/review/pair", params=ends, headers=browser)
    assert "<script" not in pair.text
    assert "Tariffs and the price of bread" in pair.text
    form = {**ends, "verdict": "accept", "person": "Ann Reader"}
    assert client.post("/review/pair", data=form, headers=browser).status_code == 401
    assert client.post("/review/pair", data=form | {"token": "wrong"}, headers=browser).status_code == 401
    elsewhere = browser | {"origin": "https://elsewhere.example"}
    assert client.post("/review/pair", data=form | {"token": "secret"}, headers=elsewhere).status_code == 403
    done = client.post("/review/pair", data=form | {"token": "secret"}, headers=browser)
    assert done.status_code == 303
    cookie = done.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    assert "secret" not in cookie
    after = client.get(done.headers["location"], headers=browser)
    assert "Held to be one" in after.text
    assert "Ann Reader said so" in after.text
    undone = client.post("/review/pair", data={**ends, "verdict": "undo"}, headers=browser)  # the cookie serves
    assert undone.status_code == 303
    assert client.get("/api/links", params={"decision": "candidate"}).json()["total"] == 1
    client.post("/review/pair", data={**ends, "verdict": "split-left"}, headers=browser)
    assert "Undo what writer said" in client.get("/review/pair", params=ends, headers=browser).text
    client.post("/review/pair", data={**ends, "verdict": "undo-left"}, headers=browser)
    assert client.get("/api/links", params={"decision": "candidate"}).json()["total"] == 1
    assert client.post("/review/leave", headers=browser).status_code == 303
    assert client.post("/review/pair", data=form, headers=browser).status_code == 401
