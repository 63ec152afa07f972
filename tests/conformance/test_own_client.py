"""All vectors hold for the client of this package, by the program that anybody can run."""

from __future__ import annotations

import json

from tests.conformance.kit import OWN, ROOT, conformance


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


def test_the_table_in_the_readme_is_of_this_form() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    shown = [
        line.split() for line in readme.partition("colonyos-gen conformance --client")[2].splitlines()[1:10]
    ]
    done = conformance("--", *OWN)
    said = [line.split() for line in done.stdout.splitlines()]
    assert [line[0] for line in shown[: len(said)]] == [line[0] for line in said]
    assert all(line[1] == line[4] and line[2:4] == ["0", "0"] for line in shown[1 : len(said)])


def test_as_text() -> None:
    done = conformance("--only", "sign/submit*", "--client", " ".join(OWN))
    assert done.returncode == 0
    lines = [line.split() for line in done.stdout.splitlines()]
    assert lines == [
        ["op", "held", "failed", "unsupported", "of"],
        ["sign", "2", "0", "0", "2"],
        ["all", "2", "0", "0", "2"],
    ]
