"""All vectors hold for the client of this package, by the program that anybody can run."""

from __future__ import annotations

import json

from tests.conformance.kit import OWN, conformance


def test_all_of_them_hold() -> None:
    done = conformance("--format", "json", "--", *OWN)
    assert (done.stderr, done.returncode) == ("", 0)
    told = json.loads(done.stdout)
    assert told["others"] == []
    assert told["counts"].keys() == {
        "read_reply", "read_request", "write_request", "read_response", "sign", "identity", "recover",
    }  # fmt: skip
    assert all(row["held"] > 10 for row in told["counts"].values())
    assert sum(row["held"] for row in told["counts"].values()) > 6000


def test_as_text() -> None:
    done = conformance("--only", "sign/submit*", "--client", " ".join(OWN))
    assert done.returncode == 0
    lines = [line.split() for line in done.stdout.splitlines()]
    assert lines == [
        ["op", "held", "failed", "unsupported", "of"],
        ["sign", "2", "0", "0", "2"],
        ["all", "2", "0", "0", "2"],
    ]
