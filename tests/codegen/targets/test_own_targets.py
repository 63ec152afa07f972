"""Targets of other people: a folder, or a module of an installed distribution, and nothing of the generator changes."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from colonyos_gen_codegen.targets import ENTRY_POINTS, TargetError, registry

from tests.codegen.kit.small_project import Project

MODULE = '''"""A list of the messages.

More about it.
"""

from .spelling import loud


def render(service, templates):
    text = templates.get_template("list.jinja").render(service=service, loud=loud)
    return {"list.txt": text}
'''
SPELLING = "def loud(text):\n    return text.upper()\n"
TEMPLATE = """\
{% for message in service.messages if message.registered %}
{{ loud(message.msgtype) }}
{% endfor %}
"""


def target(folder: Path, module: str = MODULE) -> Path:
    """A target in `folder`."""
    (folder / "templates").mkdir(parents=True)
    (folder / "__init__.py").write_text(module)
    (folder / "spelling.py").write_text(SPELLING)
    (folder / "templates/list.jinja").write_text(TEMPLATE)
    return folder


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder that is searched for distributions, with one that offers the target `loud`."""
    site = tmp_path / "site"
    target(site / "loud_package")
    metadata = site / "loud_target-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: loud-target\nVersion: 1.0\n")
    (metadata / "entry_points.txt").write_text(f"[{ENTRY_POINTS}]\nloud = loud_package\n")
    monkeypatch.setattr(sys, "path", [str(site), *sys.path])
    importlib.invalidate_caches()
    yield site
    monkeypatch.undo()


def test_a_folder_is_a_target(project: Project) -> None:
    folder = target(project.root / "shouting")
    done = project.run("generate", "--target-dir", folder, "--target", "shouting")
    assert (done.code, done.err) == (0, "")
    assert "ADDBOOKMSG\n" in (project.out / "list.txt").read_text()
    assert project.run("check", "--target-dir", folder, "--target", "shouting").code == 0
    (folder / "templates/list.jinja").write_text("nothing\n")
    assert project.run("check", "--target-dir", folder, "--target", "shouting").code == 101


def test_its_docstring_is_in_the_help(project: Project) -> None:
    folder = target(project.root / "shouting")
    shown = project.run("generate", "--target-dir", folder, "--help")
    assert "shouting: A list of the messages." in " ".join(shown.out.split())


def test_without_its_folder_its_files_are_left_alone(project: Project) -> None:
    folder = target(project.root / "shouting")
    assert project.run("generate", "--target-dir", folder).code == 0
    assert project.run("generate").code == 0
    assert (project.out / "list.txt").exists()


def test_an_installed_target(project: Project, installed: Path) -> None:
    found = registry()["loud"]
    assert found.templates == installed / "loud_package/templates"
    assert found.origin == "entry point 'loud_package' of loud-target"
    assert project.run("generate", "--target", "loud").code == 0
    assert "ADDBOOKMSG\n" in (project.out / "list.txt").read_text()


@pytest.mark.parametrize(
    ("points_at", "problem"),
    [
        ("nowhere_at_all", "ModuleNotFoundError: No module named 'nowhere_at_all'"),
        ("loud_package:render", "it must name a module"),
        ("loud_package.spelling", "it has no function render(service, templates)"),
    ],
)
def test_an_installed_target_that_is_none(
    project: Project, installed: Path, points_at: str, problem: str
) -> None:
    (installed / "loud_target-1.0.dist-info/entry_points.txt").write_text(
        f"[{ENTRY_POINTS}]\nloud = {points_at}\n"
    )
    for command in (("lint",), ("generate", "--target", "docs")):
        assert project.run(*command).code == 0, "it costs nothing but itself"
    for command in (("generate", "--target", "loud"), ("generate",)):
        shown = project.run(*command)
        assert shown.code == 2
        assert f"target 'loud', entry point {points_at!r} of loud-target: {problem}" in shown.err
    shown = project.run("generate", "--help")
    assert f"loud: cannot be used: target 'loud', entry point {points_at!r}" in " ".join(shown.out.split())


@pytest.mark.parametrize(
    ("module", "problem"),
    [
        (None, "there is no __init__.py in it"),
        ('"""A list."""\n', "it has no function render(service, templates)"),
        ("def render(service, templates):\n    return {}\n", "it has no docstring"),
        ('"""A list."""\nimport nowhere_at_all\n', "ModuleNotFoundError: No module named 'nowhere_at_all'"),
        ('"""A list.""" (\n', "SyntaxError"),
        ('"""A list."""\nraise SystemExit(3)\n', "SystemExit: 3"),
    ],
)
def test_a_folder_that_is_none(project: Project, module: str | None, problem: str) -> None:
    folder = project.root / "shouting"
    folder.mkdir()
    if module is not None:
        (folder / "__init__.py").write_text(module)
    before = project.state()
    shown = project.run("generate", "--target-dir", folder)
    assert shown.code == 2
    assert str(folder) in shown.err
    assert problem in shown.err
    assert "Traceback" not in shown.err
    assert project.state() == before


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        ("return [1]", "render returned a list, not a mapping of paths to texts"),
        ("return None", "render returned a NoneType"),
        ("return {'list.txt': 7}", "'list.txt' is a int; paths and texts are str"),
        ("return {7: 'text'}", "7 is a str; paths and texts are str"),
        ("raise SystemExit(3)", "SystemExit: 3 in "),
        ("return service.nothing", "AttributeError: 'Service' object has no attribute 'nothing' in "),
        (
            "return {'list.txt': templates.get_template('list.jinja').render(service=service)}",
            "UndefinedError: 'loud' is undefined in ",
        ),
    ],
)
def test_a_target_that_fails_is_named(project: Project, body: str, problem: str) -> None:
    folder = target(
        project.root / "shouting", f'"""A list."""\n\ndef render(service, templates):\n    {body}\n'
    )
    before = project.state()
    shown = project.run("generate", "--target-dir", folder)
    assert shown.code == 1
    assert f"target 'shouting', folder {folder}: {problem}" in shown.err
    if "UndefinedError" in problem:
        assert shown.err.endswith("list.jinja:2\n")
    assert project.state() == before


def test_a_target_takes_what_render_is_given(project: Project) -> None:
    folder = target(project.root / "shouting", '"""A list."""\n\ndef render():\n    return {}\n')
    shown = project.run("generate", "--target-dir", folder)
    assert shown.code == 1
    assert f"target 'shouting', folder {folder}: TypeError: render() takes 0 positional" in shown.err


def test_two_of_one_name(project: Project) -> None:
    folder = target(project.root / "docs")
    with pytest.raises(TargetError, match=r"two targets are called 'docs': built in and folder .*docs"):
        registry([folder])


@pytest.mark.parametrize(
    ("path", "problem"),
    [
        ("../list.txt", "target 'shouting' makes '../list.txt', which is outside of the output folder"),
        ("/list.txt", "target 'shouting' makes '/list.txt', which is outside of the output folder"),
        ("openrpc.json", "targets 'openrpc' and 'shouting' both make openrpc.json"),
    ],
)
def test_files_where_none_may_be(project: Project, path: str, problem: str) -> None:
    folder = target(project.root / "shouting", MODULE.replace("list.txt", path))
    before = project.state()
    shown = project.run("generate", "--target-dir", folder)
    assert shown.code == 2
    assert problem in shown.err
    assert project.state() == before


@pytest.mark.parametrize(
    ("file", "problem"),
    [
        ("pyhton/types.py.jinja", "there is no target 'pyhton'; did you mean 'python'?"),
        (
            "python/typs.py.jinja",
            "target 'python' reads no template 'typs.py.jinja'; did you mean 'types.py.jinja'?",
        ),
        ("types.py.jinja", "there is no target 'types.py.jinja'"),
        (None, "there is no template in it; they go by TARGET/NAME"),
    ],
)
def test_templates_that_nothing_reads(project: Project, file: str | None, problem: str) -> None:
    own = project.root / "own"
    own.mkdir()
    if file is not None:
        (own / file).parent.mkdir(exist_ok=True)
        (own / file).write_text("nothing\n")
    before = project.state()
    for command in ("generate", "check"):
        shown = project.run(command, "--templates", own)
        assert shown.code == 2
        assert problem in shown.err
    assert project.state() == before


def test_a_template_that_only_another_one_includes_is_of_use(project: Project) -> None:
    own = project.root / "own/docs"
    own.mkdir(parents=True)
    (own / "index.md.jinja").write_text('{% include "mine.jinja" %}\n')
    (own / "mine.jinja").write_text("Mine.\n")
    (project.root / "own/python").mkdir()
    (project.root / "own/python/types.py.jinja").write_text("not asked for\n")
    shown = project.run("generate", "--templates", project.root / "own", "--target", "docs")
    assert (shown.code, shown.err) == (0, "")
    assert (project.out / "docs/index.md").read_text().startswith("Mine.")
