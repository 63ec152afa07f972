"""What CI runs: `nox` for everything, `nox -s NAME` for one session, `nox -l` for the list."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

import nox

nox.options.sessions = ["lint", "types", "tests", "codegen_check", "wheel", "docs", "peers"]
nox.options.reuse_existing_virtualenvs = True
nox.options.error_on_missing_interpreters = False

VERSIONS = ["3.11", "3.12", "3.13"]
SOURCES = ["colonyos_gen", "codegen", "examples", "tests", "noxfile.py"]


@nox.session
def lint(session: nox.Session) -> None:
    """Style of the hand-written code (generated code is formatted by the generator), and who may import whom."""
    session.install("-e", ".[codegen]", "import-linter>=2.17")
    session.run("ruff", "check", *SOURCES)
    session.run("ruff", "format", "--check", *SOURCES)
    session.run("lint-imports", "--no-cache")


@nox.session
def types(session: nox.Session) -> None:
    """pyright and mypy, both strict, and the completeness of what the wheel exports."""
    session.install("-e", ".[dev]")
    session.run("pyright")
    session.run("mypy")
    # --verifytypes looks the package up in the environment whose bin comes first, and wants it installed for real.
    session.install("--no-deps", "--force-reinstall", ".")
    for package in ("colonyos_gen", "colonyos_gen_wire"):
        session.run("pyright", "--verifytypes", package, "--ignoreexternal")


@nox.session(python=VERSIONS)
def tests(session: nox.Session) -> None:
    """The whole suite, on all cores; `nox -s tests -- -n 0` for one process."""
    session.install("-e", ".[dev]")
    session.run("pytest", "-n", "auto", *session.posargs)


@nox.session
def codegen_check(session: nox.Session) -> None:
    """The schema is clean, and generated/ is what it says."""
    session.install("-e", ".[codegen]")
    session.run("python", "-m", "codegen", "lint")
    session.run("python", "-m", "codegen", "check")


@nox.session
def wheel(session: nox.Session) -> None:
    """Build, install into an empty environment, import, run the demonstration."""
    session.install("build")
    with tempfile.TemporaryDirectory() as folder:
        session.run("python", "-m", "build", "--outdir", folder, silent=True)
        built = next(Path(folder).glob("*.whl"))
        session.run("python", "tests/packaging/check_wheel.py", str(built))
        session.run("python", "-m", "venv", f"{folder}/empty")
        python = str(Path(folder, "empty", "Scripts" if os.name == "nt" else "bin", "python"))
        session.run(python, "-m", "pip", "install", "-q", str(built), external=True)
        session.chdir(folder)
        session.run(
            python, "-c", "import colonyos_gen, colonyos_gen_wire; print(colonyos_gen.Client)", external=True
        )
        session.run(python, "-m", "colonyos_gen.cli", "demo", external=True)


@nox.session
def docs(session: nox.Session) -> None:
    """The README's examples run, and the links of the generated reference lead somewhere."""
    session.install("-e", ".[dev]")
    session.run("pytest", "tests/docs", "tests/codegen/test_docs_target.py")


@nox.session
def peers(session: nox.Session) -> None:
    """Clients that nobody here wrote do with the embedded server whatever they can do with the real one."""
    session.install("-e", ".[server]")
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
