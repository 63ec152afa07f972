"""What OLD and NEW can be."""

from __future__ import annotations

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from colonyos_gen_codegen.cli import main

from tests.codegen.diff.conftest import Diff
from tests.codegen.kit.schema_pairs import SMALL, Edit, edited

ROOT = Path(__file__).resolve().parents[3]
UNIT = Edit("types/library.yaml", "x-unit: euros", "x-unit: cents")
TOLD = "UNIT_CHANGED Book.price is in cents, not in euros"


def git(root: Path, *arguments: str) -> None:
    who = ["-c", "user.name=Somebody", "-c", "user.email=somebody@example.org", "-c", "commit.gpgsign=false"]
    subprocess.run(["git", *who, *arguments], cwd=root, check=True, capture_output=True)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """Two commits: the small schema in `old/place`, tagged v0.3.0, and moved to `schema`, where it changed."""
    root = tmp_path / "repository"
    shutil.copytree(SMALL, root / "old/place")
    shutil.copytree(SMALL, root / "tests/schema")
    git(tmp_path, "init", "-q", str(root))
    git(root, "add", ".")
    git(root, "commit", "-q", "-m", "One")
    git(root, "tag", "v0.3.0")
    shutil.move(root / "old/place", root / "schema")
    UNIT.make(root / "schema")
    git(root, "add", ".")
    git(root, "commit", "-q", "-m", "Two")
    return root


@pytest.mark.parametrize("old", ["v0.3.0", "HEAD~1", "HEAD^", "v0.3.0:old/place", "last-release"])
def test_a_revision(diff: Diff, repository: Path, old: str) -> None:
    run = diff(old, repository / "schema")
    assert run.code == 100
    assert TOLD in run.out
    assert f"{repository}/schema/types/library.yaml:91 BEHAVIOUR" in run.out
    assert ("next version: 0.4.0 (" in run.out) == (old in ("v0.3.0", "v0.3.0:old/place", "last-release"))


def test_both_may_be_revisions(diff: Diff, repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(repository)
    monkeypatch.setattr("colonyos_gen_codegen.cli.diff.SCHEMA", repository / "schema")
    run = diff("v0.3.0", "HEAD")
    assert run.code == 100
    assert "HEAD:schema/types/library.yaml:91 BEHAVIOUR breaking" in run.out


def test_what_is_gone_is_shown_where_it_was(diff: Diff, repository: Path) -> None:
    for edit in (
        Edit("types/library.yaml", "      lent: {", "      lent_: {"),
        Edit("types/library.yaml", "- lent", "- lent_"),
    ):
        edit.make(repository / "schema")
    edit = Edit(
        "rpc/loan.yaml",
        "      clean: {description: Whether it is still clean., type: boolean, default: true}\n",
        "",
    )
    edit.make(repository / "schema")
    Edit("rpc/loan.yaml", "          - clean\n", "").make(repository / "schema")
    run = diff("v0.3.0", repository / "schema")
    assert "v0.3.0:old/place/rpc/loan.yaml:22 WIRE breaking for callers, servers: FIELD_REMOVED" in run.out


def test_the_last_release_is_not_the_one_that_is_made(diff: Diff, repository: Path) -> None:
    git(repository, "tag", "v0.4.0")
    assert "next version: 0.4.0" in diff("last-release", repository / "schema").out


def test_no_release_yet(diff: Diff, repository: Path) -> None:
    git(repository, "tag", "-d", "v0.3.0")
    git(repository, "tag", "vague")
    run = diff("last-release", repository / "schema")
    assert (run.code, run.out) == (
        0,
        "no tag like v1.2.3 yet: nothing was released, so there is nothing to compare with\n",
    )


def test_only_releases_count(diff: Diff, repository: Path) -> None:
    for tag in ("v2-experiment", "v0.4.0-rc1", "v1.2", "v1.2.3.4", "v0.5.0+local"):
        git(repository, "tag", tag)
    assert TOLD in diff("last-release", repository / "schema").out
    git(repository, "tag", "-d", "v0.3.0")
    assert "nothing was released" in diff("last-release", repository / "schema").out


@pytest.mark.parametrize("is_staged", [True, False])
def test_edits_of_a_release_are_compared_with_it(diff: Diff, repository: Path, *, is_staged: bool) -> None:
    git(repository, "tag", "v0.4.0")
    Edit("types/library.yaml", "x-unit: cents", "x-unit: pounds").make(repository / "schema")
    if is_staged:
        git(repository, "add", ".")
    run = diff("last-release", repository / "schema")
    assert "UNIT_CHANGED Book.price is in pounds, not in cents" in run.out
    assert "next version: 0.5.0" in run.out


def test_the_release_before_a_revision(diff: Diff, repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(repository)
    git(repository, "tag", "v0.4.0")
    assert TOLD in diff("last-release", "HEAD").out
    assert TOLD in diff("last-release", "v0.4.0:schema").out
    assert "nothing was released" in diff("last-release", "HEAD~1").out


def test_a_clone_without_history_cannot_tell(diff: Diff, repository: Path, tmp_path: Path) -> None:
    git(tmp_path, "clone", "-q", "--depth", "1", "--no-tags", f"file://{repository}", "shallow")
    run = diff("last-release", tmp_path / "shallow" / "schema")
    assert run.code == 2
    assert "was cloned without its history, so its last release is not known; run `git fetch" in run.err
    git(tmp_path / "shallow", "fetch", "-q", "--tags", "--unshallow")
    assert TOLD in diff("last-release", tmp_path / "shallow" / "schema").out


def test_nor_can_what_is_no_repository(diff: Diff, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("colonyos_gen_codegen.cli.diff.SCHEMA", tmp_path)
    run = diff("last-release", edited(tmp_path / "new"))
    assert run.code == 2
    assert "is in no git repository; name the release" in run.err


@pytest.mark.parametrize("old", ["last-release", "v0.3.0"])
def test_git_is_not_installed(
    diff: Diff, repository: Path, old: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")
    run = diff(old, repository / "schema")
    assert (run.code, run.out) == (2, "")
    assert "not installed" in run.err


def test_the_repository_is_the_one_that_one_stands_in(
    diff: Diff, repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not the one of this package, which may have such a revision as well; and so is NEW, if nobody names it."""
    monkeypatch.chdir(repository)
    assert TOLD in diff("HEAD~1", "HEAD").out
    assert TOLD in diff("HEAD~1").out
    run = diff("HEAD~2")
    assert run.code == 2
    assert f"nor a revision of the repository in {repository}" in run.err
    (repository / "old").mkdir(exist_ok=True)
    monkeypatch.chdir(repository / "old")
    assert TOLD in diff("HEAD~1:./place", "HEAD").out


def test_a_bare_repository(
    diff: Diff, repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    git(tmp_path, "clone", "-q", "--bare", str(repository), "bare.git")
    monkeypatch.chdir(tmp_path / "bare.git")
    assert TOLD in diff("HEAD~1", "HEAD").out
    assert TOLD in diff("last-release", "HEAD").out


@pytest.mark.parametrize(
    ("old", "said"),
    [
        ("v9.9.9", "OLD 'v9.9.9': no such folder or file, nor a revision of the repository in "),
        ("--version", None),
        (
            "v0.3.0:nowhere",
            "OLD 'v0.3.0:nowhere': no schema: not even nowhere of that revision has colonyos.yaml",
        ),
    ],
)
def test_no_such_revision(diff: Diff, repository: Path, old: str, said: str | None) -> None:
    run = diff(old, repository / "schema")
    assert run.code == 2
    assert run.out == ""
    assert said is None or said in run.err


def test_outside_of_a_repository(diff: Diff, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("colonyos_gen_codegen.cli.diff.SCHEMA", tmp_path)
    run = diff("v1.0.0", edited(tmp_path / "new"))
    assert run.code == 2
    assert "OLD 'v1.0.0': no such folder or file, and " in run.err
    assert " is in no git repository; name a folder, a document or a wheel\n" in run.err


def test_other_things_are_refused_with_a_remedy(diff: Diff, tmp_path: Path) -> None:
    for name, content in (("notes.txt", "x"), ("other.json", "{}"), ("broken.json", "{"), ("bad.whl", "x")):
        (tmp_path / name).write_text(content)
        run = diff(tmp_path / name, SMALL)
        assert run.code == 2
        assert f"OLD '{tmp_path / name}': " in run.err
        assert "; name " in run.err
    (tmp_path / "empty").mkdir()
    run = diff(SMALL, tmp_path / "empty")
    assert run.code == 2
    assert (
        f"NEW '{tmp_path / 'empty'}': the folder holds no schema (colonyos.yaml is missing); name " in run.err
    )


def test_a_schema_that_is_not_readable_is_refused(diff: Diff, tmp_path: Path) -> None:
    new = edited(tmp_path / "new", Edit("types/library.yaml", "x-unit: euros", "x-units: euros"))
    run = diff(SMALL, new)
    assert run.code == 2
    assert "NEW " in run.err
    assert (
        "types/library.yaml:91:71 META_SCHEMA 'x-units' is not a known key; did you mean 'x-unit'?; see `lint`"
        in run.err
    )
    run = diff(new, SMALL)
    assert run.code == 100, "what was released cannot be mended, and is read as far as it can be"
    (new / "types/library.yaml").write_text("[")
    assert "FILE_READS" in diff(new, SMALL).err


@pytest.mark.parametrize("name", ["colonyos.schema.json", "openrpc.json", "", "schema"])
def test_what_was_exported(diff: Diff, tmp_path: Path, name: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing changed: neither from a document to the schema, nor back; and what it cannot tell is said."""
    assert main(["export", "--schema", str(SMALL), str(tmp_path / "out")]) == 0
    capsys.readouterr()
    new = edited(tmp_path / "new", UNIT)
    old = tmp_path / "out" / name
    for run in (diff(old, SMALL), diff(SMALL, old)):
        assert run.code == 0, run.out
        assert run.out.endswith("0 changes, 0 breaking\nnext version: none is needed (nothing changed)\n")
        assert ("cannot tell" in run.out) == name.endswith(".json")
    run = diff(old, new)
    assert run.code == 100
    assert TOLD in run.out


def test_documents_tell_what_they_can(diff: Diff, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The places are lines of the document."""
    for name, edit in (("old", Edit("rpc/loan.yaml", "", "")), ("new", UNIT)):
        root = edited(tmp_path / f"{name}_schema", *([edit] if edit.old else []))
        assert main(["export", "--schema", str(root), str(tmp_path / name)]) == 0
    capsys.readouterr()
    for document in ("colonyos.schema.json", "openrpc.json"):
        run = diff(tmp_path / "old" / document, tmp_path / "new" / document)
        assert run.code == 100
        place = next(line for line in run.out.splitlines() if TOLD in line).split(" ")[0]
        file, line = place.rsplit(":", 1)
        assert '"price"' in Path(file).read_text().splitlines()[int(line) - 1]


def test_a_wheel_and_what_is_installed(diff: Diff, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "site/colonyos_gen_codegen/colonyos"
    shutil.copytree(SMALL, package)
    wheel = tmp_path / "colonyos_gen-0.1.0-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        for path in package.rglob("*.*"):
            archive.write(path, path.relative_to(tmp_path / "site"))
    new = edited(tmp_path / "new", UNIT)
    run = diff(wheel, new)
    assert TOLD in run.out
    assert "next version: 0.2.0 (" in run.out
    monkeypatch.setattr(sys, "path", [str(tmp_path / "site"), *sys.path])
    assert TOLD in diff("installed", new).out


def test_a_wheel_without_a_schema(diff: Diff, tmp_path: Path) -> None:
    wheel = tmp_path / "other-0.1.0-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("other/__init__.py", "")
    run = diff(wheel, SMALL)
    assert (run.code, "the wheel came without its schema" in run.err) == (2, True)


def test_the_schema_of_this_repository_is_new_by_default(diff: Diff) -> None:
    run = diff(ROOT)
    assert (run.code, run.out.splitlines()[0]) == (0, "0 changes, 0 breaking")
