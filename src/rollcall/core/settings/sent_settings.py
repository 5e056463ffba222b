"""Settings from what a form sent. What was sent as it was shown stays as it is saved.

So does everything a form does not show: a form is laid over the saved settings.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from rollcall.core.settings.setting_fields import (
    KEY,
    VALUE,
    Kind,
    SettingField,
    lines,
    with_values,
)

#: What is sent for a row that is to be removed.
REMOVE = "remove"
#: A row that was sent: where in the form it stood, and its settings.
Row = tuple[int, dict[str, Any]]


def laid_over(
    saved: Mapping[str, Any], fields: Iterable[SettingField], sent: Mapping[str, Any]
) -> dict[str, Any]:
    """The saved settings with what a form changed of them."""
    settings = dict(saved)
    for field in fields:
        if field.kind is Kind.FILE or is_unchanged(field, sent.get(field.name)):
            continue
        settings.pop(field.name, None)
        settings |= from_form([field], sent)
    return settings


def from_form(fields: Iterable[SettingField], sent: Mapping[str, Any]) -> dict[str, Any]:
    """Settings from what a form sent, as the model reads them.

    Texts with commas or on several lines become lists. What was left empty, or is as the default
    and was not set before, is not set. A yes or no that is not sent is a no, as browsers do it.
    """
    read = [(field, _read(field, sent.get(field.name))) for field in fields]
    return {
        field.name: value
        for field, value in read
        if value is not None and (field.is_set or field.required or value != field.default)
    }


def shown(field: SettingField) -> Any:
    """What a form shows of a field, and sends when nothing is changed."""
    value = field.value
    match field.kind:
        case Kind.YES_NO:
            return bool(value)
        case Kind.LIST if field.choices:
            return [str(item) for item in value or ()]
        case Kind.LIST:
            return value if isinstance(value, str) else "\n".join(map(str, value or ()))
        case Kind.GROUP:
            return {part.name: shown(part) for part in field.parts if part.kind is not Kind.FILE}
        case Kind.TABLE | Kind.MAPPING:
            return [_shown_row(field, row) for row in rows_of(field)]
    return "" if value is None else str(value)


def rows_of(field: SettingField) -> list[Mapping[str, Any]]:
    """The rows of a table; of a mapping its codes and values as rows."""
    if field.kind is Kind.MAPPING:
        return [{KEY: key, VALUE: value} for key, value in (field.value or {}).items()]
    return list(field.value or ())


def is_unchanged(field: SettingField, sent: Any) -> bool:
    """Whether a field was sent as it was shown; a table also when it was not sent at all."""
    match field.kind:
        case Kind.SECRET | Kind.FILE:
            return field.kind is Kind.FILE
        case Kind.GROUP:
            values = sent or {}
            return all(is_unchanged(part, values.get(part.name)) for part in field.parts)
        case Kind.TABLE | Kind.MAPPING:
            rows = None if sent is None else [row for _, row in sent_rows(field, sent)]
            return rows is None or rows == [dict(row) for row in rows_of(field)]
    return _as_shown(field, sent)


def _as_shown(field: SettingField, sent: Any) -> bool:
    if field.kind is Kind.YES_NO:
        return bool(_yes(sent) == shown(field))
    if field.kind is Kind.LIST and field.choices:
        return bool(list(sent or ()) == shown(field))
    return bool(lines("" if sent is None else str(sent)) == lines(shown(field)))


def sent_rows(field: SettingField, sent: Sequence[Mapping[str, Any]]) -> Iterator[Row]:
    """The rows that a table is to have: those not removed, nor left as empty as they were shown."""
    saved = rows_of(field)
    for place, row in enumerate(sent):
        before = saved[place] if place < len(saved) else None
        cells = with_values(field.parts, before)
        unchanged = all(is_unchanged(cell, row.get(cell.name)) for cell in cells)
        if row.get(REMOVE):
            continue
        if before is not None and unchanged:
            yield place, dict(before)
        # A mark alone makes no row.
        elif not unchanged and any(
            str(row.get(cell.name) or "").strip() for cell in cells if cell.kind is not Kind.YES_NO
        ):
            yield place, laid_over(before or {}, cells, row)


def row_mistakes(fields: Iterable[SettingField], sent: Mapping[str, Any]) -> dict[str, str]:
    """What is wrong with the codes of mappings: by place, as a model's mistakes are."""
    mistakes: dict[str, str] = {}
    for field in fields:
        values = sent.get(field.name)
        if field.kind is Kind.GROUP:
            below = row_mistakes(field.parts, values or {})
            mistakes |= {f"{field.name}.{place}": text for place, text in below.items()}
        elif field.kind is Kind.MAPPING and values:
            mistakes |= _code_mistakes(field, values)
    return mistakes


def form_place(fields: Iterable[SettingField], sent: Mapping[str, Any], place: str) -> str:
    """Where in the form a mistake of a model is: its rows are counted without removed ones."""
    for field in fields:
        if not place.startswith(f"{field.name}."):
            continue
        values, below = sent.get(field.name), place.removeprefix(f"{field.name}.")
        if field.kind is Kind.GROUP:
            return f"{field.name}.{form_place(field.parts, values or {}, below)}"
        if field.kind in (Kind.TABLE, Kind.MAPPING) and values:
            return f"{field.name}.{_row_place(field, list(sent_rows(field, values)), below)}"
    return place


def _row_place(field: SettingField, rows: list[Row], below: str) -> str:
    if field.kind is Kind.TABLE:
        number, _, column = below.partition(".")
        row = int(number) if number.isdigit() else len(rows)
        return f"{rows[row][0]}.{column}" if row < len(rows) else below
    for place, sent_row in reversed(rows):
        code = str(sent_row.get(KEY, ""))
        if below == code or below.startswith(f"{code}."):
            return f"{place}.{KEY if below == f'{code}.[key]' else VALUE}"
    return below


def _code_mistakes(field: SettingField, sent: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    codes = [str(row.get(KEY, "")) for _, row in sent_rows(field, sent)]
    saved = field.value or {}
    twice = {code: "it is in two rows" for code in codes if codes.count(code) > 1}
    unnamed = {"": "a value without a code"} if "" in codes and "" not in saved else {}
    return {f"{field.name}.{code}.[key]": text for code, text in (twice | unnamed).items()}


def _shown_row(field: SettingField, row: Mapping[str, Any]) -> dict[str, Any]:
    return {cell.name: shown(cell) for cell in with_values(field.parts, row)}


def _read(field: SettingField, sent: Any) -> Any:
    match field.kind:
        case Kind.LIST:
            return [_item(field, item) for item in _items(field, sent)] or None
        case Kind.GROUP:
            return _or_unset(field, laid_over(_base(field), field.parts, sent or {}))
        case Kind.TABLE:
            return _or_unset(field, [row for _, row in sent_rows(field, sent or ())])
        case Kind.MAPPING:
            rows = sent_rows(field, sent or ())
            return _or_unset(field, {row.get(KEY, ""): row.get(VALUE, "") for _, row in rows})
    return _scalar(field, sent)


def _base(group: SettingField) -> dict[str, Any]:
    """What a group's form is laid over: what is saved, else what is not as its parts have it."""
    value = dict(group.value or {})
    if group.is_set:
        return value
    usual = {part.name: part.default for part in group.parts}
    return _given({name: part for name, part in value.items() if part != usual.get(name)})


def _given(values: Mapping[str, Any]) -> dict[str, Any]:
    """Without what is nothing, which a configuration file cannot say."""
    return {
        name: _given(value) if isinstance(value, Mapping) else value
        for name, value in values.items()
        if value is not None
    }


def _or_unset(field: SettingField, value: Any) -> Any:
    """None, so that nothing is set, for an empty value where nothing else would apply instead."""
    return value if value or field.default or field.required else None


def _scalar(field: SettingField, sent: Any) -> Any:
    if field.kind is Kind.YES_NO:
        return _yes(sent)
    if field.kind is Kind.SECRET:
        return sent if sent not in ("", [], ()) else None
    if isinstance(sent, str):
        sent = lines(sent) if field.kind is Kind.LINES else sent.strip()
    if sent in ("", None):
        return None
    if field.kind is Kind.NUMBER and isinstance(sent, str):
        return _number(sent)
    if field.kind is Kind.CHOICE:
        return next((value for value in field.allowed if str(value) == sent), sent)
    return sent


def _items(field: SettingField, sent: Any) -> Iterator[Any]:
    """The items of a list that was typed: by lines and commas, but for an item that has commas."""
    if not isinstance(sent, str):
        yield from sent or ()
        return
    value = field.value if isinstance(field.value, list | tuple) else ()
    present = {str(item) for item in value}
    for line in sent.splitlines():
        parts = [line] if line.strip() in present else line.split(",")
        yield from (part.strip() for part in parts if part.strip())


def _item(field: SettingField, item: Any) -> Any:
    value = field.value if isinstance(field.value, list | tuple) else ()
    known = (*value, *field.allowed)
    same = next((before for before in known if str(before) == item), None)
    if same is not None:
        return same
    return _scalar(field.parts[0], item) if field.parts else item


def _yes(sent: Any) -> bool:
    return sent in (True, "true", "on", "yes", "1")


def _number(text: str) -> Any:
    """A number as people write it; what is none is left for the model to refuse."""
    plain = text.replace(",", "")
    try:
        return int(plain) if plain else None
    except ValueError:
        pass
    try:
        return float(plain)
    except ValueError:
        return text
