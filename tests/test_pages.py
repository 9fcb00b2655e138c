"""The pages as a browser gets them: every one sound, every link leads somewhere, nothing of a record is trusted."""

from collections.abc import Iterator
from urllib.parse import parse_qsl, urlsplit

import pytest
from selectolax.lexbor import LexborHTMLParser

from tests.pages import BASE, HOSTILE, Client, Page, made, serving


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    data = tmp_path_factory.mktemp("pages")
    made(data)
    with serving(data) as it:
        yield it


@pytest.fixture(scope="module")
def crawled(client: Client) -> dict[str, Page]:
    """Every page that links lead to from the front page, by path; of lists only one filter deep."""
    found: dict[str, Page] = {}
    todo = ["/"]
    while todo:
        path = todo.pop()
        if path in found:
            continue
        answer = client.get(path, follow=True)
        assert answer.status_code == 200, f"{path}: {answer.status_code}"
        if not answer.headers["content-type"].startswith("text/html"):
            continue
        found[path] = Page(answer.text)
        for link in found[path].links:
            parts = urlsplit(link)
            if not parts.netloc and parts.path and parts.query.count("&") < 1:
                todo.append(link.partition("#")[0])
    return found


def page(client: Client, path: str) -> Page:
    answer = client.get(path)
    assert answer.status_code == 200
    return Page(answer.text)


def test_every_link_leads_to_a_page_and_every_kind_of_page_is_reached(crawled: dict[str, Page]) -> None:
    nouns = {path.split("/")[1].partition("?")[0] for path in crawled}
    kinds = {"study", "publication", "person", "organisation", "record", "graph", "theme", "keyword"}
    lists = {"", "studies", "people", "organisations", "recs", "themes", "records", "query", "docs", "ontology"}
    assert kinds | lists <= nouns


def test_every_page_is_sound(crawled: dict[str, Page]) -> None:
    assert {path: p.faults for path, p in crawled.items() if p.faults} == {}


def test_links_within_and_between_pages_hit_their_anchor(crawled: dict[str, Page]) -> None:
    lost = [
        (path, link)
        for path, shown in crawled.items()
        for link in shown.links
        if link.startswith("/") and "#" in link
        for target, _, anchor in [link.partition("#")]
        if target in crawled and anchor not in crawled[target].ids
    ]
    assert lost == []


def test_no_page_shows_a_bare_iri_of_ours(crawled: dict[str, Page]) -> None:
    shown = {
        path: p.said for path, p in crawled.items() if not path.startswith(("/query", "/sparql", "/ontology", "/docs"))
    }
    assert [path for path, said in shown.items() if BASE in said or "w3id.org" in said] == []


def test_pages_load_nothing_and_run_nothing(client: Client) -> None:
    answer = client.get("/")
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy and "script" not in policy
    assert answer.headers["x-content-type-options"] == "nosniff"
    sheet = next(link for link in Page(answer.text).links if ".css" in link)
    css = client.get(sheet)
    assert css.headers["content-type"] == "text/css; charset=utf-8" and "immutable" in css.headers["cache-control"]
    assert "http" not in css.text.replace('[href^="http"]', "") and "@import" not in css.text


def test_the_front_page_answers_the_burnout_question(client: Client) -> None:
    said = page(client, "/").said
    assert "Which studies report burnout? Two of 6." in said
    assert "Burnout increased after 4 months." in said


@pytest.mark.parametrize(
    ("question", "heading", "titles"),
    [
        ("theme=burnout", "Two studies report burnout", {"The impact of working"}),
        ("theme=burnout&role=background", "One study with burnout as background", {"Peer worker wellbeing"}),
        ("theme=burnout&direction=increase", "One study reports burnout", {"The impact of working"}),
        ("theme=burnout&role=any", "Four studies mention burnout", {"Stress & burnout on wards"}),
        ("q=&theme=&role=&year_from=&year_to=", "Six studies", {"The journey of peer support workers"}),
        ("theme=gambling", "No studies report gambling", set()),
        ("kind=registered", "Two studies", {"Stress & burnout on wards"}),
    ],
)
def test_the_form_asks_what_the_api_asks(client: Client, question: str, heading: str, titles: set[str]) -> None:
    shown = page(client, f"/studies?{question}")
    assert heading in shown.said
    assert all(title in shown.said for title in titles)
    assert not shown.faults


@pytest.mark.parametrize(
    "asked",
    ["offset=-1", "offset=100000000000000000000", "offset=x", "limit=0", "year_from=99999", "q=" + 201 * "x"],
)
def test_a_number_out_of_range_is_refused_with_the_range(client: Client, asked: str) -> None:
    answer = client.get(f"/studies?{asked}")
    assert answer.status_code == 422
    assert asked.partition("=")[0] + ":" in Page(answer.text).said


@pytest.mark.parametrize("path", ["/studies", "/people", "/organisations", "/records", "/recs", "/studies?q=peer"])
def test_behind_its_end_a_list_says_so_and_leads_back(client: Client, path: str) -> None:
    shown = page(client, f"{path}{'&' if '?' in path else '?'}offset=5000")
    assert "The list ends before this" in shown.said
    assert path in shown.links


def test_filtering_further_forgets_nothing(client: Client) -> None:
    asked = "theme=burnout&theme=peer-support&negated=false&hedged=false&keyword=a&source=sciety&author=x&author=y"
    sent = {(f["name"], f["value"]) for f in _fields(client.get(f"/studies?{asked}").text)}
    assert set(parse_qsl(asked)) <= sent
    assert ("theme", "Burn-out") in {
        (f["name"], f["value"]) for f in _fields(client.get("/studies?theme=Burn-out").text)
    }


def _fields(html: str) -> list[dict[str, str]]:
    """What the filters of /studies would send."""
    form = LexborHTMLParser(html).css_first("form.filters")
    assert form is not None
    inputs = [dict(f.attributes) for f in form.css("input")]
    chosen = [
        {"name": s.attributes["name"], "value": o.attributes["value"]}
        for s in form.css("select")
        for o in s.css("option[selected]")
    ]
    return [{"name": f["name"] or "", "value": f["value"] or ""} for f in [*inputs, *chosen]]


def test_other_forms_are_of_the_whole_answer(client: Client) -> None:
    shown = page(client, "/studies?q=peer&offset=1&limit=1&utm_source=letter")
    assert "/api/studies?q=peer&format=csv" in shown.links


def test_what_a_review_cannot_list_is_refused(client: Client) -> None:
    assert client.get("/review?kind=&decision=").status_code == 200
    for wrong in ("kind=people", "decision=maybe"):
        assert client.get(f"/review?{wrong}").status_code == 422


def test_what_a_source_only_names_has_a_page_of_what_points_to_it(client: Client, crawled: dict[str, Page]) -> None:
    assert "No record in the graph is about it" in crawled["/publication/doi/10.1234/elsewhere"].said
    assert client.get("/publication/doi/10.1234/nowhere").status_code == 404


def test_a_theme_typed_as_words_leads_to_the_studies_that_report_it(client: Client) -> None:
    assert "/studies?theme=burnout" in page(client, "/studies?q=BURNOUT").links
    assert "Here the words" not in page(client, "/studies?q=wards").said


def test_a_search_keeps_what_the_list_is_of(client: Client) -> None:
    assert 'name="kind" value="university"' in client.get("/organisations?kind=university").text
    shown = client.get("/records?source=hra").text
    assert 'name="source" value="hra"' in shown and "take this filter away" in shown


def test_a_study_shows_its_evidence_in_place(client: Client) -> None:
    answer = client.get("/study/of/doi/10.1234/impact")
    assert '<a class="hit" href="#evidence-2"><mark>Burnout</mark></a>' in answer.text
    said = Page(answer.text).said
    for part in ("Finding", "Increase", "Hedged", "in results", "last", "10.1234/impact", "Source: EPrints record"):
        assert part in said


def test_a_person_has_every_spelling_and_says_why(client: Client) -> None:
    people = page(client, "/people?q=gillard")
    [path] = {link for link in people.links if link.startswith("/person/")}
    said = page(client, path).said
    assert "Gillard, Steve" in said and "Why these are one person" in said
    assert "Christine Edwards" in said and "Rhiannon Foster" in said


def test_a_former_key_of_a_person_leads_to_the_present_one(client: Client) -> None:
    path = next(link for link in page(client, "/people?q=gillard").links if link.startswith("/person/"))
    moved = client.get(f"/person/somebody-{path[-12:]}")
    assert moved.status_code == 307 and moved.headers["location"] == path
    assert client.get(f"/person/somebody-{path[-12:]}.ttl", follow=True).status_code == 200


def test_a_keyword_leads_to_its_studies(client: Client) -> None:
    [onward] = [link for link in page(client, "/keyword/peer-support").links if link.startswith("/studies?")]
    said = page(client, onward).said
    assert "One study" in said and "The impact of working as a peer worker" in said


def test_nothing_of_a_record_is_trusted(client: Client, crawled: dict[str, Page]) -> None:
    shown = [path for path, p in crawled.items() if 'alert("title")' in p.said]
    assert "/studies" in shown and any(path.startswith("/study/") for path in shown)
    assert not any("<script" in client.get(path).text for path in shown)
    links = {link for p in crawled.values() for link in p.links}
    assert not any(link.startswith("javascript:") for link in links)
    study = page(client, next(path for path in shown if path.startswith("/study/")))
    assert " ".join((HOSTILE.abstract or "").split()) in study.said


def test_an_unchanged_page_is_not_sent_again(client: Client) -> None:
    tag = client.get("/studies").headers["etag"]
    assert client.get("/studies", if_none_match=tag).status_code == 304
    assert client.get("/studies", if_none_match='W/"0"').status_code == 200


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/study/iras/999999", 404),
        ("/person/nobody-000000000000", 404),
        ("/record/hra/1", 404),
        ("/graph/record/hra/1", 404),
        ("/keyword/none", 404),
        ("/theme/nothing", 404),
        ("/no/such/path", 404),
        ("/studies?year_from=soon", 422),
        ("/studies?role=unheard-of", 422),
        ("/people?offset=-1", 422),
    ],
)
def test_a_refusal_is_a_page_for_a_browser_and_a_document_for_a_program(client: Client, path: str, status: int) -> None:
    shown = client.get(path)
    assert shown.status_code == status and not Page(shown.text).faults
    assert shown.headers["content-security-policy"]
    told = client.get(path, accept="application/json")
    assert told.status_code == status
    assert told.headers["content-type"] == "application/problem+json"


def test_the_sparql_page_answers_with_labels(client: Client) -> None:
    text = "SELECT ?study ?role { ?e evg:about ?study ; evg:role ?role ; evg:direction direction:increase }"
    shown = client.post("/query", query=text)
    assert shown.status_code == 200
    read = Page(shown.text)
    assert "1 row" in read.said and "The impact of working as a peer worker" in read.said
    assert "/study/of/doi/10.1234/impact" in read.links and not read.faults
    assert client.get("/query", query=text).text.count("<textarea") == 1


@pytest.mark.parametrize(
    ("text", "status", "part"),
    [
        ("ASK { ?s evg:irasId '146257' }", 200, "Yes."),
        ("CONSTRUCT WHERE { ?s evg:irasId ?o }", 200, "146257"),
        ("SELECT * WHERE { ?s evg:irasId 'none' }", 200, "Nothing in the graph answers this"),
        ("SELECT ?s WHERE", 400, "Syntax error"),
        ("nonsense", 400, "a query begins with SELECT, ASK, CONSTRUCT or DESCRIBE"),
        ("SELECT * { SERVICE <http://127.0.0.1:1/> { ?s ?p ?o } }", 403, "refused"),
        ("ASK { " + "{" * 200 + "}" * 200 + " }", 400, "Nested too deep"),
    ],
)
def test_the_sparql_page_says_what_came_of_it(client: Client, text: str, status: int, part: str) -> None:
    shown = client.post("/query", query=text)
    assert shown.status_code == status
    assert part in Page(shown.text).said and not Page(shown.text).faults


def test_every_example_query_finds_something(client: Client) -> None:
    examples = [link for link in page(client, "/query").links if link.startswith("/query?")]
    assert len(examples) >= 5
    for link in examples:
        assert "Nothing in the graph" not in page(client, link).said, link


def test_a_browser_finds_the_same_page_at_the_endpoint(client: Client) -> None:
    assert "<textarea" in client.get("/sparql").text


def test_the_api_page_names_every_route_of_the_description(client: Client) -> None:
    described = client.get("/openapi.json", accept="application/json").json()
    said = page(client, "/docs").said
    assert all(path in said for path in described["paths"])


def test_the_ontology_page_names_every_term(client: Client) -> None:
    shown = page(client, "/ontology")
    assert {"Study", "reportsTheme", "evidence-role-finding", "direction-increase"} <= shown.ids
    assert "theme-burnout" in page(client, "/ontology/themes").ids


def test_a_page_answers_head(client: Client) -> None:
    for path in ("/", "/studies", "/study/iras/146257", "/ontology", "/static/site.css"):
        answer = client.send("HEAD", path)
        assert answer.status_code == 200 and not answer.content, path


def test_a_parameter_that_is_no_filter_is_told_and_not_silently_passed_over(client: Client) -> None:
    shown = page(client, "/studies?thmee=burnout&q=")
    assert "“thmee” is no filter of this page, and nothing was narrowed by it: did you mean “theme”?" in shown.said
    assert "is no filter" in page(client, "/people?page=2").said
    assert "is no filter" not in page(client, "/studies?theme=burnout&sort=title&limit=5&offset=0").said


def test_lists_of_names_can_be_put_in_order_of_studies(client: Client) -> None:
    tables = {
        path: LexborHTMLParser(client.get(path).text)
        for path in ("/people?sort=studies", "/organisations?sort=studies&kind=university")
    }
    for path, table in tables.items():
        alternate = table.css_first("link[rel=alternate]")
        counts = [int(cell.text()) for cell in table.css("td[data-label=Studies]")]
        assert counts and counts == sorted(counts, reverse=True)
        assert alternate and alternate.attributes["href"] == f"/api{path}"
    assert client.get("/people?sort=age").status_code == 422


def test_the_form_of_studies_filters_denial_and_hedging_and_puts_in_order(client: Client) -> None:
    form = LexborHTMLParser(client.get("/studies?theme=burnout&hedged=false&sort=title").text).css_first("form.filters")
    assert form is not None
    chosen = {
        select.attributes["name"]: option.attributes["value"]
        for select in form.css("select")
        if (option := select.css_first("option[selected]"))
    }
    assert chosen == {"theme": "burnout", "hedged": "false", "sort": "title"}
    assert form.css("input[type=hidden]") == []


def test_a_query_with_a_misspelt_term_says_so_beside_its_empty_answer(client: Client) -> None:
    shown = page(client, "/query?query=SELECT+*+%7B+%3Fs+evg%3AreportTheme+%3Ft+%7D").said
    assert "Nothing in the graph answers this" in shown
    assert "did you mean evg:reportsTheme?" in shown


def test_a_graph_is_shown_with_the_prefixes_that_it_uses(client: Client) -> None:
    text = page(client, "/query?query=DESCRIBE+theme%3Aburnout").said
    assert "@prefix skos:" in text and "@prefix fabio:" not in text
