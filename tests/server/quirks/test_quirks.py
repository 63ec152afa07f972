"""Each quirk of the embedded server: what is without it and with it, and that the client copes with both."""

from __future__ import annotations

import asyncio
import importlib
from dataclasses import fields
from datetime import UTC
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from colonyos_gen.server import STRICT, V1_9, Quirks, Server
from colonyos_gen.server._time.zero_time import zero_time
from colonyos_gen.testing import LocalColony

from .quirk_scene import CASES, Case, quirk_scene

pytestmark = pytest.mark.hazards

FLAGS = [field.name for field in fields(Quirks)]
MODULES = [
    importlib.import_module(f".{path.stem}", __package__)
    for path in sorted(Path(__file__).parent.glob("quirks_of_*.py"))
]
"""Each adds its cases to `CASES`."""


def _found(case: Case, quirks: Quirks) -> object:
    async def main() -> object:
        async with asyncio.timeout(300), quirk_scene(quirks, **case.options) as here:
            return await case.act(here)

    return asyncio.run(main())


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.flag}-{case.act.__name__}")
def test_a_quirk_shows_when_it_is_set(case: Case) -> None:
    assert _found(case, STRICT) == case.strict
    assert _found(case, Quirks.parse(case.flag)) == case.quirk


def test_every_quirk_has_a_case() -> None:
    assert {case.flag for case in CASES} == set(FLAGS)
    assert all(module.__doc__ for module in MODULES)


def test_quirks_by_name() -> None:
    assert Quirks.parse("strict") == STRICT == Quirks()
    assert Quirks.parse("v1.9") is V1_9
    assert Quirks.parse("empty_200, two_envelopes") == Quirks(empty_200=True, two_envelopes=True)
    assert STRICT.names == []
    assert set(FLAGS) - set(V1_9.names) == {"forwarded_assign"}


@pytest.mark.parametrize("text", ["", "v1.8", "empty_200,", "empty_200;two_envelopes", "parse"])
def test_a_name_that_is_unknown_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="there is no quirk"):
        Server(quirks=text)


@pytest.mark.parametrize("text", ["v1.9,xyz", "xyz,v1.9", "strict,xyz", "empty_200,xyz"])
def test_the_unknown_one_of_several_names_is_told(text: str) -> None:
    with pytest.raises(
        ValueError, match=f"quirks is '{text}', but there is no quirk 'xyz'; give 'strict' or 'v1.9'"
    ):
        Server(quirks=text)


@pytest.mark.parametrize(("text", "name"), [("v1.9,empty_200", "v1.9"), ("empty_200, strict", "strict")])
def test_all_quirks_and_none_stand_alone(text: str, name: str) -> None:
    with pytest.raises(
        ValueError, match=f"quirks is '{text}', but '{name}' says all by itself; give '{name}' alone"
    ):
        Server(quirks=text)


@pytest.mark.parametrize(
    ("zone", "text"),
    [
        ("UTC", "0001-01-01T00:00:00Z"),
        ("Asia/Kolkata", "0001-01-01T05:53:28+05:53"),
        ("America/New_York", "0000-12-31T19:03:58-04:56"),
    ],
)
def test_the_zero_time_of_a_zone(zone: str, text: str) -> None:
    assert zero_time(ZoneInfo(zone)) == text
    assert zero_time(UTC) == "0001-01-01T00:00:00Z"


def test_an_unknown_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="there is no time zone 'Nowhere/Town'"):
        Server(zone="Nowhere/Town")


def test_times_are_in_the_zone_of_the_server() -> None:
    with LocalColony(quirks="v1.9", zone="Asia/Kolkata") as colony:
        executor = colony.add_executor("x").client.get_executors(colony.name)[0]
    assert executor.commissiontime is not None
    assert executor.commissiontime.utcoffset() == ZoneInfo("Asia/Kolkata").utcoffset(executor.commissiontime)
    assert executor.lastheardfromtime is None
