"""The last runs as a row of bars: how much each changed, and its state. Pure."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from math import log10

HEIGHT, WIDTH, GAP = 24, 6, 2
_LEAST = 3


@dataclass(frozen=True)
class Mark:
    """A run in the row: its number, how many records it changed, its word and tone."""

    number: int
    changed: int
    word: str
    tone: str


@dataclass(frozen=True)
class Bar:
    """A bar of the picture, in its own units, with the text shown on pointing at it."""

    x: int
    y: float
    height: float
    tone: str
    title: str


@dataclass(frozen=True)
class Sparkline:
    """The picture: `label` says in words what it shows."""

    width: int
    height: int
    bars: list[Bar]
    label: str


def sparkline(marks: Sequence[Mark]) -> Sparkline | None:
    """The picture of `marks`, the oldest first; None for none. The height of a bar goes with the
    power of ten of what was changed, so that a usual day still shows beside the first import.
    """
    if not marks:
        return None
    most = max(log10(1 + mark.changed) for mark in marks) or 1
    bars = []
    for place, mark in enumerate(marks):
        height = round(_LEAST + (HEIGHT - _LEAST) * log10(1 + mark.changed) / most, 1)
        title = f"Run {mark.number}: {mark.word}, {mark.changed:,} changed"
        x, y = place * (WIDTH + GAP), round(HEIGHT - height, 1)
        bars.append(Bar(x, y, height, mark.tone, title))
    counts = Counter(mark.word.lower() for mark in marks)
    runs = "The last run" if len(marks) == 1 else f"The last {len(marks)} runs"
    label = f"{runs}: {', '.join(f'{count} {word}' for word, count in counts.most_common())}"
    return Sparkline(len(marks) * (WIDTH + GAP) - GAP, HEIGHT, bars, label)
