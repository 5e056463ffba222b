"""Whole numbers that come as text from outside, such as a part of an address. Pure.

`str.isdigit` takes "²" and the digits of every alphabet for digits, and `int` reads some of them.
"""

#: As many digits as fit the database's largest number, and the largest number of so many.
_DIGITS = 18
LARGEST = 10**_DIGITS - 1


def whole_number(text: str) -> int | None:
    """The number that a text of 1 to 18 digits 0 to 9 says; None for any other text."""
    plain = text.isascii() and text.isdigit() and len(text) <= _DIGITS
    return int(text) if plain else None


def whole_numbers(text: str, count: int) -> tuple[int, ...] | None:
    """So many numbers with dashes between them ("12-0-7"); None for any other text."""
    numbers = [whole_number(part) for part in text.split("-")]
    parsed = tuple(number for number in numbers if number is not None)
    return parsed if len(parsed) == len(numbers) == count else None
