"""Dates as people write them for the beginning and the end of a span."""

import re
from calendar import monthrange
from collections.abc import Callable
from datetime import datetime


def first(text: str) -> str:
    """The first day that a date names; a moment as it is. Raises ValueError.

    >>> first("2024"), first("2024-02"), first("2024-02-10"), first("2024-02-10T08:00:00Z")
    ('2024-01-01', '2024-02-01', '2024-02-10', '2024-02-10T08:00:00Z')
    """
    return _day(text, "01", lambda _year, _month: 1)


def last(text: str) -> str:
    """The last day that a date names; a moment as it is. Raises ValueError.

    >>> last("2024"), last("2024-02")
    ('2024-12-31', '2024-02-29')
    """
    return _day(text, "12", lambda year, month: monthrange(year, month)[1])


def _day(text: str, month: str, day: Callable[[int, int], int]) -> str:
    text = text.strip()
    if re.fullmatch(r"\d{4}", text):
        text = f"{text}-{month}"
    if re.fullmatch(r"\d{4}-\d\d", text):
        datetime.strptime(text, "%Y-%m")
        text = f"{text}-{day(int(text[:4]), int(text[5:])):02}"
    if re.fullmatch(r"\d{4}-\d\d-\d\d", text):
        datetime.strptime(text, "%Y-%m-%d")
    else:
        datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ")
    return text
