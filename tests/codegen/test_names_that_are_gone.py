"""Where the code of this repository uses names, `generate` finds them when the schema loses them: each as file and line."""

from __future__ import annotations

import functools
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from colonyos_gen_codegen.left_to_do.offer import Offer, read_offer
from colonyos_gen_codegen.left_to_do.project import Project
from colonyos_gen_codegen.left_to_do.uses import uses
from colonyos_gen_codegen.rendering import render
from colonyos_gen_codegen.targets import registry

from tests.codegen.kit.schema_edits import add_message, replace

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
    """What the Python package offers that is made of a schema, also of a draft."""
    return read_offer(render(schema, {"python": registry()["python"]}, None, schema / "nowhere", draft=True))


@functools.cache
def offered_today() -> Offer:
    """What it offers with the schema of this repository."""
    return offered(ROOT / "schema")


@pytest.fixture(scope="module")
def offers(tmp_path_factory: pytest.TempPathFactory) -> tuple[Offer, Offer]:
    """What the generated package offers before and after the change, of a schema that is a draft."""
    folder = tmp_path_factory.mktemp("gone")
    schema = shutil.copytree(ROOT / "schema", folder / "schema")
    add_message(schema, "pause", "break", example=False)
    before = offered(schema)
    for path in (*schema.glob("*.yaml"), *schema.glob("types/*.yaml"), *schema.glob("rpc/*.yaml")):
        text = path.read_text(encoding="utf-8")
        for old, new in RENAMED.items():
            text = re.sub(rf"\b{old}\b", new, text)
        path.write_text(text, encoding="utf-8")
    return before, offered(schema)


def written(pattern: str, folder: Path = ROOT / "colonyos_gen") -> Iterator[tuple[Path, int]]:
    """The places in a folder where code matches."""
    for path in sorted(folder.rglob("*.py")):
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
    before = offered_today()
    replace(schema / "types/process.yaml", "      - label\n", "")
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
    before = offered_today()
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
    before = offered_today()
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


BY_HAND = """\
import functools
from asyncio import to_thread
from datetime import timedelta
from colonyos_gen_wire import Process as Job
from msgspec.structs import replace
class Attempt:
    retries: int = 0
    def again(self, other: "Attempt | None") -> int:
        return self.retries + other.retries
class Kept:
    def __init__(self, job: Job) -> None:
        self.job: Job = job
    def count(self) -> int:
        {kept}
class Client:
    def __init__(self, *, retries: int) -> None: ...
    @classmethod
    def make(cls, **options: int) -> "Client": ...
class Stubborn(Client): ...
def ask(retries: int, **options: int) -> None: ...
def hand_on(**options: int) -> None: ...
def f(job: Job | None, late: "Job", attempt: Attempt, delta: timedelta, text: str, thing, client) -> None:
    made = Job()
    for other in thing:
        {line}
"""
A_FIELD = (
    "job.retries",
    "late.retries",
    "made.retries",
    "Job().retries",
    "Job(retries=1)",
    "replace(late, retries=2)",
    "functools.partial(Job, retries=3)",
    "to_thread(Job, retries=3)",
    "isinstance(made, Job) and made.retries",
)
NO_FIELD = (
    "Client(retries=1)",
    "Client.make(retries=1)",
    "Stubborn(retries=1)",
    "ask(retries=1)",
    "timedelta(retries=1)",
    "timedelta.retries",
    "delta.retries",
    "text.retries",
    "attempt.retries",
    "Attempt().retries",
    "Attempt(retries=1)",
    "sorted([], retries=1)",
    "[].sort(retries=1)",
    "thing.retries()",
)
PERHAPS = (
    "thing.retries",
    "other.retries",
    "hand_on(retries=1)",
    "replace(thing, retries=1)",
    "dict(retries=1)",
    "client.get_process('').retries",
)
SAID, ASKED = "Process has no field 'retries'", "'retries' of Process is gone; is this one?"


@pytest.fixture(scope="module")
def renamed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Offer, Offer]:
    """Before and after a field has another name, and no struct has the old one."""
    schema = shutil.copytree(ROOT / "schema", tmp_path_factory.mktemp("renamed") / "schema")
    before = offered_today()
    replace(schema / "types/process.yaml", "      retries:\n", "      retries:\n        x-name: lapses\n")
    return before, offered(schema)


@pytest.mark.parametrize(
    ("lines", "told"),
    [(A_FIELD, [SAID]), (NO_FIELD, []), (PERHAPS, [ASKED])],
    ids=["field", "none", "perhaps"],
)
def test_whose_a_field_is_decides_what_is_said(
    renamed: tuple[Offer, Offer], tmp_path: Path, lines: tuple[str, ...], told: list[str]
) -> None:
    """It is said of the struct whose it is, asked where that cannot be told, and not told of anything else."""
    (tmp_path / "tests").mkdir()
    for number, line in enumerate(lines):
        code = BY_HAND.format(line=line, kept="return 0")
        (tmp_path / f"tests/it{number}.py").write_text(code, encoding="utf-8")
    found: dict[str, list[str]] = {line: [] for line in lines}
    for item in uses(*renamed, Project(tmp_path)):
        found[lines[int(item.path.stem[2:])]].append(item.what)
    assert found == dict.fromkeys(lines, told)


@pytest.mark.parametrize(("kept", "told"), [("self.job.retries", [SAID]), ("self.retries", [ASKED])])
def test_what_a_class_holds(renamed: tuple[Offer, Offer], tmp_path: Path, kept: str, told: list[str]) -> None:
    """By the annotation of its attribute; an attribute that it has not may be anybody's."""
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests/it.py").write_text(BY_HAND.format(line="pass", kept=kept), encoding="utf-8")
    assert [item.what for item in uses(*renamed, Project(tmp_path))] == told


def test_the_uses_of_a_field_and_nothing_of_the_same_name(renamed: tuple[Offer, Offer]) -> None:
    """Clients have an option `retries`, and a worker's attempt has an attribute, which are left alone."""
    found = {(item.path, item.line): item.what for item in uses(*renamed, Project(ROOT))}
    fields = r"\b(?:process|found|again|end|each|waits)\.retries\b"
    used = {*written(fields), *written(fields, ROOT / "tests")}
    assert len(used) > 20
    assert used <= found.keys()
    assert {found[place] for place in used} == {SAID, ASKED}
    others = r"Client\(.*\bretries=|\bself\._?retries\b|\bpipeline\.retries"
    left_alone = {*written(others), *written(others, ROOT / "tests")}
    assert len(left_alone) > 20
    assert not (left_alone - used) & found.keys()


def test_a_parameter_of_a_call_that_went(tmp_path: Path) -> None:
    schema = shutil.copytree(ROOT / "schema", tmp_path / "schema")
    before = offered_today()
    replace(schema / "rpc/log.yaml", "      latest:\n", "      latest:\n        x-name: newest\n")
    after = offered(schema)
    (tmp_path / "tests").mkdir()
    code = "def f(client, log):\n    client.get_logs('c', latest=True)\n    log(latest=True)\n"
    (tmp_path / "tests/it.py").write_text(code, encoding="utf-8")
    assert [(item.line, item.what) for item in uses(before, after, Project(tmp_path))][:1] == [
        (2, "get_logs takes no 'latest'")
    ]


BINDS_ANEW = """\
import colonyos_gen_wire.types.process as types
from colonyos_gen_wire import Process
from colonyos_gen_wire.types import log


def inner(process: Process):
    def other(process: dict):
        return process.nosuch
    return other, lambda process: process.nosuch


def caught(found):
    try:
        found()
    except* ValueError as log:
        log.nosuch
    match found:
        case {"x": types, **rest}:
            return types.nosuch
"""


def test_a_name_that_is_bound_anew_may_be_anything(tmp_path: Path) -> None:
    """By a function inside, an exception, or a pattern."""
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests/it.py").write_text(BINDS_ANEW, encoding="utf-8")
    assert list(uses(offered_today(), offered_today(), Project(tmp_path))) == []


def test_names_of_an_import_of_all_of_them(tmp_path: Path) -> None:
    """And those that some class of a test has as well, where they are imported from the packages."""
    schema = shutil.copytree(ROOT / "schema", tmp_path / "schema")
    for path in (*schema.glob("types/*.yaml"), *schema.glob("rpc/*.yaml")):
        path.write_text(re.sub(r"\bAttribute\b", "Trait", path.read_text(encoding="utf-8")), encoding="utf-8")
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests/all.py").write_text("from colonyos_gen_wire import *\n\nNONE = Attribute()\n")
    (tmp_path / "tests/own.py").write_text("class Attribute: ...\n\n\nNONE = Attribute()\n")
    (tmp_path / "tests/its.py").write_text("from tests.own import Attribute\n")
    (tmp_path / "tests/one.py").write_text("from colonyos_gen import Attribute\n")
    found = {
        (item.path.name, item.line) for item in uses(offered_today(), offered(schema), Project(tmp_path))
    }
    assert found == {("all.py", 3), ("one.py", 1)}


def test_an_option_that_went_is_listed_where_it_is_looked_up(tmp_path: Path) -> None:
    schema = shutil.copytree(ROOT / "schema", tmp_path / "schema")
    text = (schema / "types/process.yaml").read_text(encoding="utf-8")
    (options,) = re.findall(r"    x-options:\n((?:      .*\n)+)", text)
    last = re.findall(r"^      - (\w+)$", options, re.MULTILINE)[-1]
    replace(schema / "types/process.yaml", options, options.replace(f"      - {last}\n", ""))
    (tmp_path / "tests").mkdir()
    code = f"def f(options, other):\n    other.get({last!r})\n    return options.get({last!r})\n"
    (tmp_path / "tests/it.py").write_text(code, encoding="utf-8")
    found = [(item.line, item.what) for item in uses(offered_today(), offered(schema), Project(tmp_path))]
    assert found == [(3, f"'{last}' is no option any more")]
