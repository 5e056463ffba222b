"""Documents: from columns to JSON and back, whatever the values are."""

import json
from datetime import date
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.examples import examples

from rollcall.core.json_documents.fields import Field, FieldKind, JsonResource
from rollcall.core.json_documents.reading import flat
from rollcall.core.json_documents.values import code_list, number
from rollcall.core.json_documents.writing import bodies
from rollcall.core.plans.digest import SEPARATOR
from rollcall.core.plans.record_types import RecordType
from rollcall.core.sending.canonical_texts import flat_texts, from_flat, key_texts

TEXT = pl.String()
RECORD = RecordType(
    name="loans",
    title="loans",
    key={"reader": TEXT, "day": pl.Date()},
    columns={
        "name": TEXT,
        "shelf": TEXT,
        "weight": TEXT,
        "late": TEXT,
        "kind": TEXT,
        "subjects": TEXT,
        "language": TEXT,
        "stamp": TEXT,
        "local_id": TEXT,
    },
)
LOANS = JsonResource(
    record=RECORD,
    order=1,
    fields=(
        Field("reader", "readerReference.readerId"),
        Field("day", "day", FieldKind.DATE),
        Field("name", "name"),
        Field("shelf", "shelfReference.shelfId", FieldKind.WHOLE),
        Field("weight", "_ext.MN.book.weight", FieldKind.DECIMAL),
        Field("late", "_ext.MN.late", FieldKind.YES_NO),
        Field("kind", "kindDescriptor", FieldKind.CODE, "KindDescriptor"),
        Field(
            "subjects",
            "subjects[].subjectDescriptor",
            FieldKind.CODES,
            descriptor="SubjectDescriptor",
        ),
        Field("language", "languages[].languageDescriptor", FieldKind.CODE, "LanguageDescriptor"),
        Field("stamp", "_ext.MN.stamp"),
    ),
    path="/library/loans",
    constants={"languages[].uses[].use": "home", "version": 1},
)


def namespace(descriptor: str) -> str:
    return f"uri://library.example/{descriptor}#"


def frame(*rows: dict[str, Any]) -> pl.DataFrame:
    schema = RECORD.schema
    return pl.DataFrame([{name: row.get(name) for name in schema} for row in rows], schema=schema)


def body(**row: Any) -> dict[str, Any]:
    return json.loads(bodies(LOANS, frame(row), namespace)[0])  # type: ignore[no-any-return]


def held(*documents: dict[str, Any]) -> pl.DataFrame:
    return flat(LOANS, documents, namespace)


# What may stand in a column: as rules give it, in its one form.
words = st.text(st.characters(exclude_characters=f"{SEPARATOR}\0", codec="utf-8"), min_size=1)
codes = st.text(
    st.characters(exclude_characters=f"{SEPARATOR}\0;", codec="utf-8"), min_size=1
).filter(lambda code: code == code.strip() and not code.lower().startswith("uri://"))
wholes = st.integers(-(10**14), 10**14).map(str)
decimals = st.decimals(-(10**9), 10**9, places=3).map(
    lambda value: number_text(f"{value:f}"),
)
rows = st.fixed_dictionaries(
    {},
    optional={
        "reader": words,
        "day": st.dates(date(1900, 1, 1), date(2199, 12, 31)),
        "name": words,
        "shelf": wholes,
        "weight": decimals,
        "late": st.sampled_from(["Y", "N"]),
        "kind": codes,
        "subjects": st.sets(codes, min_size=1).map(lambda each: "; ".join(sorted(each))),
        "language": codes,
        "stamp": words,
    },
)


def number_text(text: str, kind: FieldKind = FieldKind.DECIMAL) -> str | None:
    return pl.select(number(pl.lit(text), kind)).item()  # type: ignore[no-any-return]


@examples(60)
@given(st.lists(rows, max_size=4))
def test_what_is_written_is_read_back(given: list[dict[str, Any]]) -> None:
    documents = frame(*given)
    written = bodies(LOANS, documents, namespace)
    assert held(*map(json.loads, written)).equals(documents)


@examples(60)
@given(rows)
def test_a_body_is_canonical_and_has_no_empty_values(row: dict[str, Any]) -> None:
    text = bodies(LOANS, frame(row), namespace)[0]
    value = json.loads(text)
    assert text == json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    assert not list(empties(value))


def empties(value: Any) -> Any:
    """Nulls, empty texts, objects and lists anywhere in a value."""
    if value is None or value in ("", {}, []):
        yield value
    inside = value.values() if isinstance(value, dict) else value if isinstance(value, list) else []
    for each in inside:
        yield from empties(each)


@examples(30)
@given(st.lists(rows, max_size=4))
def test_a_document_comes_back_from_its_flat_text(given: list[dict[str, Any]]) -> None:
    documents = frame(*given)
    assert from_flat(RECORD, flat_texts(RECORD, documents)).equals(documents)


def test_of_a_text_with_other_columns_only_the_key_is_read() -> None:
    """After an upgrade that adds a column to a resource, or takes one away."""
    row = {"reader": "R1", "day": date(1970, 1, 3), "name": "x", "stamp": "y"}
    (text,) = flat_texts(RECORD, frame(row))
    only_key = frame({"reader": "R1", "day": date(1970, 1, 3)})
    for other in (text + SEPARATOR, text.rpartition(SEPARATOR)[0]):
        both = from_flat(RECORD, pl.Series([other, text]))
        assert both.equals(pl.concat([only_key, frame(row)]))


def test_the_key_text_is_the_canonical_text_of_the_key_alone() -> None:
    texts = key_texts(RECORD, frame({"reader": "R1", "day": date(1970, 1, 3), "name": "x"}))
    assert (texts.name, texts.to_list()) == ("key", [f"R1{SEPARATOR}2"])


def test_a_whole_document() -> None:
    assert body(
        reader="R1",
        day=date(2025, 9, 2),
        name="Núñez",
        shelf="12",
        weight="162.5",
        late="N",
        kind="Novel",
        subjects="Sea; Whales",
        language="Hmong",
    ) == {
        "readerReference": {"readerId": "R1"},
        "day": "2025-09-02",
        "name": "Núñez",
        "shelfReference": {"shelfId": 12},
        "_ext": {"MN": {"book": {"weight": 162.5}, "late": False}},
        "kindDescriptor": "uri://library.example/KindDescriptor#Novel",
        "subjects": [
            {"subjectDescriptor": "uri://library.example/SubjectDescriptor#Sea"},
            {"subjectDescriptor": "uri://library.example/SubjectDescriptor#Whales"},
        ],
        "languages": [
            {
                "languageDescriptor": "uri://library.example/LanguageDescriptor#Hmong",
                "uses": [{"use": "home"}],
            }
        ],
        "version": 1,
    }


def test_what_is_empty_is_left_out_and_a_constant_alone_makes_no_element() -> None:
    assert body(reader="R1", name="", subjects="") == {
        "readerReference": {"readerId": "R1"},
        "version": 1,
    }


def test_a_code_that_names_its_own_namespace_keeps_it() -> None:
    assert body(kind="uri://other.example/KindDescriptor#Novel") == {
        "kindDescriptor": "uri://other.example/KindDescriptor#Novel",
        "version": 1,
    }


@pytest.mark.parametrize("text", ["a dozen", "1e400", "nan", ""])
def test_a_number_that_is_none_is_left_out(text: str) -> None:
    assert body(weight=text, shelf=text) == {"version": 1}


@pytest.mark.parametrize(
    ("given", "one_form"),
    [("162.50", "162.5"), ("0180", "180"), ("180.0", "180"), ("-0", "0"), ("1e3", "1000")],
)
def test_numbers_have_one_form(given: str, one_form: str) -> None:
    assert number_text(given) == one_form


def test_a_whole_number_has_no_fraction() -> None:
    assert number_text("007", FieldKind.WHOLE) == "7"
    assert number_text("7.5", FieldKind.WHOLE) is None


def test_lists_of_codes_have_one_form() -> None:
    given = pl.DataFrame({"races": ["White;Asian; White", " ; ", "", None]})
    assert given.select(code_list(pl.col("races")))["races"].to_list() == [
        "Asian; White",
        None,
        None,
        None,
    ]


def test_codes_are_written_in_order_and_once() -> None:
    one, other = bodies(LOANS, frame({"subjects": "b; a; b"}, {"subjects": "a; b"}), namespace)
    assert one == other


def test_names_of_extensions_are_read_in_either_case() -> None:
    read = held({"_ext": {"mn": {"Book": {"WEIGHT": 2.0}, "late": True}}})
    assert read.select("weight", "late").rows() == [("2", "Y")]


def test_other_names_are_not() -> None:
    assert held({"Name": "x"})["name"].to_list() == [None]


def test_the_element_with_our_constants_is_read() -> None:
    def language(code: str, *uses: str) -> dict[str, Any]:
        text = f"{namespace('LanguageDescriptor')}{code}"
        return {"languageDescriptor": text, "uses": [{"use": use} for use in uses]}

    several = [language("English", "letters"), language("Hmong", "letters", "home")]
    assert held({"languages": several})["language"].to_list() == ["Hmong"]
    assert held({"languages": several[:1]})["language"].to_list() == [None]


def test_the_namespace_is_ours_in_any_case_and_another_one_stays() -> None:
    read = held(
        {"kindDescriptor": "URI://Library.example/kindDescriptor#Novel"},
        {"kindDescriptor": "uri://other.example/KindDescriptor#Novel"},
        {"kindDescriptor": "Novel"},
    )
    foreign = "uri://other.example/KindDescriptor#Novel"
    assert read["kind"].to_list() == ["Novel", foreign, "Novel"]


@pytest.mark.parametrize("odd", [{}, [], [1], "text", 5, 1.5, True, {"x": {"y": 1}}, None])
def test_whatever_the_partner_holds_can_be_read(odd: Any) -> None:
    names = ("readerReference", "day", "name", "shelfReference", "_ext", "kindDescriptor")
    everywhere = dict.fromkeys((*names, "subjects", "languages"), odd)
    deeper = {
        "readerReference": {"readerId": odd},
        "shelfReference": {"shelfId": odd},
        "_ext": {"MN": odd},
        "subjects": [odd],
        "languages": [odd],
    }
    assert held(everywhere, deeper).height == 2


def test_leading_zeros_stay() -> None:
    read = held({"name": "04", "_ext": {"MN": {"stamp": "007"}}})
    assert read.select("name", "stamp").rows() == [("04", "007")]


def test_nothing_held_is_a_frame_of_no_rows() -> None:
    assert held().schema == pl.Schema(RECORD.schema)
    assert bodies(LOANS, frame(), namespace).to_list() == []
