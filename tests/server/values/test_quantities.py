from __future__ import annotations

import pytest

from colonyos_gen.server._values.quantities import (
    QuantityError,
    format_cpu,
    format_memory,
    parse_cpu,
    parse_memory,
)


@pytest.mark.parametrize(
    ("text", "thousandths"),
    [("1000m", 1000), ("0m", 0), ("-1m", -1), ("+5m", 5), ("", 0), ("4", 0), ("4 cores", 0), ("1000M", 0)],
)
def test_cpu(text: str, thousandths: int) -> None:
    assert parse_cpu(text) == thousandths


@pytest.mark.parametrize("text", ["m", "1.5m", "xm", " 1m", "1 m", "1_000m", "٣m", "9" * 30 + "m"])
def test_cpu_that_is_none(text: str) -> None:
    with pytest.raises(QuantityError):
        parse_cpu(text)


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("", 0),
        ("500Ki", 500 * 2**10),
        ("500KiB", 500 * 2**10),
        ("1Mi", 2**20),
        ("1MiB", 2**20),
        ("10Gi", 10 * 2**30),
        ("10GiB", 10 * 2**30),
        ("1TiB", 2**40),
        ("3K", 3000),
        ("3M", 3_000_000),
        ("3G", 3_000_000_000),
        ("3Gb", 3_000_000_000),
    ],
)
def test_memory(text: str, size: int) -> None:
    assert parse_memory(text) == size


@pytest.mark.parametrize(
    ("text", "unread"),
    [
        ("10", ""),
        ("1GB", "1GB"),
        ("1B", ""),
        ("1Ti", ""),
        ("1gi", "1gi"),
        ("1GI", "1GI"),
        ("1mib", "1mib"),
        ("1k", "1k"),
        ("Gi", ""),
        ("xGi", "x"),
        ("1.5Gi", "1.5"),
        ("1 Gi", "1 "),
        ("9999999999999TiB", "9999999999999"),
        # The real server accepts these at random.
        *((f"1{unit}", f"1{unit}") for unit in ("KB", "Kb", "MB", "Mb", "TB", "Tb")),
    ],
)
def test_memory_that_is_none(text: str, unread: str) -> None:
    with pytest.raises(QuantityError) as caught:
        parse_memory(text)
    assert caught.value.text == unread


def test_memory_is_written_in_whole_mi() -> None:
    assert format_memory(parse_memory("500Ki")) == "0Mi"
    assert format_memory(parse_memory("10Gi")) == "10240Mi"
    assert format_memory(parse_memory("3M")) == "2Mi"
    assert format_cpu(parse_cpu("4")) == "0m"
