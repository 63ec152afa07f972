"""The schema moves, and the server stays as it is: what it does not know any more, or not yet, takes nothing else with it."""

from __future__ import annotations

import inspect
import json
import logging
import os
import re
import shutil
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from colonyos_gen_codegen.cli import main
from colonyos_gen_wire.constants import API_PATH
from colonyos_gen_wire.methods import METHODS

from colonyos_gen.crypto import PrivateKey
from colonyos_gen.server import Server
from colonyos_gen.server.hazards import _pairs as pairs
from colonyos_gen.server.hazards import _subscriptions as subscriptions
from colonyos_gen.server.hazards import _watch as watch
from tests.server.kit.lab import envelope, opened

ROOT = Path(__file__).parents[3]


def test_every_message_has_a_handler(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, "colonyos_gen.server"):
        Server()
    assert [record.getMessage() for record in caplog.records] == []


def test_calls_that_hazards_name_are_in_the_schema() -> None:
    """They are names and no descriptors, so no type checker would miss one."""
    named = set(re.findall(r'"([a-z]+(?:_[a-z]+)*)"', inspect.getsource(watch).partition("class ")[0]))
    named -= {"notice", "act", "refuse", "off"}
    for module in (pairs, subscriptions):
        named.update(re.findall(r'"((?:[a-z]+_)+[a-z]+|close|fail)"', inspect.getsource(module)))
    assert len(named) > 20
    assert named <= {method.name for method in METHODS.values()}


def first_of_each_domain() -> list[str]:
    return list({method.domain: method.msgtype for method in reversed([*METHODS.values()])}.values())


def test_server_does_without_any_message() -> None:
    """One of each domain, and those that the rest of the server has most to do with."""
    widely_used = [
        "submitworkflowspecmsg",
        "addchildmsg",
        "assignprocessmsg",
        "subscribechannelmsg",
        "getfilelabelsmsg",
        "getblueprinthistorymsg",
        "getpausestatusmsg",
    ]
    names = sorted({*first_of_each_domain(), *widely_used, "addcronmsg", "removegeneratormsg"})
    done = subprocess.run(
        [sys.executable, "-m", "tests.server.front.without", *names],
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    told = [json.loads(line) for line in done.stdout.splitlines()]
    assert [each["gone"] for each in told] == names
    for each in told:
        assert each == {
            "gone": each["gone"],
            "left": 200,
            "unknown": {"status": 403, "message": f"invalid rpcMsg.PayloadType: {each['gone']}"},
            "logged": [],
        }


class Copy:
    """A copy of the project whose schema is changed, and a server of it in a process of its own."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.key = PrivateKey.generate()
        self._port = 0
        for folder in ("schema", "colonyos_gen", "generated"):
            shutil.copytree(ROOT / folder, root / folder)
        (root / "tests/server/kit").mkdir(parents=True)
        packages = ("", "server/", "server/kit/")
        for file in (*(f"{each}__init__.py" for each in packages), "server/kit/server_process.py"):
            shutil.copy(ROOT / "tests" / file, root / "tests" / file)

    def edit(self, file: str, change: Callable[[str], str]) -> None:
        path = self.root / "schema" / file
        before = path.read_text()
        path.write_text(change(before))
        assert path.read_text() != before

    def edit_examples(self, domain: str, change: Callable[[dict[str, Any]], object]) -> None:
        path = self.root / "schema/examples" / f"{domain}.json"
        examples = json.loads(path.read_text())
        change(examples)
        path.write_text(json.dumps(examples))

    def generate(self) -> None:
        folders = ["--schema", str(self.root / "schema"), "--out", str(self.root / "generated")]
        assert main(["generate", "--draft", "--target", "python", *folders]) == 0

    def serve(self) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.server.kit.server_process"],
            cwd=self.root,
            env={**os.environ, "PYTHONPATH": str(self.root / "generated/python")},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(json.dumps({"server_key": self.key.hex()}) + "\n")
        process.stdin.flush()
        self._port = int(process.stdout.readline())
        return process

    def call(self, msgtype: str, **fields: Any) -> tuple[int, Any]:
        body = envelope(self.key, msgtype, json.dumps({"msgtype": msgtype, **fields}).encode())
        request = urllib.request.Request(f"http://127.0.0.1:{self._port}{API_PATH}", body)
        try:
            with urllib.request.urlopen(request, timeout=60) as reply:
                return reply.status, opened(reply.read())[2]
        except urllib.error.HTTPError as error:
            with error:
                return error.code, opened(error.read())[2]["message"]


@pytest.fixture
def moved(tmp_path: Path) -> Iterator[tuple[Copy, subprocess.Popen[str]]]:
    """A message is added, one removed, and a field renamed."""
    copy = Copy(tmp_path)
    copy.edit("rpc/server.yaml", lambda text: text.partition("  GetClusterMsg:")[0] + NEW_MESSAGE)
    copy.edit("types/server.yaml", lambda text: text.partition("  Cluster:")[0])
    example = {"title": "Made up", "request": {"msgtype": "pingmsg", "colonyname": "x"}, "reply": {}}
    copy.edit_examples("server", lambda examples: examples.pop("getclustermsg"))
    copy.edit_examples("server", lambda examples: examples.update(pingmsg=[example]))
    copy.edit("rpc/pause.yaml", lambda text: text.replace("colonyname", "colony", 3))
    copy.edit_examples("pause", rename)
    copy.generate()
    process = copy.serve()
    yield copy, process
    process.communicate(timeout=60)


NEW_MESSAGE = """\
  PingMsg:
    type: object
    description: "Ask whether a colony is well."
    x-methods:
      - {name: ping, parameters: [colonyname]}
    x-transport: http
    x-roles: ["none"]
    x-idempotency: read
    x-reply: {}
    required: [msgtype, colonyname]
    properties:
      msgtype: {const: pingmsg}
      colonyname: {description: Name of the colony., $ref: "../types/common.yaml#/$defs/Text"}
"""


def rename(examples: dict[str, Any]) -> None:
    for example in examples["pauseassignmentsmsg"]:
        example["request"]["colony"] = example["request"].pop("colonyname")


def test_server_of_a_schema_that_has_moved_answers_the_rest(
    moved: tuple[Copy, subprocess.Popen[str]],
) -> None:
    copy, process = moved
    colony = PrivateKey.generate()
    assert copy.call("addcolonymsg", colony={"colonyid": colony.id, "name": "moved"})[0] == 200
    assert copy.call("getserverinfomsg")[0] == 200
    assert copy.call("pingmsg", colonyname="moved") == (403, "invalid rpcMsg.PayloadType: pingmsg")
    assert copy.call("getclustermsg") == (403, "invalid rpcMsg.PayloadType: getclustermsg")
    copy.key = colony
    # Its handler looks for the field under the old name: it fails, and nothing else does.
    assert copy.call("pauseassignmentsmsg", colony="moved")[0] == 500
    assert copy.call("resumeassignmentsmsg", colonyname="moved")[0] == 200
    assert copy.call("getfunctionsmsg", colonyname="nowhere")[0] == 403
    log = process.communicate(timeout=60)[1]
    assert "answered as unknown, without a handler: pingmsg" in log
    assert "'PauseAssignmentsMsg' object has no attribute 'colonyname'" in log
