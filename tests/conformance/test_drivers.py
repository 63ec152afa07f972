"""A driver that hangs, dies or talks is told by the vector at which it did, and the rest is asked all the same."""

from __future__ import annotations

import json
import re
import sys
import time
from pathlib import Path
from xml.etree import ElementTree

import pytest

from colonyos_gen.conformance._feeding import Driver
from colonyos_gen.conformance._vectors import VECTORS, load

from .kit import OWN, behaving, conformance

ONLY = ("--only", "identity/", "--timeout", "3")


def failures(*command: str) -> tuple[int, dict[str, str], int]:
    """Exit code, what failed and how, and how many held."""
    done = conformance(*ONLY, "--format", "json", "--", *command)
    told = json.loads(done.stdout)
    held = sum(row["held"] for row in told["counts"].values())
    return done.returncode, {other["id"]: other["told"] for other in told["others"]}, held


@pytest.mark.parametrize(
    ("kind", "how"),
    [
        ("hangs", "no answer within 120 s|no answer within 3 s"),
        ("dies", "died with exit code 3: out of luck"),
        ("talks", "no answer but 'hello there' on standard output"),
        ("answers another", "no answer but .* on standard output"),
    ],
)
def test_what_goes_wrong_is_told_and_the_rest_is_asked(kind: str, how: str) -> None:
    code, failed, held = failures(*behaving(kind))
    assert code == 100
    assert list(failed) == ["identity/key 3", "identity/wrong: too short"]
    assert all(re.fullmatch(how, told) for told in failed.values()), failed
    assert held == 11


def test_a_driver_that_never_works_is_given_up() -> None:
    code, failed, held = failures(*behaving("never starts"))
    told = list(failed.values())
    assert (code, held, len(told)) == (100, 0, 13)
    assert set(told[:5]) == {"died with exit code 4"}
    assert set(told[5:]) == {"not asked, as 5 processes of the driver have hung or died one after the other"}


@pytest.mark.parametrize(
    ("kind", "how"),
    [
        ("ends badly", "ended with exit code 5"),
        ("says goodbye", "wrote 'goodbye' after its last answer"),
        ("never ends", "did not end within 3 s after the end of its input"),
    ],
)
def test_how_it_ends(kind: str, how: str) -> None:
    code, failed, held = failures(*behaving(kind))
    assert (code, failed, held) == (100, {"end of input": how}, 13)


def test_what_is_unsupported_did_not_hold() -> None:
    done = conformance("--only", "getprocessmsg/signed", "--", *behaving("has no sign"))
    assert done.returncode == 100
    assert done.stdout.splitlines()[-1].split() == ["all", "0", "0", "1", "1"]


def test_as_junit() -> None:
    done = conformance(*ONLY, "--format", "junit", "--", *behaving("takes any key"))
    assert done.returncode == 100
    suite = ElementTree.fromstring(done.stdout)[0]
    assert (suite.get("name"), suite.get("tests"), suite.get("failures")) == ("identity", "13", "7")
    messages = [failure.get("message", "") for failure in suite.iter("failure")]
    assert len(messages) == 7
    assert all("expected the error" in message for message in messages)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ([], "name the driver with --client CMD, or after --"),
        (["--client", "no/such/program"], "cannot start 'no/such/program': No such file or directory"),
        (["--client", '"unclosed'], "No closing quotation"),
        (["--only", "nothing like it", "--", *OWN], "has an id like 'nothing like it'"),
        (["--vectors", "no/such/folder", "--", *OWN], "no/such/folder: there are no vectors in it"),
    ],
)
def test_misuse(arguments: list[str], told: str) -> None:
    done = conformance(*arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert told in done.stderr
    assert "Traceback" not in done.stderr


def test_other_vectors(tmp_path: Path) -> None:
    (tmp_path / "own.json").write_text(
        json.dumps(
            {
                "vectors": [
                    {"id": "mine", "op": "identity", "key": "", "expect": {"error": {"kind": "invalid"}}}
                ]
            }
        )
    )
    done = conformance("--vectors", str(tmp_path), "--", *OWN)
    assert (done.returncode, done.stdout.splitlines()[-1].split()) == (0, ["all", "1", "0", "0", "1"])
    (tmp_path / "own.json").write_text(
        json.dumps({"vectors": [{"id": "n", "op": "sign", "message": "newmsg"}]})
    )
    done = conformance("--vectors", str(tmp_path), "--", *OWN)
    assert done.returncode == 2
    assert "has vectors of newmsg, a message that this package does not know" in done.stderr
    (tmp_path / "broken.json").write_text("{}")
    done = conformance("--vectors", str(tmp_path), "--", *OWN)
    assert done.returncode == 2
    assert "broken.json holds no vectors: KeyError" in done.stderr


def test_what_a_driver_has_started_ends_with_it(tmp_path: Path) -> None:
    """As when a shell or a build tool starts the program that hangs."""
    note = tmp_path / "pid"
    hanging = f"import os, time; open({str(note)!r}, 'w').write(str(os.getpid())); time.sleep(600)"
    starting = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {hanging!r}])"
    vectors = load(VECTORS, "identity/key 1")
    driver = Driver([sys.executable, "-c", starting], 1.0)
    driver.starting = 3.0
    assert [told for _, told in driver.ask(vectors)] == ["no answer within 3 s"]
    pid = int(note.read_text())
    deadline = time.monotonic() + 30
    while Path(f"/proc/{pid}/stat").exists() and _state(pid) != "Z":
        assert time.monotonic() < deadline
        time.sleep(0.05)


def _state(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return "Z"
