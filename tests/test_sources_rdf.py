"""RDF in every syntax: statements as they are, in a graph of their own, and the documents that they describe."""

import io
import json
import random
from itertools import permutations

import pyoxigraph as ox
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loaders.record import Record, Unreadable, Withdrawn
from loaders.sources import detect, rdf
from loaders.triples import graphs
from ontology.iris import Iris
from tests.facts import facts

IRIS = Iris("http://127.0.0.1:8000/")
DC = "http://purl.org/dc/terms/"
WORK = """@prefix dct: <http://purl.org/dc/terms/> . @prefix bibo: <http://purl.org/ontology/bibo/> .
@prefix foaf: <http://xmlns.com/foaf/0.1/> .
<http://x.org/1> a bibo:Article ; dct:title "Peers"@en ; bibo:doi "10.1234/X" ; dct:date "2020-05" ;
  dct:creator [ foaf:name "Jane Roe" ] , "Doe, Kim" ; dct:isPartOf [ dct:title "J" ; bibo:issn "1471-244X" ] .
"""
SYNTAXES = {
    "ttl": ox.RdfFormat.TURTLE,
    "trig": ox.RdfFormat.TRIG,
    "nt": ox.RdfFormat.N_TRIPLES,
    "nq": ox.RdfFormat.N_QUADS,
    "rdf": ox.RdfFormat.RDF_XML,
    "jsonld": ox.RdfFormat.JSON_LD,
}


class Named(io.BytesIO):
    """The stream of a file: it knows the file's name."""

    def __init__(self, raw: bytes, name: str) -> None:
        super().__init__(raw)
        self.name = name


def read(raw: bytes | str, name: str = "folder/works.ttl") -> list[Record]:
    raw = raw.encode() if isinstance(raw, str) else raw
    assert detect(raw[:65536]) is rdf
    return [rdf.read(entry.raw) for entry in rdf.entries(Named(raw, name))]


def written(text: str, form: ox.RdfFormat) -> bytes:
    quads = [ox.Triple(q.subject, q.predicate, q.object) for q in ox.parse(text, ox.RdfFormat.TURTLE)]
    return ox.serialize(quads, format=form) or b""


@pytest.mark.parametrize("form", SYNTAXES)
def test_every_syntax_says_the_same(form: str) -> None:
    file, work = read(written(WORK, SYNTAXES[form]), f"works.{form}")
    wanted, _ = read(WORK)
    own = f'_:record <{DC}title> "works.'
    assert {s for s in file.statements if own not in s} == {s for s in wanted.statements if own not in s}
    assert file.key == f"works.{form}"
    said = facts(work)
    assert (said["title"], said["ids"], said["issued"]) == ("Peers", {"doi": "10.1234/x"}, "2020-05")
    assert (said["journal"], said["issns"]) == ("J", ["1471-244X"])
    assert sorted(said["authors"]) == ["Doe/Kim", "Roe/Jane"]


def test_statements_go_to_the_records_own_graph_and_no_blank_node_does() -> None:
    file, work = read(WORK)
    found = graphs(file, (), (), "0" * 64, IRIS)
    assert set(found) == {IRIS.record_graph("rdf", "works.ttl"), IRIS.evidence_graph("rdf", "works.ttl")}
    lines = found[IRIS.record_graph("rdf", "works.ttl")]
    assert f'<http://x.org/1> <{DC}title> "Peers"@en' in lines
    assert not [line for line in lines if "_:" in line]
    assert [line for line in lines if line.startswith(f"<{IRIS.record('rdf', 'works.ttl')}#b-")]
    assert not found[IRIS.evidence_graph("rdf", "works.ttl")]
    assert list(ox.parse("".join(f"{line} .\n" for line in lines), ox.RdfFormat.N_TRIPLES))
    assert work.publication
    assert not work.statements


def test_the_names_of_a_files_graphs_are_kept_and_write_nowhere_else() -> None:
    resolution = IRIS.resolution_graph
    raw = f"x:g {{ x:a x:p 1 }} <{resolution}> {{ x:b x:p 2 }}"
    (file,) = read("@prefix x: <http://x.org/> .\n" + raw, "two.trig")
    found = graphs(file, (), (), "0" * 64, IRIS)
    assert set(found) == {IRIS.record_graph("rdf", "two.trig"), IRIS.evidence_graph("rdf", "two.trig")}
    lines = found[IRIS.record_graph("rdf", "two.trig")]
    parts = {line.split(" ", 2)[2] for line in lines if f"<{DC}hasPart>" in line}
    assert parts == {"<http://x.org/g>", f"<{resolution}>"}
    assert sum(line.split(" ")[1] == "<http://x.org/p>" for line in lines) == 2


@pytest.mark.parametrize(
    "fake",
    [
        "x:1 <https://w3id.org/evidencegraph/ns#reportsTheme> <https://w3id.org/evidencegraph/theme/burnout> .",
        "<http://x.org/1> a <https://w3id.org/evidencegraph/ns#Evidence> .",
        "<https://w3id.org/evidencegraph/theme/burnout> <http://www.w3.org/2004/02/skos/core#altLabel> 'joy' .",
        "<http://127.0.0.1:8000/study/iras/146257> <http://purl.org/dc/terms/title> 'Another' .",
        "<http://x.org/m> a <https://w3id.org/sssom/Mapping> ; <https://w3id.org/sssom/confidence> 1 .",
        "<http://x.org/m> <http://x.org/p> <<( <http://x.org/a> <http://x.org/b> <http://x.org/c> )>> .",
    ],
)
def test_no_statement_speaks_in_this_applications_voice(fake: str) -> None:
    true = '<http://x.org/1> <http://x.org/p> "said" .'
    (file,) = read(f"@prefix x: <http://x.org/> .\n{fake}\n{true}\n")
    own = ("_:record", '<http://x.org/1> <http://x.org/p> "said"')
    lines = graphs(file, (), (), "0" * 64, IRIS)[IRIS.record_graph("rdf", "works.ttl")]
    foreign = [line for line in lines if not line.startswith(f"<{IRIS.base}")]
    assert foreign == [own[1]]
    assert not [line for line in lines if "iras/146257" in line]


LIST = """@prefix x: <http://x.org/> .
x:a x:list ( [ x:n "one" ] [ x:n "two" ; x:of [ x:n "inner" ] ] "three" ) ; x:has [ x:n "one" ] , [ ] , [ ] ."""


@given(seed=st.integers(0, 10_000))
@settings(max_examples=40)
def test_blank_nodes_are_named_the_same_in_any_order(seed: int) -> None:
    lines = written(LIST, ox.RdfFormat.N_TRIPLES).decode().splitlines()
    random.Random(seed).shuffle(lines)
    (file,) = read("\n".join(line.replace("_:", "_:x") for line in lines) + "\n")
    (wanted,) = read(LIST)
    assert set(file.statements) == set(wanted.statements)


def test_graphs_made_to_be_ambiguous_take_no_time() -> None:
    nodes = [f"_:n{i}" for i in range(40)]
    lines = [f"{a} <http://x.org/p> {b} ." for a, b in permutations(nodes, 2)]
    (file,) = read("\n".join(lines) + "\n")
    assert len({term for s in file.statements for term in s.split() if term.startswith("_:")} - {"_:record"}) == 40


@pytest.mark.parametrize(
    ("raw", "name", "key"),
    [
        ("@prefix x: <http://x.org/> . <http://x.org/ds> a <http://rdfs.org/ns/void#Dataset> .", "a.ttl", "x.org/ds"),
        ("@prefix x: <http://x.org/> . x:a x:p 1 .", "folder/a.ttl", "a.ttl"),
        ("@prefix x: <http://x.org/> . x:a x:p 1 , 2 .", "", "x.org/a"),
    ],
)
def test_a_file_is_known_by_what_it_declares_or_by_its_name(raw: str, name: str, key: str) -> None:
    assert read(raw, name)[0].key == key
    assert read(raw, name)[0] == read(raw, name)[0]


def test_authors_of_a_list_or_with_positions_are_in_order() -> None:
    roles = "".join(
        f"<http://x.org/r{n}> <http://purl.org/spar/pro/isHeldBy> <http://x.org/p{n}> ; "
        f"<http://purl.org/spar/pro/relatesToDocument> <http://x.org/1> ; <https://schema.org/position> {4 - n} .\n"
        f'<http://x.org/p{n}> <http://xmlns.com/foaf/0.1/name> "Person {"ABC"[n - 1]}son" .\n'
        f"<http://x.org/1> <{DC}creator> <http://x.org/p{n}> .\n"
        for n in (1, 2, 3)
    )
    head = (
        f'@prefix x: <http://x.org/> .\n<http://x.org/1> a <https://schema.org/ScholarlyArticle> ; <{DC}title> "T" .\n'
    )
    assert facts(read(head + roles)[1])["authors"] == ["Cson/Person", "Bson/Person", "Ason/Person"]


def test_schema_org_by_its_name_alone() -> None:
    raw = {
        "@context": "https://schema.org/",
        "@type": "ScholarlyArticle",
        "headline": "Peers",
        "author": [
            {"@type": "Person", "givenName": "Jane", "familyName": "Roe", "@id": "https://orcid.org/0000-0002-9686-2232"},
            {"name": "Kim Doe"},
        ],
        "identifier": {"@type": "PropertyValue", "propertyID": "doi", "value": "10.1234/X"},
        "datePublished": "2020-05-01",
        "isPartOf": {
            "@type": "PublicationVolume",
            "volumeNumber": "3",
            "isPartOf": {"@type": "Periodical", "name": "J", "issn": "1471-244X"},
        },
    }  # fmt: skip
    said = facts(read(json.dumps(raw), "a.jsonld")[1])
    assert (said["authors"], said["orcids"]) == (["Roe/Jane", "Doe/Kim"], ["0000-0002-9686-2232"])
    assert (said["journal"], said["volume"], said["issns"]) == ("J", "3", ["1471-244X"])
    assert (said["ids"], said["issued"]) == ({"doi": "10.1234/x"}, "2020-05-01")


def test_zoteros_own_rdf() -> None:
    raw = """<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:bib="http://purl.org/net/biblio#"
 xmlns:z="http://www.zotero.org/namespaces/export#" xmlns:dcterms="http://purl.org/dc/terms/"
 xmlns:foaf="http://xmlns.com/foaf/0.1/" xmlns:dc="http://purl.org/dc/elements/1.1/"
 xmlns:prism="http://prismstandard.org/namespaces/1.2/basic/">
<bib:Article rdf:about="http://x.org/1"><z:itemType>journalArticle</z:itemType>
<dcterms:isPartOf rdf:resource="urn:issn:1471-244X"/>
<bib:authors><rdf:Seq>
<rdf:li><foaf:Person><foaf:surname>Roe</foaf:surname><foaf:givenName>Jane</foaf:givenName></foaf:Person></rdf:li>
<rdf:li><foaf:Person><foaf:surname>Doe</foaf:surname><foaf:givenName>Kim</foaf:givenName></foaf:Person></rdf:li>
</rdf:Seq></bib:authors><dc:title>Peers</dc:title><dcterms:abstract>We saw.</dcterms:abstract>
<bib:pages>1-9</bib:pages><dc:date>2020-05</dc:date></bib:Article>
<bib:Journal rdf:about="urn:issn:1471-244X"><prism:volume>3</prism:volume><dc:title>J</dc:title>
<dc:identifier>DOI 10.1234/X</dc:identifier><dc:identifier>ISSN 1471-244X</dc:identifier></bib:Journal></rdf:RDF>"""
    said = facts(read(raw, "a.rdf")[1])
    assert (said["authors"], said["journal"], said["volume"]) == (["Roe/Jane", "Doe/Kim"], "J", "3")
    assert (said["pages"], said["issns"], said["abstract"]) == ("1-9", ["1471-244X"], "We saw.")
    assert said["ids"] == {"doi": "10.1234/x"}


HEAD = "@prefix x: <http://x.org/> .\n"
XML = '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:x="http://x.org/">'


@pytest.mark.parametrize(
    ("raw", "why"),
    [
        (HEAD + "x:a x:p " + "[ x:p " * 70 + "1" + " ]" * 70 + " .", "brackets"),
        (HEAD + "x:a x:p " + "(" * 100_000, "brackets"),
        (HEAD + "x:a x:p " + "<<(" * 100_000, "brackets"),
        (HEAD + "x:a x:p", "no sound trig"),
        ('{"@context": "https://example.org/context.jsonld", "@id": "http://x.org/a"}', "not fetched"),
        ('{"@context": {"@import": "https://example.org/c"}, "@id": "http://x.org/a"}', "not fetched"),
        ('{"@context": {}, "@id": "http://x.org/a", "http://x.org/p": ' + "[" * 90 + "1" + "]" * 90 + "}", "brackets"),
        ('{"@graph": []}', "says nothing"),
        (XML + "<x:A>" * 300 + "</x:A>" * 300 + "</rdf:RDF>", "XML"),
        (XML + "<rdf:Description rdf:about='http://x.org/a'><x:p>1</x:p>", "XML"),
    ],
)
def test_what_is_unsound_or_dangerous_is_refused(raw: str, why: str) -> None:
    with pytest.raises(Unreadable, match=why):
        read(raw)


def test_namespace_entities_are_known_and_bombs_are_text() -> None:
    known = '<!DOCTYPE rdf:RDF [ <!ENTITY x "http://x.org/" > ]>\n' + XML
    (file,) = read(known + '<rdf:Description rdf:about="&x;a"><x:p>1</x:p></rdf:Description></rdf:RDF>')
    assert '<http://x.org/a> <http://x.org/p> "1"' in file.statements
    laughs = (
        '<!DOCTYPE rdf:RDF [ <!ENTITY a "ha"> <!ENTITY b "&a;&a;&a;"> <!ENTITY c SYSTEM "file:///etc/passwd"> ]>\n'
        + XML
    )
    (file,) = read(
        laughs + '<rdf:Description rdf:about="http://x.org/a"><x:p>&a;&b;&c;</x:p></rdf:Description></rdf:RDF>'
    )
    assert '<http://x.org/a> <http://x.org/p> "ha&b;&c;"' in file.statements


@given(raw=st.text(max_size=300))
def test_any_text_after_a_prefix(raw: str) -> None:
    for entry in rdf.entries(Named((HEAD + raw).encode("utf-8", "replace"), "a.ttl")):
        try:
            record = rdf.read(entry.raw)
        except (Unreadable, Withdrawn) as refusal:
            assert len(str(refusal)) > 20
        else:
            lines = graphs(record, (), (), "0" * 64, IRIS)[IRIS.record_graph("rdf", record.key)]
            assert list(ox.parse("".join(f"{line} .\n" for line in lines), ox.RdfFormat.N_TRIPLES))
