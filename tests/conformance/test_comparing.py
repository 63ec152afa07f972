"""What is wrong is seen, for each op; what is only put in another way is not."""

from __future__ import annotations

import json
from typing import Any

import pytest

from colonyos_gen.conformance._comparing import difference
from colonyos_gen.conformance._driver import answer
from colonyos_gen.conformance._vectors import VECTORS, load

from .drivers import RIGHT, WRONG
from .kit import behaving, conformance

ALL = load(VECTORS)
OPS = {vector["op"] for vector in ALL}


@pytest.mark.parametrize("kind", WRONG)
def test_what_is_wrong_is_seen(kind: str) -> None:
    where, change = WRONG[kind]
    concerned = [vector for vector in ALL if vector["id"].startswith(where)]
    told = [difference(vector, change(vector, answer(vector))) for vector in concerned]
    assert any(told)
    assert all(text == text.strip() and "\n" not in text and len(text) < 600 for text in told if text)


def test_each_op_is_got_wrong() -> None:
    places = [where for where, _ in WRONG.values() if where]
    assert {where.removesuffix("/") for where in places} == OPS


def test_an_empty_answer_never_holds() -> None:
    assert all(difference(vector, {}) for vector in ALL)
    assert all(
        difference(vector, {"value": None, "error": {}})
        for vector in ALL
        if vector["expect"] != {"value": None}
    )


@pytest.mark.parametrize("kind", RIGHT)
def test_what_is_put_in_another_way_is_not(kind: str) -> None:
    where, change = RIGHT[kind]
    concerned = load(VECTORS, where)
    changed = [(vector, answer(vector), change(vector, answer(vector))) for vector in concerned]
    assert any(own != other for _, own, other in changed)
    assert [told for vector, _, other in changed if (told := difference(vector, other))] == []


ODD: list[Any] = [
    None, True, 7, 1e400, "", "text", "[]", "null", "{", "\ud800", "\x1b[31m\n", [], [[]], {}, {"": 1}, {"msgtype": []},
    {"kind": "refused"}, '{"payloadtype": 1}', '{"payload": "", "signature": 7}', "[" * 100_000,
]  # fmt: skip


@pytest.mark.parametrize("name", ["value", "error", "text", "envelope", "identity"])
def test_whatever_a_driver_answers_is_told_in_a_line(name: str) -> None:
    """Also what cannot be shown, in the place of anything."""
    first = {
        (vector["op"], *vector["expect"]): vector for vector in ALL if vector["expect"] != {"value": None}
    }
    assert len(first) > 8
    for vector in first.values():
        for odd in ODD:
            told = difference(vector, {name: odd})
            assert told, (vector, odd)
            assert told.isprintable() or "\n" not in told
            told.encode()


def test_it_is_told_by_id_with_what_was_expected() -> None:
    done = conformance("--only", "read_response/getprocessmsg/refused: *", "--", *behaving("one code"))
    assert done.returncode == 100
    begin = "read_response/getprocessmsg/refused: process_not_found: "
    line = next(line for line in done.stdout.splitlines() if line.startswith(begin))
    assert 'expected the error {"kind": "refused", "code": "NOT_FOUND"' in line
    assert ', got {"kind": "refused", "code": "DENIED"' in line


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"sequence": 9007199254740992}, "$.sequence: expected 9007199254740993, got 9007199254740992"),
        ({"payload": "AAAA"}, "$.payload: "),
        ({"name": "other"}, "$.name: "),
    ],
)
def test_where_values_differ(change: dict[str, object], told: str) -> None:
    vector = next(vector for vector in ALL if vector["id"] == "read_request/channelappendmsg/full")
    value = {**json.loads(vector["text"]), **change}
    assert difference(vector, {"value": value}).startswith(told)
