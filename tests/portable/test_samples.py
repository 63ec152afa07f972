"""What is lost is seen: every kind of loss, planted in what was recorded."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from typing import Any, cast

import pytest

from tests.portable.running import Row
from tests.portable.samples import Precision, Sample, graded, lost, samples

TIME = "2026-11-23T18:50:10.000328582+01:00"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({"a": 1}, {}),
        ({"a": 1}, "text"),
        ({"a": [1, 2]}, {"a": [1]}),
        ({"a": [1, 2]}, {"a": [2, 1]}),
        ({"a": [1]}, {"a": None}),
        ({"a": {"b": {"c": "x"}}}, {"a": {"b": {}}}),
        ({"a": "x"}, {"a": "y"}),
        ({"a": 1}, {"a": True}),
        ({"a": 1}, {"a": "1"}),
        ({"a": ""}, {"a": "x"}),
        ({"a": None}, {"a": 5}),
        ({"a": 2**53 + 1}, {"a": 2**53}),
        ({"a": TIME}, {"a": TIME.replace("+01:00", "Z")}),
        ({"a": TIME}, {"a": TIME.replace("582", "000")}),
        ({"a": TIME}, {"a": "soon"}),
    ],
)
def test_a_loss_is_seen(before: object, after: object) -> None:
    assert list(lost(before, after))


@pytest.mark.parametrize(
    ("before", "after", "precision"),
    [
        ({"a": None, "b": [], "c": ""}, {}, Precision()),
        ({"a": None}, {"a": []}, Precision()),
        ({"a": TIME}, {"a": "2026-11-23T17:50:10.000328582Z"}, Precision()),
        ({"a": TIME}, {"a": "2026-11-23T17:50:10.000Z"}, Precision(digits=3)),
        ({"a": 2**53 + 1}, {"a": 2**53}, Precision(doubles=True)),
    ],
)
def test_what_means_the_same_is_no_loss(before: object, after: object, precision: Precision) -> None:
    assert list(lost(before, after, precision)) == []


def leaves(value: Any) -> Iterator[tuple[Any, Any]]:
    """Each object or list, with a key of it, whose value is no object or list and not empty."""
    pairs = (
        list(cast("dict[str, Any]", value).items())
        if isinstance(value, dict)
        else list(enumerate(cast("list[Any]", value)))
    )
    for key, member in pairs:
        if isinstance(member, dict | list):
            yield from leaves(member)
        elif member not in (None, "", 0, False, "0001-01-01T00:00:00Z"):
            yield value, key


def test_each_value_that_goes_is_seen() -> None:
    seen = 0
    for sample in samples():
        for value in sample.values:
            changed = copy.deepcopy(value)
            assert list(lost(value, changed)) == []
            for holder, key in leaves(changed):
                kept = holder[key]
                holder[key] = None
                assert len(list(lost(value, changed))) == 1
                holder[key] = kept
                seen += 1
    assert seen > 3000


def test_all_elements_of_a_list_are_read() -> None:
    assert any(len(sample.values) > 1 for sample in samples() if sample.kind == "reply")
    sample = Sample("reply", "T", ({"a": 1}, {"a": 2}, {"a": 3}))
    lines = [json.dumps(value) for value in sample.values]
    assert graded(Row("", ""), [sample], "\n".join(lines)).replies == "1 of 1"
    for planted in ("{}", '"refused"'):
        row = graded(Row("", ""), [sample], "\n".join([*lines[:2], planted]))
        assert row.replies == "0 of 1"
        assert row.failed
    assert graded(Row("", ""), [sample], "\n".join(lines[:2])).failed
    assert graded(Row("", ""), [sample], "\n".join([*lines, "{}"])).failed
