"""The row of bars that shows the last runs."""

from rollcall.console.runs.sparkline import HEIGHT, Mark, sparkline


def test_there_is_no_picture_of_nothing() -> None:
    assert sparkline([]) is None


def test_bars_stand_side_by_side_on_the_ground() -> None:
    drawn = sparkline([Mark(1, 0, "Failed", "bad"), Mark(2, 999, "Done", "good")])
    assert drawn is not None
    first, second = drawn.bars
    assert first.x < second.x < drawn.width
    assert first.height < second.height == HEIGHT
    assert all(bar.y + bar.height == HEIGHT for bar in drawn.bars)
    assert (first.tone, second.title) == ("bad", "Run 2: Done, 999 changed")


def test_it_says_in_words_what_it_shows() -> None:
    drawn = sparkline([Mark(n, 0, "Done", "good") for n in range(2)] + [Mark(3, 0, "Held", "x")])
    assert drawn is not None
    assert drawn.label == "The last 3 runs: 2 done, 1 held"
