"""Colours that can be read, texts that fit, times in words."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from colonyos_gen_wire.types.common import ProcessState
from hypothesis import given
from hypothesis import strategies as st

from colonyos_gen.pictures._look.labels import clean, shorten, width_of
from colonyos_gen.pictures._look.palette import INK, LINE, PAPER, PLAIN, SHADES, SOFT_INK, shade
from colonyos_gen.pictures._look.spans import seconds_between, span

WHITE, NIGHT, BLACK = "#ffffff", "#0d1117", "#000000"


def _luminance(colour: str) -> float:
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _contrast(one: str, other: str) -> float:
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("state", [None, *ProcessState])
def test_texts_and_signs_can_be_read(state: ProcessState | None) -> None:
    """By the figures of WCAG 2: 7 and 4.5 for text, 3 for signs and lines."""
    colours = shade(state)
    assert _contrast(INK, colours.fill) >= 7
    assert _contrast(SOFT_INK, colours.fill) >= 4.5
    assert _contrast(colours.strong, WHITE) >= 3
    assert _contrast(colours.strong, colours.fill) >= 3


@pytest.mark.parametrize("background", [WHITE, NIGHT, BLACK])
def test_lines_show_on_light_and_dark_pages(background: str) -> None:
    for colour in (LINE, SHADES[ProcessState.RUNNING].strong, SHADES[ProcessState.FAILED].strong):
        assert _contrast(colour, background) >= 3


def test_states_have_colours_of_their_own() -> None:
    assert len({colours.strong for colours in (*SHADES.values(), PLAIN)}) == len(SHADES) + 1
    assert PLAIN.fill == PAPER


@given(st.text(), st.floats(10, 300), st.sampled_from([0, 0.4]))
def test_shortened_texts_fit(text: str, room: float, tail: float) -> None:
    shown = shorten(clean(text), 12, room, tail=tail)
    assert width_of(shown, 12) <= max(room, width_of("…", 12)) + 1e-6
    if width_of(clean(text), 12) <= room:
        assert shown == clean(text)


def test_where_texts_are_shortened() -> None:
    assert shorten("simulate-the-north-atlantic-1962", 13, 130) == "simulate-t…ic-1962"
    assert shorten("ValueError: negative pressure", 11, 110, tail=0) == "ValueError: negati…"


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "0 ms"), (0.34, "340 ms"), (0.9996, "1 s"), (12.34, "12.3 s"), (59.96, "1 min"), (302, "5 min 2 s"),
        (3599.6, "1 h"), (3720, "1 h 2 min"), (86_400, "1 d"), (273_600, "3 d 4 h"),
    ],
)  # fmt: skip
def test_spans_in_words(seconds: float, words: str) -> None:
    assert span(seconds) == words


def test_a_span_needs_both_ends_in_their_order() -> None:
    now = datetime.now(UTC)
    assert seconds_between(now, now + timedelta(seconds=2)) == 2
    assert seconds_between(None, now) is seconds_between(now, None) is None
    assert seconds_between(now, now - timedelta(seconds=2)) is None
