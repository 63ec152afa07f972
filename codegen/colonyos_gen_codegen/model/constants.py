"""What the server works with, and what clients read off it: numbers, texts and tables."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class LimitConstant:
    """A number that the server works with."""

    name: str
    value: int
    unit: str
    description: str


@dataclass(frozen=True)
class TextConstant:
    """A text with a meaning that the server writes into its objects."""

    name: str
    value: str
    description: str


@dataclass(frozen=True)
class Table:
    """Numbers by text, such as what the units of a quantity stand for."""

    name: str
    values: dict[str, int]
    unit: str
    description: str
