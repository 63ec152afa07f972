"""The command: `colonyos-gen conformance --client CMD`."""

from __future__ import annotations

import argparse
import shlex
import sys
from pathlib import Path
from typing import Any

from colonyos_gen.conformance._comparing import difference
from colonyos_gen.conformance._feeding import STARTING_S, Driver, DriverError
from colonyos_gen.conformance._telling import FORMATS, Result
from colonyos_gen.conformance._vectors import VECTORS, VectorsError, load

EXIT_HELD = 0
EXIT_USAGE = 2
EXIT_FAILED = 100

_DESCRIPTION = """\
Feed the test vectors to the driver of an SDK, and say what held: what it reads, what it refuses to read, what it writes, \
signs, and makes of refusals. A driver reads a JSON object a line on standard input, and writes one a line.
"""
_EPILOG = """\
Exit codes: 0 all held; 100 some did not, or are unsupported; 2 there is no such driver, or there are no such vectors.
The driver of this package's own client: colonyos-gen conformance -- python -m colonyos_gen.conformance
"""


def add_to(commands: Any) -> None:
    """Add the command to those of `colonyos-gen`."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "conformance",
        help="feed test vectors to the driver of an SDK, and say what held",
        description=_DESCRIPTION,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--client", metavar="CMD", help="command that starts the driver, as for a shell")
    parser.add_argument(
        "--vectors",
        type=Path,
        default=VECTORS,
        metavar="DIR",
        help="folder with vectors (default: the built-in ones)",
    )
    parser.add_argument(
        "--only", default="", metavar="PATTERN", help="only vectors with this in their id; may hold * and ?"
    )
    parser.add_argument(
        "--timeout",
        type=float,
        default=10.0,
        metavar="SECONDS",
        help=f"for an answer (default: %(default)s); the first of a process may take {STARTING_S:g}",
    )
    parser.add_argument("--format", choices=sorted(FORMATS), default="text", help="default: %(default)s")
    parser.add_argument("command", nargs="*", metavar="-- CMD", help="the same, as separate arguments")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Run the command; returns its exit code."""
    try:
        results = results_of(load(options.vectors, options.only), Driver(_command(options), options.timeout))
    except (DriverError, VectorsError, ValueError) as error:
        print(f"colonyos-gen conformance: {error}", file=sys.stderr)
        return EXIT_USAGE
    print(FORMATS[options.format](results), end="")
    return EXIT_HELD if all(result.verdict == "held" for result in results) else EXIT_FAILED


def _command(options: argparse.Namespace) -> list[str]:
    command = [*(shlex.split(options.client) if options.client else ()), *options.command]
    if not command:
        raise DriverError("name the driver with --client CMD, or after --")
    return command


def results_of(vectors: list[dict[str, Any]], driver: Driver) -> list[Result]:
    """What becomes of each vector, and of the driver in the end."""
    results: list[Result] = []
    asked = driver.ask(vectors)
    for vector, answer in asked:
        results.append(_result(vector, answer))
        if len(results) == len(vectors) and (told := driver.end()):
            results.append(Result("end of input", "end", "failed", told))
    return results


def _result(vector: dict[str, Any], answer: dict[str, Any] | str) -> Result:
    if isinstance(answer, str):
        return Result(vector["id"], vector["op"], "failed", answer)
    if answer.get("unsupported") is True:
        return Result(vector["id"], vector["op"], "unsupported")
    told = difference(vector, answer)
    return Result(vector["id"], vector["op"], "failed" if told else "held", told)
