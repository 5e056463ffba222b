"""The CASEMIS layouts, checked against the sandbox's own reading of the facts."""

import pytest

from rollcall.core.files.layouts import Kind
from rollcall.integrations.casemis.layout import (
    NOT_SERVED,
    PARTICIPATION,
    TABLE_A,
    TABLE_B_NAMES,
    table_b,
)
from rollcall.sandbox.casemis.values import TABLE_A_FIELDS, TABLE_B_FIELDS


def test_table_a_is_67_fields_in_the_order_of_the_facts() -> None:
    assert TABLE_A.names == TABLE_A_FIELDS
    assert len(TABLE_A.names) == 67
    assert [TABLE_A.names.index(n) + 1 for n in ("PLAN_TYPE", "FILLER1", "FILLER6")] == [32, 57, 62]


def test_columns_are_stored_once_and_only_the_filler_is_dropped() -> None:
    assert len(set(TABLE_A.columns)) == 66
    assert [field.name for field in TABLE_A.fields if field.column is None] == ["FILLER"]
    assert tuple(f.column for f in TABLE_A.fields if f.name[-1].isdigit() and f.kind is Kind.FILLER)
    assert set(PARTICIPATION) <= set(TABLE_A.columns)


def test_codes_have_the_width_of_their_field() -> None:
    coded = [field for field in TABLE_A.fields if field.kind is Kind.CODE]
    assert len(coded) == 37
    assert all({len(code) for code in field.codes} == {field.width} for field in coded)
    plans = next(field.codes for field in coded if field.name == "PLAN_TYPE")
    assert set(NOT_SERVED) < set(plans)


def test_every_field_has_a_label() -> None:
    labels = [field.label for field in (*TABLE_A.fields, *table_b().fields)]
    assert all(labels)


def test_table_b_has_the_default_columns_or_those_of_the_setting() -> None:
    assert TABLE_B_NAMES == TABLE_B_FIELDS == table_b().names
    layout = table_b(["SSID", "FILLER_SCHOOL", "SERVICE"])
    assert layout.names == ("SSID", "FILLER_SCHOOL", "SERVICE")
    assert layout.columns == ("state_id", "service_code")


@pytest.mark.parametrize("name", ["LAST_NAME", "FIRST_NAME"])
def test_names_are_cut_and_never_too_long(name: str) -> None:
    field = next(field for field in TABLE_A.fields if field.name == name)
    assert (field.width, field.cut) == (15, True)
