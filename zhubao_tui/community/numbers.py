"""Case numbers (办件号): digits only, to be read down a telephone, e.g. `12-0457-9`."""

from __future__ import annotations

import re

_SHAPE = re.compile(r"([0-9]{2,3})-?([0-9]{4,6})-?([0-9])")


def check_digit(digits: str) -> str:
    """ISO 7064 MOD 11,10 over a run of decimal digits: finds every single wrong digit."""
    product = 10
    for digit in digits:
        total = (int(digit) + product) % 10 or 10
        product = total * 2 % 11
    return str((11 - product) % 10)


def case_number(laptop: int, running: int) -> str:
    """Number of the `running`-th report of a laptop; both padded, to 2 and 4 digits."""
    digits = f"{laptop:02d}{running:04d}"
    return f"{laptop:02d}-{running:04d}-{check_digit(digits)}"


def running_of(number: str) -> int:
    """The running number inside a case number; 0 where the text is none."""
    match = _SHAPE.fullmatch(number)
    return int(match[2]) if match else 0


def is_case_number(text: str) -> bool:
    """Whether a text is a case number with its right check digit (hyphens may be left out)."""
    match = _SHAPE.fullmatch(text)
    return match is not None and check_digit(match[1] + match[2]) == match[3]
