"""What CI runs: `nox` for what every change must pass, `nox -s NAME` for one session, `nox -l` for the list."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import nox
from packaging.requirements import Requirement

nox.options.sessions = ["check"]
nox.options.reuse_existing_virtualenvs = True
nox.options.error_on_missing_interpreters = False

ROOT = Path(__file__).parent
VERSIONS = ["3.11", "3.12", "3.13"]
SOURCES = ["colonyos_gen", "codegen", "examples", "tests", "noxfile.py"]
SUITE = ["pytest", "--durations", "10", "--durations-min", "1", "-n"]
WORKERS = 3 * (os.cpu_count() or 1)
"""Many tests wait for real time to pass, so three times as many processes as cores are busy."""
ONCE = [
    "--ignore=tests/docs",
    "--ignore=tests/portable",
    *(f"--ignore=tests/codegen/{each}" for each in ("build", "diff", "drift", "targets")),
    *(
        f"--ignore=tests/codegen/{each.name}"
        for each in sorted((ROOT / "tests/codegen").glob("test_*.py"))
        if each.name != "test_golden_output.py"
    ),
    "--ignore=tests/server/front/test_schema_moves.py",
    "--deselect=tests/session/submitting/test_resources.py::test_a_type_checker_finds_values_of_a_wrong_type",
]
"""What `check` alone tests, since the other Pythons and versions change nothing: documents, the generator but for what it
writes, what it makes of a schema that moves on, and what a type checker says."""
QUICK = ["unit", "wire", "workflow", "keys", "pictures", "scenarios"]
"""Folders of which all tests together take seconds, because nearly none waits for time to pass or starts a program: what
goes over the wire, keys, settings, workflows, pictures; and `scenarios`, which go through everything once."""


@nox.session
def check(session: nox.Session) -> None:
    """What a change must pass, with the Python at hand and in one environment; CI adds `mypy`, `wheel` and other Pythons."""
    session.install("-e", ".[dev,lint]")
    _style(session)
    with _beside(session, _generated, _pyright):
        _suite(session, *session.posargs)


@nox.session
def fast(session: nox.Session) -> None:
    """An answer within a minute, once the environment is there: style, the schema (a draft may pass), and the quick tests."""
    session.install("-q", "-e", ".[dev,lint]")
    _style(session)
    session.run("python", "-m", "codegen", "lint", "--draft")
    _suite(session, *(f"tests/{each}" for each in QUICK), *session.posargs)


@nox.session
def lint(session: nox.Session) -> None:
    """Style of the hand-written code (generated code is formatted by the generator), and who may import whom."""
    session.install("-e", ".[codegen,lint]")
    _style(session)


@nox.session
def types(session: nox.Session) -> None:
    """pyright and mypy, both strict."""
    session.install("-e", ".[dev]")
    _types(session)


@nox.session
def mypy(session: nox.Session) -> None:
    """The second opinion about types, strict as well."""
    session.install("-e", ".[dev]")
    _mypy(session)


@nox.session
def codegen_check(session: nox.Session) -> None:
    """The schema is clean, generated/ is what it says, and nothing broke since the last release that was not meant to."""
    session.install("-e", ".[codegen]")
    _generated(session)


@nox.session
def wheel(session: nox.Session) -> None:
    """Build, install into an empty environment, look at the types that it exports, and do there what needs no extra."""
    session.install("-e", ".[dev]")
    _wheel(session)


@nox.session(python=VERSIONS)
def tests(session: nox.Session) -> None:
    """The suite with each Python, but for what is tested `ONCE`; `nox -s tests -- -n 0` for one process."""
    session.install("-e", ".[test]")
    _suite_again(session)


@nox.session(python=VERSIONS[0])
def oldest(session: nox.Session) -> None:
    """The same with the oldest versions of everything that pyproject.toml names."""
    with tempfile.TemporaryDirectory() as folder:  # that of the session would become the one of its tests
        bounds = Path(folder, "oldest.txt")
        bounds.write_text("\n".join(_lower_bounds()), encoding="utf-8")
        session.install("-e", ".[test]", "-c", str(bounds))
    _suite_again(session)


def _style(session: nox.Session) -> None:
    session.run("ruff", "check", *SOURCES)
    session.run("ruff", "format", "--check", *SOURCES)
    session.run("lint-imports", "--no-cache")


def _generated(session: nox.Session, said: IO[str] | None = None) -> None:
    session.run("python", "-m", "codegen", "check", stdout=said)  # says what `lint` says, too
    _compared(session, said)


def _compared(session: nox.Session, said: IO[str] | None) -> None:
    """With the last release; before the first tag there is none. A clone without history cannot tell, and says so."""
    if Path(".git").exists() and _is_shallow(session):
        fetch = ("git", "fetch", "--quiet", "--tags", "--unshallow")
        session.run(*fetch, external=True, success_codes=range(256))
    if not Path(".git").exists() or _is_shallow(session):
        session.warn("there is no history here: the schema was NOT compared with the last release")
        return
    session.run("python", "-m", "codegen", "diff", "last-release", stdout=said)


def _is_shallow(session: nox.Session) -> bool:
    question = ("git", "rev-parse", "--is-shallow-repository")
    return str(session.run(*question, external=True, silent=True)).strip() == "true"


def _types(session: nox.Session) -> None:
    with ThreadPoolExecutor() as pool:  # each keeps one core busy
        for part in [pool.submit(_pyright, session), pool.submit(_mypy, session)]:
            part.result()


def _pyright(session: nox.Session, said: IO[str] | None = None) -> None:
    session.run("pyright", stdout=said)


def _mypy(session: nox.Session, said: IO[str] | None = None) -> None:
    session.run("mypy", stdout=said)


def _suite(session: nox.Session, *arguments: str, workers: int = WORKERS, draws: str | None = None) -> None:
    # Many tests start programs, which would compile everything anew.
    environment = {"PYTHONDONTWRITEBYTECODE": None, "COLONIES_DRAWS": draws}
    session.run(*SUITE, str(workers), *arguments, env=environment)


def _suite_again(session: nox.Session) -> None:
    """With fewer examples (`tests/drawn.py`), and half the processes, as `.ci/run` has two sessions at a time."""
    _suite(session, *ONCE, *session.posargs, workers=-(-WORKERS // 2), draws="again")


@contextmanager
def _beside(session: nox.Session, *parts: Callable[[nox.Session, IO[str]], None]) -> Generator[None]:
    """Do these one after the other during the block, which waits most of the time; if one fails, show what they said."""
    with tempfile.TemporaryFile("w+", encoding="utf-8") as said, ThreadPoolExecutor(1) as pool:
        done = pool.submit(lambda: [part(session, said) for part in parts])
        try:
            yield
        finally:
            if done.exception() is not None:
                said.seek(0)
                shutil.copyfileobj(said, sys.stdout)
        done.result()


def _wheel(session: nox.Session, said: IO[str] | None = None) -> None:
    with tempfile.TemporaryDirectory() as folder:
        session.run("python", "-m", "build", "--outdir", folder, stdout=said)
        built = next(Path(folder).glob("*.whl"))
        session.run("python", "tests/packaging/check_wheel.py", str(built), stdout=said)
        session.run("python", "-m", "venv", f"{folder}/empty", stdout=said)
        python = str(Path(folder, "empty", "Scripts" if os.name == "nt" else "bin", "python"))
        session.run(python, "-m", "pip", "install", "-q", str(built), external=True, stdout=said)
        with session.chdir(folder):  # which is that of the whole program: nothing else may start meanwhile
            session.run(
                python,
                "-c",
                "import colonyos_gen, colonyos_gen_wire; print(colonyos_gen.Client)",
                external=True,
                stdout=said,
            )
            session.run(python, "-m", "colonyos_gen.cli", "demo", external=True, stdout=said)
            session.run(python, f"{ROOT}/tests/packaging/plain.py", external=True, stdout=said)
            own = (python, "-m", "colonyos_gen.conformance")
            session.run(
                python, "-m", "colonyos_gen.cli", "conformance", "--", *own, external=True, stdout=said
            )
            for package in ("colonyos_gen", "colonyos_gen_wire"):
                session.run(
                    "pyright", "--verifytypes", package, "--ignoreexternal", stdout=said,
                    # Here pyright does not heed `--pythonpath`: it looks where the first Python of the path does.
                    env={"PATH": os.pathsep.join((str(Path(python).parent), os.environ["PATH"]))},
                )  # fmt: skip


def _lower_bounds() -> Iterator[str]:
    """Every dependency of pyproject.toml that says since when, at that version."""
    project = nox.project.load_toml("pyproject.toml")["project"]
    extras = project["optional-dependencies"].values()
    for line in {*project["dependencies"], *(each for extra in extras for each in extra)}:
        wanted = Requirement(line)
        for bound in wanted.specifier:
            if bound.operator == ">=":
                yield f"{wanted.name}=={bound.version}"


@nox.session
def peers(session: nox.Session) -> None:
    """Clients that nobody here wrote do with the embedded server whatever they can do with the real one."""
    session.install("-e", ".")
    for suite in ("pycolonies",):
        environment = Path(session.virtualenv.location, suite)
        python = str(environment / ("Scripts" if os.name == "nt" else "bin") / "python")
        if not environment.exists():
            session.run("python", "-m", "venv", str(environment))
        session.run(
            python, "-m", "pip", "install", "-q", "-r", f"tests/peers/{suite}/requirements.txt", external=True
        )
        session.run("python", "-m", "tests.peers.against", suite, python, *session.posargs)


@nox.session
def languages(session: nox.Session) -> None:
    """The SDKs of other languages, built by their own tools, with the shared vectors and the embedded server."""
    session.install("-e", ".[test]")
    session.run("python", "-m", "tests.languages", *session.posargs)


@nox.session
def portable(session: nox.Session) -> None:
    """Generators of other languages take the documents, and their types read recordings; needs Node.js, Go, Rust and Mono."""
    session.install("-e", ".[codegen]")
    session.run(
        "python", "-m", "tests.portable", str(Path(session.virtualenv.location, "portable")), *session.posargs
    )


@nox.session
def bench(session: nox.Session) -> None:
    """Ratios against a hand-rolled minimum client. Figures only: timing never decides a test."""
    session.install("-e", ".[dev]")
    session.run("python", "-m", "tests.bench")


@nox.session
def live(session: nox.Session) -> None:
    """The server-facing part of the suite against the server that COLONIES_SERVER_HOST names."""
    if not os.environ.get("COLONIES_SERVER_HOST"):
        session.skip("COLONIES_SERVER_HOST is not set: no server to test against")
    session.install("-e", ".[dev]")
    session.run("pytest", "tests/live", *session.posargs)


@nox.session
def soak(session: nox.Session) -> None:
    """Hours of work on the server that COLONIES_SERVER_HOST names, which must bear it: `nox -s soak -- --help`."""
    if not os.environ.get("COLONIES_SERVER_HOST") and "--embedded" not in session.posargs:
        session.skip(
            "COLONIES_SERVER_HOST is not set: no server to try; -- --embedded tries the embedded one"
        )
    session.install("-e", ".[dev]")
    session.run("python", "-m", "tests.soak", *session.posargs)


@nox.session(venv_backend="none")
def generate(session: nox.Session) -> None:
    """Regenerate everything under generated/ (needs the codegen extra)."""
    session.run("python", "-m", "codegen", "generate", external=True)


@nox.session(venv_backend="none")
def clean(session: nox.Session) -> None:
    """Remove what builds and tests leave behind."""
    for name in ("dist", "build", ".mypy_cache", ".ruff_cache", ".pytest_cache", ".hypothesis"):
        shutil.rmtree(name, ignore_errors=True)
    session.log("clean")
