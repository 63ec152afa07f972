"""`python -m codegen` as people run it: exit codes, what is printed, and what happens on disk."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from colonyos_gen_codegen.cli import main
from colonyos_gen_codegen.output.formatting import format_files
from colonyos_gen_codegen.output.writer import compare
from colonyos_gen_codegen.rendering import render
from colonyos_gen_codegen.targets import registry

from tests.codegen.kit.small_project import ROOT, Project, Run

HERE = Path(__file__).parent
DESCRIPTORS = "python/colonyos_gen_wire/methods/library.py"


def test_programs_end_with_the_code_and_print_what_the_function_does(project: Project) -> None:
    assert project.run_program("lint") == Run(0, "the schema is clean\n", "")
    project.edit("schema/types/loan.yaml", "description: When it must be back., ", "")
    run = project.run_program("check")
    assert run == project.run("check")
    assert (run.code, run.err) == (100, "1 finding\n")


def test_clean_schema_exits_with_0(project: Project) -> None:
    before = project.state()
    assert project.run("lint") == Run(0, "the schema is clean\n", "")
    assert project.run("check").code == 0
    again = project.run("generate")
    assert again.code == 0
    assert f"{len(before)} files, 0 changed" in again.out
    assert project.state() == before, "files that do not differ are not written again"


def test_usage_errors_exit_with_2(project: Project) -> None:
    assert project.run("lint", "--unknown").code == 2
    assert project.run("generate", "--target", "cobol").code == 2
    assert project.run("explain").code == 2
    missing = project.run("check", "--schema", project.root / "nowhere")
    assert missing.code == 2
    assert "is not a folder; name the schema folder with --schema" in missing.err
    assert missing.out == ""
    missing = project.run("check", "--templates", project.root / "nowhere")
    assert missing.code == 2
    assert "is not a folder; name one with TARGET/NAME.jinja in it" in missing.err
    assert missing.out == ""


@pytest.mark.parametrize("command", ["lint", "generate", "check"])
def test_findings_exit_with_100_and_are_printed_with_their_places(project: Project, command: str) -> None:
    project.edit("schema/types/loan.yaml", "description: When it must be back., ", "")
    before = project.state()
    run = project.run(command)
    assert run.code == 100
    line = "types/loan.yaml:12:7 FIELD_HAS_DESCRIPTION the field 'due' needs a description that says more than its name\n"
    assert run.out == f"{project.schema.resolve().as_posix()}/{line}"
    assert run.err == "1 finding\n"
    assert project.state() == before


def test_stale_output_exits_with_101_shows_a_diff_and_changes_nothing(project: Project) -> None:
    project.edit("schema/rpc/library.yaml", "Adds a book to the library.", "Adds one book.")
    before = project.state()
    run = project.run("check")
    assert run.code == 101
    assert "-    description: Adds" not in run.out
    assert '\n-"""Adds a book to the library."""\n+"""Adds one book."""\n' in run.out
    assert f"--- generated/{DESCRIPTORS}\n" in run.out
    assert "run `generate`" in run.err
    assert project.state() == before
    assert project.run("generate").code == 0
    assert project.run("check").code == 0


def test_missing_output_is_stale(tmp_path: Path) -> None:
    project = Project(tmp_path)
    shutil.copytree(HERE / "small", project.schema)
    run = project.run("check", "--target", "openrpc")
    assert run.code == 101
    assert "added: generated/openrpc.json" in run.out
    assert not project.out.exists()


def test_hand_edited_file_is_named_and_mended(project: Project) -> None:
    good = project.contents()
    project.edit(f"out/{DESCRIPTORS}", "Role.OWNER", "Role.NOBODY")
    run = project.run("check", "--target", "python")
    assert run.code == 101
    assert f"--- generated/{DESCRIPTORS}\n" in run.out
    assert "+    roles=(Role.OWNER,)" in run.out
    assert "(what was edited by hand belongs into the schema or a template)" in run.err
    mended = project.run("generate", "--target", "python")
    assert mended.out.startswith(f"changed  {DESCRIPTORS}\n")
    assert project.contents() == good


def test_orphans_are_reported_and_removed_and_other_files_left_alone(project: Project) -> None:
    own = project.out / "python/colonyos_gen_wire/own.py"
    own.write_text("mine = 1\n")
    stranger = project.out / "notes/todo.txt"
    stranger.parent.mkdir()
    stranger.write_text("mine as well\n")
    for folder, ending in (("types", "yaml"), ("rpc", "yaml"), ("examples", "json")):
        (project.schema / folder / f"loan.{ending}").unlink()
    project.edit("schema/colonyos.yaml", "  not_found: The object does not exist.\n", "")
    project.edit("schema/colonyos.yaml", "  nobody: {key: none, description: Nobody needs to sign.}\n", "")
    before = project.state()
    run = project.run("check")
    assert run.code == 101
    assert "orphaned: generated/docs/rpc/loan.md" in run.out
    assert "own.py" not in run.out
    assert "todo.txt" not in run.out
    assert project.state() == before
    run = project.run("generate")
    assert run.code == 0
    assert "orphaned python/colonyos_gen_wire/types/loan.py\n" in run.out
    assert not [path for path in project.state() if "loan" in path]
    assert own.read_text() == "mine = 1\n"
    assert stranger.read_text() == "mine as well\n"
    assert project.run("check").code == 0


def test_target_subset_keeps_the_files_of_the_others(project: Project) -> None:
    before = project.contents()
    project.edit("schema/rpc/library.yaml", "Adds a book to the library.", "Adds one book.")
    assert project.run("generate", "--target", "docs", "--target", "openrpc").code == 0
    after = project.contents()
    assert after.keys() == before.keys()
    changed = {path for path in after if after[path] != before[path]}
    assert {path.partition("/")[0] for path in changed} == {"docs", "openrpc.json"}
    assert project.run("check", "--target", "docs").code == 0
    assert project.run("check").code == 101
    assert project.run("generate").code == 0
    assert project.run("check").code == 0


def test_own_template_wins_and_may_include_the_original(project: Project) -> None:
    own = project.root / "templates/docs/index.md.jinja"
    own.parent.mkdir(parents=True)
    own.write_text('{% include "builtin/index.md.jinja" %}\nKept by the librarians.\n')
    before = project.contents()
    assert project.run("generate", "--templates", project.root / "templates", "--target", "docs").code == 0
    after = project.contents()
    assert {path for path in after if after[path] != before[path]} == {"docs/index.md"}
    assert after["docs/index.md"].startswith(before["docs/index.md"].rstrip())
    assert after["docs/index.md"].endswith(b"\nKept by the librarians.\n")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{% if %}", "TemplateSyntaxError"),
        ("{{ nobody_knows_this }}", "'nobody_knows_this' is undefined"),
        ('{% include "builtin/missing.jinja" %}', "TemplateNotFound"),
        ("PROTOCOL_VERSION = (", "generated/python/colonyos_gen_wire/constants.py:1: not Python"),
    ],
)
def test_broken_template_exits_with_1_and_changes_nothing(project: Project, text: str, message: str) -> None:
    own = project.root / "templates/python/constants.py.jinja"
    own.parent.mkdir(parents=True)
    own.write_text(text)
    before = project.state()
    for command in ("generate", "check"):
        run = project.run(command, "--templates", project.root / "templates", "--target", "python")
        assert run.code == 1
        assert run.err.startswith("python -m codegen: ")
        assert message in run.err
        assert "Traceback" not in run.err
        assert run.out == ""
    assert project.state() == before


def test_unwritable_output_exits_with_1(project: Project) -> None:
    in_the_way = project.root / "file"
    in_the_way.write_text("not a folder")
    run = project.run("generate", "--out", in_the_way / "out", "--target", "openrpc")
    assert run.code == 1
    assert run.err.startswith("python -m codegen: ")
    assert "Traceback" not in run.err
    assert in_the_way.read_text() == "not a folder"


def test_same_bytes_whatever_the_hash_seed_and_folder(generated: Project, tmp_path: Path) -> None:
    expected = generated.contents()
    for seed, cwd in (("1", tmp_path), ("2", ROOT / "schema")):
        project = Project(tmp_path / seed)
        shutil.copytree(HERE / "small", project.schema)
        assert project.run_program("generate", cwd=cwd, seed=seed).code == 0
        assert project.contents() == expected


def test_schema_may_be_named_by_a_relative_path(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(project.root)
    run = project.run("check", "--schema", "schema", "--out", "out")
    assert (run.code, run.err) == (0, "")


def test_files_are_replaced_whole(project: Project) -> None:
    """A reader that has a file open keeps the old text, and no temporary file stays behind."""
    before = project.contents()
    project.edit("schema/rpc/library.yaml", "Adds a book to the library.", "Adds one book.")
    with (project.out / DESCRIPTORS).open("rb") as stream:
        assert project.run("generate", "--target", "python").code == 0
        assert stream.read() == before[DESCRIPTORS]
    assert project.contents().keys() == before.keys()
    assert b"Adds one book." in (project.out / DESCRIPTORS).read_bytes()


def test_line_ends_of_a_checkout_do_not_matter(project: Project) -> None:
    for path in [*project.schema.rglob("*.*"), *project.out.rglob("*.*")]:
        if path.is_file():
            path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    assert project.run("check").code == 0


def test_broken_manifest_is_made_anew(project: Project) -> None:
    good = project.contents()
    (project.out / "manifest.json").write_text("{")
    assert project.run("check").code == 101
    assert project.run("generate").code == 0
    assert project.contents() == good


def test_manifest_cannot_reach_outside_the_output(project: Project) -> None:
    precious = project.root / "precious.txt"
    precious.write_text("keep me")
    manifest = json.loads((project.out / "manifest.json").read_text())
    manifest["targets"]["docs"] += ["../precious.txt", str(precious)]
    (project.out / "manifest.json").write_text(json.dumps(manifest))
    assert project.run("generate").code == 0
    assert precious.read_text() == "keep me"


def test_generated_folder_of_this_repository_is_up_to_date(capsys: pytest.CaptureFixture[str]) -> None:
    code = main(["check", "--draft"])  # that it is none is another test
    shown = capsys.readouterr()
    assert code == 0, shown.out


def test_a_schema_is_rendered_for_a_folder_that_does_not_exist_yet(project: Project, tmp_path: Path) -> None:
    """The same as `check`, through the functions below the command line."""
    files = render(project.schema, registry(), None, tmp_path / "out")
    assert compare(files, registry(), project.out) == []
    assert {change.kind for change in compare(files, registry(), tmp_path / "out")} == {"added"}


def test_formats_wherever_temporary_files_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A formatter leaves out what git ignores, as folders of environments are."""
    ignored = tmp_path / ".nox"
    ignored.mkdir()
    (tmp_path / ".git").mkdir()
    (ignored / ".gitignore").write_text("*\n", encoding="utf-8")
    monkeypatch.setattr(tempfile, "tempdir", str(ignored))
    assert format_files({"a.py": "import os\nx = ( 1 )\n"}) == {"a.py": "x = 1\n"}


def test_whoever_reads_may_stop() -> None:
    """As `head` does: no traceback, and no word of a failure."""
    command = [sys.executable, "-m", "codegen", "diff", "--rules"]
    with subprocess.Popen(
        command,
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 141


def test_the_folder_above_the_schema_will_do(
    project: Project, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """That of a checkout, or what `export` wrote."""
    assert main(["export", str(tmp_path / "written"), "--schema", str(project.schema)]) == 0
    assert main(["lint", "--schema", str(tmp_path / "written")]) == 0
    assert capsys.readouterr().out.endswith("the schema is clean\n")
