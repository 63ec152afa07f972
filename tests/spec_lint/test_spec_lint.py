"""Advice about spec files, with the place of everything it is about."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from colonyos_gen.spec_file import load_spec
from colonyos_gen.spec_lint import RULES, lint_spec
from colonyos_gen.spec_lint._json_tree import read_tree

SLIPS = """\
[
  {
    "nodename": "prep", "funcname": "f",
    "conditions": {"executortype": "hpc", "processes-per-node": 2, "colonyid": "x"},
    "fs": {"snapshots": [{"label": "l", "keepsnaphot": true}]}
  },
  {"NodeName": "sim", "FUNCNAME": "f", "MaxExecTime": 0,
   "conditions": {"processes_per_node": 1, "dependencies": ["prp", "prep", "prep"]}},
  {"nodename": "sim", "funcname": "f", "executortype": "hpc", "kwargs": {"any-thing": 1}, "env": {"a_b": "c"}, "zzz": 1}
]
"""


def found(content: Any) -> list[str]:
    text = content if isinstance(content, str | bytes) else json.dumps(content)
    return [str(finding).removeprefix("s.json:") for finding in lint_spec("s.json", text)]


def test_slips_are_named_with_place_and_remedy() -> None:
    assert found(SLIPS) == [
        "4:43 KEY_IS_KNOWN the server ignores 'processes-per-node'; did you mean 'processespernode'?",
        "4:68 KEY_IS_KNOWN the server ignores 'colonyid'; did you mean 'colonyname'?",
        "5:41 KEY_IS_KNOWN the server ignores 'keepsnaphot'; did you mean 'keepsnapshot'?",
        "8:19 KEY_IS_KNOWN the server ignores 'processes_per_node'; did you mean 'processespernode'?",
        "8:61 DEPENDENCY_EXISTS there is no node 'prp'; did you mean 'prep'?",
        "8:76 DEPENDENCY_UNIQUE 'sim' depends on 'prep' already",
        "9:16 NODE_UNIQUE there is a node 'sim' already",
        "9:40 KEY_IS_KNOWN the server ignores 'executortype' here; 'executortype' belongs to 'conditions'",
        "9:112 KEY_IS_KNOWN the server ignores 'zzz'",
    ]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ({"funcname": "f"}, []),
        ([], []),
        ({"functionspecs": None, "colonyname": "c"}, []),
        ({"funcname": "f", "MaxExecTime": -1, "kwargs": None, "args": [{"a-b": 1}]}, []),
        ({"funcname": "f", "maxexectime": 0}, ["1:34 DEADLINE_IS_MEANT"]),
        ({"funcname": "f", "maxwaittime": 0}, []),
        ({}, ["1:1 FUNCTION_IS_NAMED"]),
        ({"funcname": ""}, ["1:14 FUNCTION_IS_NAMED"]),
        ([None], ["1:2 FUNCTION_IS_NAMED", "1:2 NODE_IS_NAMED"]),
        ([5], ["1:2 NODE_IS_NAMED", "1:2 VALUE_FITS"]),
        (5, ["1:1 VALUE_FITS"]),
        ({"funcname": "f", "priority": "high"}, ["1:31 VALUE_FITS"]),
        ({"funcname": "f", "Conditions": {"Nodes": [1]}}, ["1:43 VALUE_FITS"]),
        ({"funcname": "f", "env": {"a": 1}}, ["1:26 VALUE_FITS"]),
        ({"functionspecs": {}}, ["1:19 VALUE_FITS"]),
        ({"functionspecs": [], "colony": "x"}, ["1:23 KEY_IS_KNOWN"]),
        ([{"funcname": "f"}], ["1:2 NODE_IS_NAMED"]),
        ([{"nodename": "a", "funcname": "f", "conditions": {"dependencies": [["b"]]}}], ["1:69 VALUE_FITS"]),
        ([{"nodename": ["a"], "funcname": "f"}], ["1:15 VALUE_FITS"]),
        ('{"funcname": "a", "FuncName": "b"}', ["1:19 KEY_UNIQUE"]),
        ('{"funcname": "a",\n  }', ["1:17 JSON_READS", "2:3 JSON_READS"]),
        ('{"funcname": NaN}', ["1:1 JSON_READS"]),
        ("", ["1:1 JSON_READS"]),
        ("\ufeff{}", ["1:1 JSON_READS"]),
        (b'{"a":\n "\xc3\xa4\xff"}', ["2:4 JSON_READS"]),
        ("[" * 100000, ["1:1 JSON_READS"]),
    ],
    ids=lambda value: str(value)[:40] if not isinstance(value, list) else "",
)
def test_findings(content: Any, expected: list[str]) -> None:
    lines = [" ".join(line.split()[:2]) for line in found(content)]
    if expected and expected[0].endswith("JSON_READS"):  # the words and the place of a parser may vary
        assert len(lines) == 1
        assert lines[0] in expected
    else:
        assert lines == expected


def test_cycles() -> None:
    nodes = [
        {"nodename": name, "funcname": "f", "conditions": {"dependencies": [parent]}}
        for name, parent in (("a", "c"), ("b", "a"), ("c", "b"))
    ]
    (finding,) = found(nodes)
    assert finding.startswith("1:2 NO_CYCLE")
    assert all(f"{name} <- " in finding for name in "abc")
    alone = [{"nodename": "a", "funcname": "f", "conditions": {"dependencies": ["a"]}}]
    assert "NO_CYCLE" in found(alone)[0]


def test_columns_count_characters_and_escapes_are_read() -> None:
    assert found('{"funcname": "ä\\"\\u0041😀", "col\\u006fnyid": 1}')[0].startswith("1:28 KEY_IS_KNOWN")
    assert found('{"func\\u006eame": "f"}') == []


NAMES = [
    "funcname",
    "nodename",
    "Conditions",
    "dependencies",
    "functionspecs",
    "fs",
    "dirs",
    "env",
    "maxexectime",
    "x",
]
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=5),
    max_leaves=25,
)


@given(VALUES, st.sampled_from([None, 1]), st.booleans())
def test_any_json_is_advised_upon(value: Any, indent: int | None, ascii: bool) -> None:
    text = json.dumps(value, indent=indent, ensure_ascii=ascii)
    assert read_tree(text).value == value
    lines = text.split("\n")
    for finding in lint_spec("s.json", text):
        assert finding.rule in RULES
        assert 1 <= finding.column <= len(lines[finding.line - 1])


def test_every_rule_is_described() -> None:
    assert all(text.endswith(".") for text in RULES.values())


def test_what_has_findings_about_keys_still_loads(tmp_path: Path) -> None:
    path = tmp_path / "s.json"
    path.write_text(SLIPS)
    assert lint_spec(path)
    load_spec(path, "lab")


def lint(*files: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "colonyos_gen.cli", "lint", *map(str, files)],
        capture_output=True, text=True, check=False, timeout=300,
    )  # fmt: skip


def test_on_the_command_line(tmp_path: Path) -> None:
    clean, slips = tmp_path / "clean.json", tmp_path / "slips.json"
    clean.write_text('{"funcname": "f"}')
    slips.write_text(SLIPS)
    shown = lint(clean)
    assert (shown.returncode, shown.stdout, shown.stderr) == (0, "", "")
    shown = lint(clean, slips)
    assert shown.returncode == 100
    assert shown.stdout.startswith(f"{slips}:4:43 KEY_IS_KNOWN ")
    shown = lint(tmp_path / "nowhere.json", slips)
    assert shown.returncode == 2
    assert "nowhere.json: No such file" in shown.stderr
    assert "KEY_IS_KNOWN" in shown.stdout
    assert lint().returncode == 2
