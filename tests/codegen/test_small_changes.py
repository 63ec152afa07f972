"""A change of the schema touches what it is about: few files for a word, no conflict for two people who change two domains.

The two domains of these tests stand beside each other in every list, which is where their changes could meet.
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from colonyos_gen_codegen.rendering import render
from colonyos_gen_codegen.targets import registry

from tests.codegen.kit.schema_edits import add_field, add_message, replace

SCHEMA = Path(__file__).parents[2] / "schema"

pytestmark = pytest.mark.long


def in_logs(schema: Path) -> None:
    """A word, a field of a type, a field of a request and a message more in the domain of logs."""
    replace(schema / "rpc/log.yaml", "Add a log line to a running", "Append a log line to a running")
    note = "note: {description: Remark on the line., type: string, default: '', x-omit-empty: true, x-since: v1.10.0}"
    add_field(schema / "types/log.yaml", "Log", note)
    add_field(schema / "rpc/log.yaml", "SearchLogsMsg", note.replace("line", "search"))
    add_message(schema, "log", "logbook")


def in_pauses(schema: Path) -> None:
    """The same in the next one."""
    replace(
        schema / "rpc/pause.yaml", "Pause the assignment of processes", "Halt the assignment of processes"
    )
    reason = "reason: {description: Why it is paused., type: string, default: '', x-omit-empty: true, x-since: v1.10.0}"
    add_field(schema / "types/pause.yaml", "PauseStatus", reason)
    add_field(schema / "rpc/pause.yaml", "PauseAssignmentsMsg", reason)
    add_message(schema, "pause", "break")


def rendered(folder: Path, *edits: Callable[[Path], None]) -> dict[str, str]:
    """What all targets make of the schema of this repository after some edits."""
    schema = shutil.copytree(SCHEMA, folder / "schema")
    for edit in edits:
        edit(schema)
    return render(schema, registry(), None, folder / "nowhere", draft=True)


def changed(old: Mapping[str, str], new: Mapping[str, str]) -> set[str]:
    return {path for path in old.keys() | new.keys() if old.get(path) != new.get(path)}


@pytest.fixture(scope="module")
def before(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What is generated from the schema as it is."""
    return rendered(tmp_path_factory.mktemp("before"))


def test_a_word_changes_the_files_that_print_it(before: dict[str, str], tmp_path: Path) -> None:
    def edit(schema: Path) -> None:
        replace(schema / "rpc/cron.yaml", "Create a cron that", "Establish a cron that")

    after = rendered(tmp_path, edit)
    touched = changed(before, after)
    assert len(touched) <= 15
    for path in touched:
        assert "Establish a cron" in after[path], f"{path} changes and does not print the word"


def test_changes_in_two_domains_merge(before: dict[str, str], tmp_path: Path) -> None:
    """Generated apart and merged by lines, they are what is generated from both, one-document outputs included."""
    ours, theirs = rendered(tmp_path / "ours", in_logs), rendered(tmp_path / "theirs", in_pauses)
    both = rendered(tmp_path / "both", in_logs, in_pauses)
    assert before.keys() == ours.keys() == theirs.keys() == both.keys()
    meet = changed(before, ours) & changed(before, theirs)
    assert "colonyos.schema.json" in meet
    conflicts: dict[str, str] = {}
    for path in sorted(meet):
        merged, clean = merge(tmp_path, before[path], ours[path], theirs[path])
        if not clean:
            conflicts[path] = merged
        else:
            assert merged == both[path], f"{path} has to be generated again after the merge"
    assert conflicts == {}
    for path in changed(before, both) - meet:
        assert both[path] == (ours if ours[path] != before[path] else theirs)[path], path


def merge(folder: Path, base: str, ours: str, theirs: str) -> tuple[str, bool]:
    """The three-way merge of one file as git makes it, and whether it is without a conflict."""
    names = ("ours", "base", "theirs")
    for name, text in zip(names, (ours, base, theirs), strict=True):
        (folder / f"{name}.txt").write_text(text, encoding="utf-8")
    command = ["git", "merge-file", "--stdout", "--diff3", *(str(folder / f"{name}.txt") for name in names)]
    run = subprocess.run(command, capture_output=True, encoding="utf-8", check=False)
    assert 0 <= run.returncode < 128, run.stderr
    return run.stdout, run.returncode == 0
