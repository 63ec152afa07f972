"""The Go package: everything is in it, by names that Go takes, and nothing that a schema says breaks out of its place."""

from __future__ import annotations

import keyword
import re
import shutil
from pathlib import Path

import pytest
from colonyos_gen_codegen.rendering import render, service_of
from colonyos_gen_codegen.schema.loader import load
from colonyos_gen_codegen.targets import registry
from colonyos_gen_codegen.targets.go import spelling

ROOT = Path(__file__).resolve().parents[3]
SMALL = ROOT / "tests/codegen/small"
BASE = ROOT / "tests/codegen/base"
KEYWORDS = [
    "break",
    "case",
    "chan",
    "const",
    "continue",
    "default",
    "defer",
    "else",
    "fallthrough",
    "for",
    "func",
    "go",
    "goto",
    "if",
    "import",
    "interface",
    "map",
    "package",
    "range",
    "return",
    "select",
    "struct",
    "switch",
    "type",
    "var",
]


def rendered(schema: Path, tmp_path: Path) -> dict[str, str]:
    files = render(schema, {"go": registry()["go"]}, None, tmp_path)
    return {path.removeprefix("go/"): text for path, text in files.items() if path.startswith("go/")}


def test_every_message_has_its_request_and_its_calls(tmp_path: Path) -> None:
    files = rendered(ROOT / "schema", tmp_path)
    service = service_of(load(ROOT / "schema"), draft=False)
    calls = "".join(text for path, text in files.items() if path.endswith("_calls.go"))
    registered = [message for message in service.messages if message.registered]
    assert len(registered) == 99
    for message in registered:
        assert f"type {message.struct.name} struct" in calls
        assert f'MsgType: "{message.msgtype}"' in calls
        for method in message.methods:
            assert f"func (c *Client) {spelling.exported(method.name)}(ctx context.Context" in calls
        for error in message.errors:
            assert f'{{"{error.name}", ' in calls
        assert f"\t\tmsg{message.struct.name},\n" in files["protocol.go"]


def test_nothing_is_left_to_do(tmp_path: Path) -> None:
    for path, text in rendered(ROOT / "schema", tmp_path).items():
        assert not re.search(r"TODO|FIXME|XXX|panic\(", text), path


@pytest.mark.parametrize("schema", [ROOT / "schema", SMALL, BASE])
def test_it_is_the_same_every_time(schema: Path, tmp_path: Path) -> None:
    assert rendered(schema, tmp_path) == rendered(schema, tmp_path)


@pytest.mark.parametrize(
    ("name", "exported", "local"),
    [
        ("colonyname", "ColonyName", "colonyName"),
        ("processid", "ProcessID", "processID"),
        ("processids", "ProcessIDs", "processIDs"),
        ("maxwaittime", "MaxWaitTime", "maxWaitTime"),
        ("lastheardfromtime", "LastHeardFromTime", "lastHeardFromTime"),
        ("waitforprevprocessgraph", "WaitForPrevProcessGraph", "waitForPrevProcessGraph"),
        ("executorType", "ExecutorType", "executorType"),
        ("get_executor_by_id", "GetExecutorByID", "getExecutorByID"),
        ("processes_per_node", "ProcessesPerNode", "processesPerNode"),
        ("s3object", "S3Object", "s3Object"),
        ("MAX_OPEN_DATABASE_CONNECTIONS", "MaxOpenDatabaseConnections", "maxOpenDatabaseConnections"),
    ],
)
def test_names_are_split_into_words(name: str, exported: str, local: str) -> None:
    assert (spelling.exported(name), spelling.local(name)) == (exported, local)


@pytest.mark.parametrize("name", [*KEYWORDS, "string", "nil", "len", "error", "ctx", "opts"])
def test_parameters_are_no_keywords(name: str) -> None:
    assert spelling.local(name) == f"{name}Value"


def changed(tmp_path: Path, name: str, old: str, new: str) -> dict[str, str]:
    """The output for the base schema, with one text replaced in one of its files."""
    folder = tmp_path / "schema"
    shutil.copytree(BASE, folder)
    path = folder / name
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1
    path.write_text(text.replace(old, new), encoding="utf-8")
    return rendered(folder, tmp_path)


def test_fields_with_names_of_keywords(tmp_path: Path) -> None:
    names = [name for name in (*KEYWORDS, "match", "string", "error") if not keyword.iskeyword(name)]
    line = "      {}: {{description: A word., type: string, default: '', x-omit-empty: true}}\n"
    fields = "".join(line.format(name) for name in names)
    old = "      next: {"
    text = changed(tmp_path, "types/note.yaml", old, fields + old)["note_types.go"]
    for name in names:
        assert f'\t{name.capitalize()} string `json:"{name}"`' in text


def test_no_description_ends_its_comment(tmp_path: Path) -> None:
    evil = "The words. */ }} `json` \\\\n //go:build never; - one # two"
    text = changed(tmp_path, "types/note.yaml", "description: The words.", f'description: "{evil}"')[
        "note_types.go"
    ]
    lines = [line for line in text.splitlines() if "*/" in line or "go:build" in line]
    assert lines
    assert all(line.lstrip().startswith("// ") for line in lines)


@pytest.mark.parametrize("start", ["-", "*", "+", "#", "1.", "2)"])
def test_no_line_of_a_comment_looks_like_an_item(start: str) -> None:
    told = spelling.comment(" ".join(f"word{number} {start}" for number in range(60)))
    assert not [line for line in told.splitlines() if line.startswith(f"// {start}")]


def test_what_is_written_by_hand_is_copied_as_it_is(tmp_path: Path) -> None:
    runtime = ROOT / "codegen/colonyos_gen_codegen/targets/go/runtime"
    files = rendered(BASE, tmp_path)
    copied = [path for path in runtime.rglob("*") if path.is_file()]
    assert len(copied) == 9
    for path in copied:
        assert files[path.relative_to(runtime).as_posix()] == path.read_text(encoding="utf-8")
        if path.suffix == ".go":
            assert "Written by hand, and copied as it is" in path.read_text(encoding="utf-8").splitlines()[0]


def test_the_versions_of_packages_are_exact(tmp_path: Path) -> None:
    files = rendered(BASE, tmp_path)
    required = re.findall(r"^(?:require |\t)(\S+) (v[\d.]+)", files["go.mod"], re.MULTILINE)
    assert len(required) == 3
    for name, version in required:
        assert f"{name} {version} h1:" in files["go.sum"]
