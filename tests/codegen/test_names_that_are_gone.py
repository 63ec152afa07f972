"""Where the code of this repository uses names, `generate` finds them when the schema loses them: each as file and line."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from codegen.cli import render
from codegen.left_to_do.offer import Offer, read_offer
from codegen.left_to_do.project import Project
from codegen.left_to_do.uses import uses
from codegen.targets import registry
from tests.codegen.kit.schema_edits import replace

ROOT = Path(__file__).parents[2]
RENAMED = {
    "rate_limited": "throttled",
    "empty_colony_name": "colony_without_name",
    "assigned_executor": "working_executor",
    "MAX_NODES_MATCHABLE": "MOST_NODES",
    "RAN_TOO_LONG": "WAS_SLOW",
    "CANCELLED": "ABORTED",
}
"""A code, a shared error, a role, a limit, a text and a member of an enum: with a new name, the old one is gone."""
OLD = {
    "rate_limited": r"\bErrorCode\.RATE_LIMITED\b|^    .?RateLimitedError.?,$|import .*\bRateLimitedError\b",
    "empty_colony_name": r'"empty_colony_name"',
    "assigned_executor": r"\bRole\.ASSIGNED_EXECUTOR\b",
    "MAX_NODES_MATCHABLE": r"\bMAX_NODES_MATCHABLE,?$",
    "RAN_TOO_LONG": r"\bconstants\.RAN_TOO_LONG\b|^    RAN_TOO_LONG,$",
    "CANCELLED": r'\b(?:ProcessState|constants)\.CANCELLED\b|^ *"?CANCELLED"?,$',
}
"""How code uses each."""


def offered(schema: Path) -> Offer:
    return read_offer(render(schema, {"python": registry()["python"]}, None, schema / "nowhere"))


@pytest.fixture(scope="module")
def offers(tmp_path_factory: pytest.TempPathFactory) -> tuple[Offer, Offer]:
    """What the generated package offers before and after the change."""
    folder = tmp_path_factory.mktemp("gone")
    schema = shutil.copytree(ROOT / "schema", folder / "schema")
    before = offered(schema)
    for path in (*schema.glob("*.yaml"), *schema.glob("types/*.yaml"), *schema.glob("rpc/*.yaml")):
        text = path.read_text(encoding="utf-8")
        for old, new in RENAMED.items():
            text = re.sub(rf"\b{old}\b", new, text)
        path.write_text(text, encoding="utf-8")
    return before, offered(schema)


def written(pattern: str) -> Iterator[tuple[Path, int]]:
    """The places in the package where code matches."""
    for path in sorted((ROOT / "colonyos_gen").rglob("*.py")):
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            if re.search(pattern, line):
                yield path, number


@pytest.mark.parametrize("name", RENAMED)
def test_each_use_is_listed_with_its_place(offers: tuple[Offer, Offer], name: str) -> None:
    before, after = offers
    found = {(item.path, item.line) for item in uses(before, after, Project(ROOT))}
    places = set(written(OLD[name]))
    assert places, f"nothing uses {name} any more: choose another one"
    assert places <= found


def test_members_are_missed_in_every_run(offers: tuple[Offer, Offer]) -> None:
    """Also when what was there before is not known any more."""
    _, after = offers
    found = {(item.path, item.line) for item in uses(after, after, Project(ROOT))}
    assert (
        set(written(r"\bErrorCode\.RATE_LIMITED\b|\bRole\.ASSIGNED_EXECUTOR\b|\bProcessState\.CANCELLED\b"))
        <= found
    )


def test_nothing_is_listed_while_nothing_is_gone(offers: tuple[Offer, Offer]) -> None:
    before, _ = offers
    assert list(uses(before, before, Project(ROOT))) == []


def test_an_option_that_went_is_listed_where_it_is_given(tmp_path: Path) -> None:
    """Also when the field stays: its name would become a keyword argument of the function."""
    schema = shutil.copytree(ROOT / "schema", tmp_path / "schema")
    before = offered(schema)
    replace(schema / "types/process.yaml", "priority, label, env,", "priority, env,")
    code = 'def run(session, wf, log):\n    session.submit("f", label="x")\n'
    code += '    session.call(\n        "f",\n        label="x",\n    )\n'
    code += '    wf.task("f", label="x")\n    log(label="x")\n    session.submit("f", priority=3)\n'
    (tmp_path / "examples").mkdir()
    (tmp_path / "examples/it.py").write_text(code, encoding="utf-8")
    found = [(item.line, item.what) for item in uses(before, offered(schema), Project(tmp_path))]
    takers = {2: "submit", 5: "call", 7: "task"}
    assert found == [(line, f"'label' is no option of {taker} any more") for line, taker in takers.items()]


MAY_READ_IT = """\
from msgspec.structs import replace


class Lines:
    timestamp = 0

    async def all(self, client, sort):
        first = (await client.get_logs())[0]
        sort(key=lambda line: line.timestamp)
        latest = max(line.timestamp for line in self.lines)
        return replace(first, timestamp=self.timestamp + latest)


def known(log: Log, version: BlueprintHistory, clock):
    return log.timestamp, version.timestamp, clock.timestamp()
"""


def test_a_field_of_a_name_that_lives_on_is_asked_about(tmp_path: Path) -> None:
    """In the modules that have such structs, where it cannot be told of which struct a value is."""
    schema = shutil.copytree(ROOT / "schema", tmp_path / "schema")
    before = offered(schema)
    log = schema / "types/log.yaml"
    replace(log, "      timestamp:\n", "      timestamp:\n        x-name: stamp\n")
    after = offered(schema)
    found = {(item.path, item.line) for item in uses(before, after, Project(ROOT))}
    read = re.compile(r"\b(?:log|line)\.timestamp\b")
    places = set(written(read.pattern))
    assert len(places) > 6
    assert places <= found
    assert set(written(r"\bentry\.timestamp\b")) - found, "entries of channels have one still"

    folder = tmp_path / "examples"
    folder.mkdir()
    (folder / "it.py").write_text(
        "from colonyos_gen_wire import BlueprintHistory, Log\n" + MAY_READ_IT, encoding="utf-8"
    )
    without = MAY_READ_IT.replace("get_logs", "get_users").replace("log: Log, ", "log, ")
    (folder / "without.py").write_text(without, encoding="utf-8")
    asked = "'timestamp' of Log is gone; is this one?"
    assert [(item.path.name, item.line, item.what) for item in uses(before, after, Project(tmp_path))] == [
        *(("it.py", line, asked) for line in (10, 11, 12)),
        ("it.py", 16, "Log has no field 'timestamp'"),
    ]


def test_what_a_call_returns_is_known_without_an_import(tmp_path: Path) -> None:
    schema = shutil.copytree(ROOT / "schema", tmp_path / "schema")
    before = offered(schema)
    log = schema / "types/log.yaml"
    replace(log, "      timestamp:\n", "      timestamp:\n        x-name: stamp\n")
    after = offered(schema)
    (tmp_path / "tests").mkdir()
    codes = {
        "call.py": "def f(client):\n    return client.get_logs()[0].timestamp\n",
        "message.py": "def f(call, log):\n    return call(log.GET_LOGS)[0].timestamp\n",
        "helper.py": "from x import lines\n\ndef f(handle):\n    return lines(handle)[0].timestamp\n",
        "kit.py": "def lines(handle) -> 'list[Log]':\n    return handle.some()\n",
        "other.py": "def f(client):\n    return client.get_users()[0].timestamp\n",
    }
    for name, code in codes.items():
        (tmp_path / "tests" / name).write_text(code, encoding="utf-8")
    found = {item.path.name for item in uses(before, after, Project(tmp_path))}
    assert found == {"call.py", "message.py", "helper.py"}
