"""From an edit of the schema to a server that answers: what people do to a schema, each on a copy of the project.

After each the generator runs, says what is left to do by hand, and an embedded server with the code as it was before answers
whatever has not changed.
"""

from __future__ import annotations

import contextlib
import io
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

import pytest
from colonyos_gen_codegen.cli import main

from tests.codegen.kit.schema_edits import add_field, add_message, remove_message, replace

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.long

COPIED = ("colonyos_gen", "schema", "generated")

PROGRAM = """
import sys
import colonyos_gen, colonyos_gen_wire
from colonyos_gen import InvalidError
from colonyos_gen.testing import LocalColony

for package in (colonyos_gen, colonyos_gen_wire):
    assert package.__file__.startswith(sys.argv[1]), package.__file__
with LocalColony() as colony:
    client = colony.client
    {call}
    assert client.get_colony(colony.name).name == colony.name
    print("answered")
"""
UNKNOWN = """try:
        client.renew_break(name="old")
    except InvalidError as error:
        assert error.message == "invalid rpcMsg.PayloadType: renewbreakmsg", error.message
    else:
        raise AssertionError("a message without a handler was answered")"""


@dataclass(frozen=True)
class Copy:
    """A copy of the project."""

    root: Path
    known: Collection[str] = ()
    """What was left to do before."""

    def generate(self, *options: str) -> list[str]:
        """Run the generator; gives what it says is left to do, and what it says of drafts, but for what was known."""
        folders = ["--schema", str(self.root / "schema"), "--out", str(self.root / "generated")]
        shown = io.StringIO()
        with contextlib.redirect_stdout(shown):
            assert main(["generate", "--target", "python", *folders, *options]) == 0
        (total,) = [line for line in shown.getvalue().splitlines() if " files, " in line]
        left = shown.getvalue().partition(total + "\n")[2]
        lines = left.replace(f"{self.root}{os.sep}", "").splitlines()
        told = [line for line in lines if line not in self.known]
        return [] if told == lines[:1] and self.known else told

    def answers(self, call: str) -> None:
        """Start a server in a process of its own, and make a call and then one that is always there."""
        paths = os.pathsep.join([str(self.root / "generated/python"), str(self.root)])
        done = subprocess.run(
            [sys.executable, "-c", PROGRAM.format(call=call), str(self.root)],
            cwd=self.root,
            env={**os.environ, "PYTHONPATH": paths, "PYTHONDONTWRITEBYTECODE": "1"},
            capture_output=True,
            encoding="utf-8",
            check=False,
        )
        assert done.stdout.endswith("answered\n"), done.stdout + done.stderr


@pytest.fixture(scope="module")
def known(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """What is left to do in the project as it is: nothing, or what a draft lacks."""
    root = tmp_path_factory.mktemp("known").resolve()
    for folder in COPIED:
        shutil.copytree(ROOT / folder, root / folder)
    return [line for line in Copy(root).generate("--draft") if line != "left to do by hand:"]


@pytest.fixture
def copy(tmp_path: Path, known: list[str]) -> Copy:
    """A copy of what the generator and the server need, with whatever has been compiled already."""
    for folder in COPIED:
        shutil.copytree(ROOT / folder, tmp_path / folder)
    return Copy(tmp_path.resolve(), known)


def module_of(copy: Copy, domain: str) -> str:
    """The module with the handlers of a domain."""
    (path,) = (copy.root / "colonyos_gen/server").rglob(f"*domains/**/{domain}.py")
    return path.relative_to(copy.root).as_posix()


def places(copy: Copy, file: str, text: str) -> list[str]:
    """Where in a file of the copy the lines with `text` stand."""
    lines = (copy.root / file).read_text(encoding="utf-8").splitlines()
    return [f"{file}:{number}" for number, line in enumerate(lines, 1) if text in line]


def test_add_a_message(copy: Copy) -> None:
    add_message(copy.root / "schema", "pause", "break")
    left = copy.generate("--draft")
    assert left[0] == "left to do by hand:"
    (handler,) = left[1:]
    assert handler.startswith(f"{module_of(copy, 'pause')}:")
    assert handler.endswith(
        "write the handler, in Pauses, after get_pause_status: "
        "async def renew_break(self, request: RenewBreakMsg, signer: str, /) -> None"
    )
    copy.answers(UNKNOWN)


def test_add_a_message_that_was_not_recorded_yet(copy: Copy) -> None:
    add_message(copy.root / "schema", "pause", "break", example=False)
    left = copy.generate("--draft")
    (message,) = places(copy, "schema/rpc/pause.yaml", "RenewBreakMsg:")
    assert (
        f"{message} record an example of renewbreakmsg, under that key in schema/examples/pause.json" in left
    )
    assert left[-1].startswith("a draft: no recorded example of ")
    assert "renewbreakmsg" in left[-1]
    copy.answers(UNKNOWN)


def test_add_a_field(copy: Copy) -> None:
    add_field(
        copy.root / "schema/types/colony.yaml",
        "Colony",
        "motto: {description: Words of the colony., type: string, default: '', x-since: v1.10.0}",
    )
    left = copy.generate("--draft")
    what = "record it anew: it lacks 'motto' of Colony, which is there since v1.10.0"
    (heading, examples) = left
    assert heading == "left to do by hand:"
    assert re.fullmatch(rf"schema/examples/colony\.json:\d+ {what}, as \d+ more do", examples)
    copy.answers('assert client.get_colony(colony.name).motto == ""')


def test_rename_a_field(copy: Copy) -> None:
    replace(
        copy.root / "schema/types/pause.yaml",
        "ispaused: {description:",
        "ispaused: {x-name: held, description:",
    )
    left = copy.generate("--draft")
    module = module_of(copy, "pause")
    for used in places(copy, module, "ispaused="):
        assert f"{used} PauseStatus has no field 'ispaused'" in left
    copy.answers("pass")
    replaced = copy.root / module
    replaced.write_text(replaced.read_text(encoding="utf-8").replace("ispaused=", "held="), encoding="utf-8")
    assert not [line for line in copy.generate("--draft") if module in line]
    copy.answers("assert not client.get_pause_status(colony.name).held")


def test_remove_a_message(copy: Copy) -> None:
    remove_message(copy.root / "schema", "pause", "ResumeAssignmentsMsg")
    left = copy.generate("--draft")
    file = module_of(copy, "pause")
    (handler,) = places(copy, file, "async def resume_assignments(")
    assert f"{handler} remove the handler resume_assignments: there is no such message any more" in left
    gone = "colonyos_gen_wire.requests.pause has no 'ResumeAssignmentsMsg'"
    assert [line for line in left if line.startswith(f"{file}:") and line.endswith(gone)]
    copy.answers("assert not client.get_pause_status(colony.name).ispaused")


def test_change_a_type(copy: Copy) -> None:
    schema = copy.root / "schema/rpc/log.yaml"
    old = '`0` gives no lines."\n        type: integer\n'
    replace(schema, old, old.replace("integer", "number"))
    assert copy.generate("--draft") == []
    copy.answers('assert client.search_logs(colony.name, "nothing", days=1.5, count=10) == []')
