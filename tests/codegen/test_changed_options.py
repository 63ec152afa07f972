"""An option that the schema gets or renames is one of every way to submit, without an edit by hand."""

from __future__ import annotations

import contextlib
import io
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from colonyos_gen_codegen.cli import main

from tests.codegen.kit.schema_edits import add_field, add_message, replace

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.long

NEW = """
import inspect, typing
from colonyos_gen import AsyncSession, Session, Workflow

for kind in (Session, AsyncSession):
    first = typing.get_overloads(kind.submit)[0]
    assert inspect.signature(first).parameters["zone"].annotation == "str | None"
    assert inspect.signature(kind.call).parameters["floor"].default == 3
assert inspect.signature(Workflow.task).parameters["floor"].default == 3

with LocalColony() as colony:
    async def submit():
        session = colony.session.asynchronous
        return (await session.submit("f", to="x", zone="c", floor=5)).process.spec

    jobs = [
        colony.submit("f", to="x", zone="a", floor=4, x=1).process.spec,
        colony.session.rpc.run(submit()),
        workflow("w", to="x").task("f", zone="b", floor=5, x=1).spec,
        workflow("w", to="x").task("f", x=1).spec,
    ]
    assert [(job.zone, job.floor, job.kwargs) for job in jobs] == [
        ("a", 4, {"x": 1}), ("c", 5, {}), ("b", 5, {"x": 1}), ("", 3, {"x": 1})
    ], jobs

    many = [
        colony.submit("f", to="x", seats=2).process.spec,
        colony.session.rpc.run(colony.session.asynchronous.submit("f", to="x", seats=2)).process.spec,
        workflow("w", to="x").task("f", seats=2).spec,
    ]
    assert [job.conditions.licences for job in many] == [2, 2, 2]
    for way in (colony.submit, colony.call, workflow("w", to="x").task):
        for wrong, said in (({"seats": 10}, "seats is 10; it must be a whole number, at most 9"), ({"chairs": 1}, "'seats'")):
            try:
                way("f", to="x", **wrong)
            except (TypeError, ValueError) as error:
                assert said in str(error), error
            else:
                raise AssertionError(wrong)
    assert "seats: How many." in Session.submit.__doc__
"""
RENAMED = """
from colonyos_gen import Interceptor, RPCError, connect

class Sent(Interceptor):
    specs = []

    async def around_call(self, call, proceed):
        self.specs.append(call.request.spec)
        return await proceed()

with LocalColony() as colony, connect(environ=colony.environment(), interceptors=[Sent()]) as session:
    for options in ({}, {"maxruntime": 7}):
        try:
            session.submit("f", to="x", x=1, **options)
        except RPCError as error:  # the embedded server still looks for the old name
            assert error.status == 500, error
    assert [(spec.maxruntime, spec.kwargs) for spec in Sent.specs] == [(-1, {"x": 1}), (7, {"x": 1})]
    assert workflow("w", to="x").task("f", maxruntime=8).spec.maxruntime == 8
    assert workflow("w", to="x").task("f").spec.maxruntime == -1
    assert colony.client.get_colony(colony.name).name == colony.name
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A copy of what the generator and the server need, with a message that was not recorded yet."""
    for folder in ("colonyos_gen", "schema", "generated"):
        shutil.copytree(ROOT / folder, tmp_path / folder)
    add_message(tmp_path / "schema", "pause", "break", example=False)
    return tmp_path.resolve()


def run(project: Path, program: str) -> None:
    """Generate, and run a program with the code of the copy."""
    folders = ["--schema", str(project / "schema"), "--out", str(project / "generated")]
    with contextlib.redirect_stdout(io.StringIO()):
        assert main(["generate", "--draft", "--target", "python", *folders]) == 0
    imports = "from colonyos_gen import workflow\nfrom colonyos_gen.testing import LocalColony\n"
    done = subprocess.run(
        [sys.executable, "-c", f"{imports}{program}\nimport colonyos_gen\nprint(colonyos_gen.__file__)"],
        cwd=project,
        env={
            **os.environ,
            "PYTHONPATH": os.pathsep.join([str(project / "generated/python"), str(project)]),
            "PYTHONDONTWRITEBYTECODE": "1",
        },
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert done.stdout.startswith(str(project)), done.stdout + done.stderr


def test_a_new_option_is_one_everywhere(project: Path) -> None:
    types = project / "schema/types/process.yaml"
    for field in (
        "zone: {description: Where to run., type: string, default: '', x-since: v1.10.0}",
        "floor: {description: On which floor., type: integer, default: 3, x-unit: count, x-since: v1.10.0}",
    ):
        add_field(types, "FunctionSpec", field)
    line = "licences: {description: How many., type: integer, default: 0, x-unit: count, x-since: v1.10.0}"
    add_field(types, "Conditions", line)
    entries = ["zone", "floor", "{name: seats, field: conditions.licences, maximum: 9, also: [chairs]}"]
    replace(
        types,
        "\n      - channels\n",
        "".join(f"\n      - {entry}" for entry in ["channels", *entries]) + "\n",
    )
    run(project, NEW)


def test_a_renamed_option_is_sent_by_its_new_name(project: Path) -> None:
    for path in (project / "schema").rglob("*"):
        if path.suffix in {".yaml", ".json"}:
            text = path.read_text(encoding="utf-8")
            path.write_text(text.replace("maxexectime", "maxruntime"), encoding="utf-8")
    run(project, RENAMED)
