"""Tables whose columns the user names, and tables in other encodings."""

import csv
import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loaders.columns import COLUMNS, BadColumns, Columns, parse
from loaders.record import Unreadable
from loaders.sources import csv_table
from tests.facts import facts

TABLE = 'Paper;"Who; in order";When\nPeers at work;Roe, Jane & Doe, Kim;2020\nWards;Bee, Ann;2021\n'


def rows(raw: bytes, said: str) -> list[dict[str, object]]:
    entries = csv_table.entries(io.BytesIO(raw), parse(said))
    return [facts(csv_table.read(entry.raw)) for entry in entries]


def test_named_columns_travel_with_every_row() -> None:
    said = 'title=Paper,year=When,authors="Who; in order"'
    first, second = rows(TABLE.encode(), said)
    assert (first["title"], first["issued"]) == ("Peers at work", "2020")
    assert (second["title"], second["authors"]) == ("Wards", ["Bee/Ann"])
    entry = next(csv_table.entries(io.BytesIO(TABLE.encode()), parse(said)))
    assert entry.raw.startswith(b"title;authors;year\nPeers at work;")
    assert csv_table.sniff(entry.raw), "the archived bytes need nobody to say it again"


def test_the_same_from_a_file(tmp_path: Path) -> None:
    plain, nested = tmp_path / "plain.toml", tmp_path / "nested.toml"
    plain.write_text('title = "Paper"\nyear = "When"\n')
    nested.write_text('encoding = "cp1252"\n[columns]\ntitle = "Paper"\n')
    assert parse(str(plain)) == Columns({"title": "Paper", "year": "When"})
    assert parse(str(nested)) == Columns({"title": "Paper"}, "cp1252")


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ("titel=Paper", "'titel' is no field of a record: did you mean title?"),
        ("xyzzy=Paper", "'xyzzy' is no field of a record; there are abstract, article_number, authors"),
        ("title", "'title' is no pair of a field and a column"),
        ("title=", "is no pair"),
        ("title=Paper,encoding=klingon", "'klingon' is no known encoding"),
        ("nowhere.toml", "nowhere.toml cannot be read: No such file"),
    ],
)
def test_what_cannot_be_followed_is_told(said: str, why: str) -> None:
    with pytest.raises(BadColumns) as refusal:
        parse(said)
    assert why in str(refusal.value)


@pytest.mark.parametrize("text", ["title = 3", "columns = ", "[columns]\ntitle = ['a']"])
def test_a_file_that_is_none_is_told(tmp_path: Path, text: str) -> None:
    path = tmp_path / "columns.toml"
    path.write_text(text)
    with pytest.raises(BadColumns, match=r"columns\.toml"):
        parse(str(path))


def test_a_column_that_is_not_there_is_named_with_the_nearest() -> None:
    with pytest.raises(Unreadable, match=r"no column 'Papers' \(for title\): did you mean Paper\?"):
        list(csv_table.entries(io.BytesIO(TABLE.encode()), parse("title=Papers")))


def test_another_encoding_where_the_user_names_it() -> None:
    raw = "Title,Year\nBrücke – Arbeit,2020\n".encode("cp1252")
    (said,) = rows(raw, "encoding=cp1252")
    assert said["title"] == "Brücke – Arbeit"
    with pytest.raises(Unreadable, match="is not UTF-8"):
        [csv_table.read(entry.raw) for entry in csv_table.entries(io.BytesIO(raw))]
    with pytest.raises(Unreadable, match="is no ascii text"):
        rows(raw, "encoding=ascii")


@given(
    st.dictionaries(
        st.sampled_from(sorted(COLUMNS)), st.from_regex(r"[A-Za-z ,;()=]*[A-Za-z]", fullmatch=True), min_size=1
    )
)
def test_whatever_a_column_is_called(pairs: dict[str, str]) -> None:
    wanted = {name: column.strip() for name, column in pairs.items()}
    assert parse(",".join(f'{name}="{column}"' for name, column in wanted.items())).fields == wanted


TITLES = st.text("ab\"',;\t\n |", max_size=12).map(lambda text: f"t{text}z")


@given(titles=st.lists(TITLES, min_size=1, max_size=5), mark=st.sampled_from(",;\t"))
def test_what_a_spreadsheet_writes_is_read_back(titles: list[str], mark: str) -> None:
    written = io.StringIO()
    csv.writer(written, delimiter=mark).writerows([("title", "year"), *((title, 2020) for title in titles)])
    found = [csv_table.read(entry.raw) for entry in csv_table.entries(io.BytesIO(written.getvalue().encode()))]
    assert [record.title for record in found] == [" ".join(title.split()) for title in titles]
