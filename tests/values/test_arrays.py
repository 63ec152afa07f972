"""Values of numpy and pandas, where those are installed: what one side sends the other reads by annotation."""

from __future__ import annotations

import datetime
from typing import Any

import pytest

from colonyos_gen import Worker
from colonyos_gen._values.reading import Reader
from colonyos_gen._values.writing import ValueWritingError, to_plain
from colonyos_gen.testing import LocalColony

np: Any = pytest.importorskip("numpy")
pd: Any = pytest.importorskip("pandas")


def test_moments_and_spans() -> None:
    for value, plain in (
        (np.datetime64("2026-01-31"), "2026-01-31"),
        (np.datetime64("2026-01-31T01:02:03"), "2026-01-31T01:02:03"),
        (np.datetime64("2026-01-31T01:02:03.123456789"), "2026-01-31T01:02:03.123456789"),
        (np.datetime64("NaT"), None),
        (np.timedelta64(90, "s"), "PT90S"),
        (np.timedelta64(-5, "ns"), "-PT0.000000005S"),
        (np.timedelta64(2**60, "ns"), "PT1152921504.606846976S"),
        (np.timedelta64(5, "M"), "P5M"),
        (np.timedelta64(-3, "Y"), "-P3Y"),
        (np.timedelta64(3), 3),
    ):
        assert to_plain(value) == plain
        again = Reader(type(value)).read(plain)
        assert type(again) is type(value)
        assert again == value or (np.isnat(again) and np.isnat(value))
    assert Reader(datetime.timedelta).read("PT90S") == datetime.timedelta(seconds=90)
    assert Reader(np.datetime64).read("2026-01-31T01:00:00+01:00") == np.datetime64("2026-01-31T00:00:00")
    assert Reader(np.datetime64).read("2026-01-31T01:00:00Z") == np.datetime64("2026-01-31T01:00:00")


@pytest.mark.parametrize(
    ("dtype", "value"),
    [
        ("datetime64", ["2026-01-31", "2026-02-01"]),
        ("datetime64", [["2026-01-31T01:02:03.123456789"], ["NaT"]]),
        ("timedelta64", [5, 2**60]),
    ],
)
def test_arrays_of_them(dtype: str, value: Any) -> None:
    scalar = getattr(np, dtype)
    array = np.array(value, dtype="timedelta64[ns]" if dtype == "timedelta64" else "datetime64")
    again = Reader(np.ndarray[Any, np.dtype[scalar]]).read(to_plain(array))
    assert again.shape == array.shape
    assert np.array_equal(again, array, equal_nan=True)


def test_of_pandas() -> None:
    span = pd.Timedelta("1h")
    assert Reader(pd.Timedelta).read(to_plain(span)) == span
    moment = pd.Timestamp("2026-01-31T01:02:03")
    assert Reader(pd.Timestamp).read(to_plain(moment)) == moment


def test_annotations_that_only_type_checkers_can_evaluate(colonies: LocalColony) -> None:
    worker = Worker("w")

    def kinds(a: Any, b: Any, c: Any, d: Any) -> list[str]:
        return [type(each).__name__ for each in (a, b, c["x"], d)]

    kinds.__annotations__ = {  # as stubs of pandas have them, which are not there for this
        "a": "pd.Series[float]",
        "b": "pd.Series[float] | None",
        "c": "dict[str, pd.Series[float]]",
        "d": "pd.DataFrame",
    }
    worker.function(kinds)
    series = pd.Series([1.5, 2.5])
    with colonies.worker(worker):
        got = colonies.call(
            "kinds", series, series, {"x": series}, pd.DataFrame({"a": [1]}), to="w", timeout=60
        )
    assert got == ["Series", "Series", "Series", "DataFrame"]


def test_spans_of_pandas_to_the_last_digit() -> None:
    for value in (pd.Timedelta("1ns"), pd.Timedelta(1, "h") + pd.Timedelta("7ns"), -pd.Timedelta("1ns")):
        (plain,) = to_plain([value])
        assert Reader(pd.Timedelta).read(plain) == value
        assert to_plain(pd.Series([value])) == [plain]


def test_frames_with_columns_of_one_name_are_refused() -> None:
    with pytest.raises(ValueWritingError, match="several columns 'a', of which one would be left"):
        to_plain({"rows": pd.DataFrame([[1, 2]], columns=["a", "a"])})


def test_arrays_with_fields_are_records() -> None:
    array = np.array([(1, 2.5), (2, 0.5)], dtype=[("a", int), ("b", float)])
    assert to_plain(array) == [{"a": 1, "b": 2.5}, {"a": 2, "b": 0.5}]
    assert to_plain(array[0]) == {"a": 1, "b": 2.5}


def test_what_python_has_no_number_for() -> None:
    with pytest.raises(ValueWritingError, match=r"Python has no number like a .*; make it a float or text"):
        to_plain([np.longdouble(1)])


def test_bytes_of_numpy() -> None:
    again = Reader(np.bytes_).read(to_plain(np.bytes_(b"ab")))
    assert again == np.bytes_(b"ab")
    assert type(again) is np.bytes_


def test_what_is_missing_in_pandas() -> None:
    assert to_plain([pd.NA, pd.NaT, {"a": pd.NA}]) == [None, None, {"a": None}]
