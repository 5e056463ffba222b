"""Texts with code and places to break: everything else in them is escaped."""

from rollcall.console.frame.inline_markup import breaking, ticked


def test_what_stands_in_backticks_is_code() -> None:
    assert ticked("Check `user` and <b>") == "Check <code>user</code> and &lt;b&gt;"
    assert ticked("`<i>`") == "<code>&lt;i&gt;</code>"


def test_an_address_breaks_behind_its_at() -> None:
    assert breaking("demo@example.org") == "demo@<wbr>example.org"
    assert breaking("<x>@y") == "&lt;x&gt;@<wbr>y"
    assert breaking("schedule") == "schedule"
