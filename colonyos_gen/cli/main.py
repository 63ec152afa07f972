"""The command line: `colonyos-gen`."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import logging
import math
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from colonyos_gen_wire.constants import DEFAULT_PORT, PROTOCOL_VERSION, SERVER_VERSION

from colonyos_gen import ConfigError, RPCError, __version__
from colonyos_gen._log import ShownFormatter, shown
from colonyos_gen.cli import schema as schema_command
from colonyos_gen.conformance import _command as conformance_command
from colonyos_gen.keys import _command as keys_command
from colonyos_gen.spec_lint import _command as lint_command

EXIT_OK = 0
EXIT_FAILED = 1
EXIT_USAGE = 2
EXIT_INTERRUPTED = 130

_DESCRIPTION = """\
ColonyOS from the command line: a server to develop and test with, keys, and advice about spec files.
New here? `colonyos-gen demo` needs no set-up.
"""
_EPILOG = """\
`colonyos-gen COMMAND --help` tells more about each.

The server and the keys come from the environment: COLONIES_SERVER_HOST, COLONIES_SERVER_PORT, COLONIES_TLS,
COLONIES_COLONY_NAME, COLONIES_SERVER_PRVKEY, COLONIES_COLONY_PRVKEY, COLONIES_PRVKEY.
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns its exit code."""
    given = sys.argv[1:] if arguments is None else list(arguments)
    if given[:1] == ["schema"]:  # argparse would take its `--help` for its own
        return schema_command.run(given[1:])
    options = _parser().parse_args(given)
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(ShownFormatter("%(asctime)s %(levelname)-7s %(name)s: %(message)s"))
    logging.basicConfig(level=logging.DEBUG if options.verbose else logging.WARNING, handlers=[handler])
    logging.getLogger("asyncio").setLevel(logging.WARNING)
    reconfigure = getattr(sys.stdout, "reconfigure", None)  # a stand-in for the stream may not have it
    if reconfigure is not None and not sys.stdout.isatty():
        reconfigure(line_buffering=True)  # so that a pipe sees progress, and in order with errors
    run: Callable[[argparse.Namespace], int] = options.run
    try:
        return run(options)
    except KeyboardInterrupt:
        return EXIT_INTERRUPTED
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # or the interpreter complains at exit
        return EXIT_FAILED
    except (RPCError, ConfigError, ValueError, OSError) as error:
        print(f"colonyos-gen: {shown(_words_of(error))}", file=sys.stderr)
        if isinstance(error, RPCError) and error.conn_err():
            print(
                "Is a server running there? `colonyos-gen serve` starts one on this machine.", file=sys.stderr
            )
        return EXIT_FAILED


def _words_of(error: Exception) -> str:
    if isinstance(error, OSError) and error.strerror and isinstance(error.filename, str | Path):
        return f"{error.filename}: {error.strerror}"
    return str(error)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="colonyos-gen",
        description=_DESCRIPTION,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    version = f"%(prog)s {__version__} (protocol {PROTOCOL_VERSION}, as of server {SERVER_VERSION})"
    parser.add_argument("--version", action="version", version=version)
    parser.add_argument("-v", "--verbose", action="store_true", help="log every call to standard error")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    serve = commands.add_parser(
        "serve",
        help="run the embedded server",
        description=(
            "Run the embedded ColonyOS server. Everything is kept in memory and is gone when it stops, unless --db names a "
            "file for it. Its owner is the key in COLONIES_SERVER_PRVKEY or the identity in COLONIES_SERVER_ID; without them "
            "a key is made for this run, or with --db for this file."
        ),
    )
    serve.add_argument(
        "--host", default="127.0.0.1", help="address to listen on (default: %(default)s, this machine only)"
    )
    serve.add_argument(
        "--port", type=_port, default=DEFAULT_PORT, help="port; 0 picks a free one (default: %(default)s)"
    )
    serve.add_argument(
        "--allow-reregister",
        action="store_true",
        help="let a new executor take over the name of a registered one",
    )
    serve.add_argument(
        "--quirks",
        type=_quirks,
        default="strict",
        metavar="NAMES",
        help=(
            "oddities of the real server to imitate: v1.9 for all, or names with commas between them, see "
            "colonyos_gen.server._quirks (default: %(default)s, which is none)"
        ),
    )
    serve.add_argument(
        "--zone",
        type=_zone,
        default="UTC",
        metavar="AREA/CITY",
        help="time zone of times in replies and of cron expressions (default: %(default)s)",
    )
    serve.add_argument(
        "--hazards",
        choices=("notice", "act", "refuse", "off"),
        default="notice",
        help="what to do when requests meet that would harm the real server: warn of it, also end or stand still as that "
        "would, refuse it, or nothing (default: %(default)s)",
    )
    serve.add_argument(
        "--as-version",
        type=_release,
        default=SERVER_VERSION,
        metavar="VERSION",
        help="answer as this server release, such as 1.9.7, without the messages, fields and values that came later "
        "(default: %(default)s, the newest)",
    )
    serve.add_argument(
        "--retention",
        type=_seconds,
        metavar="SECONDS",
        help="forget processes and workflows this long after their end, with their logs and attributes (default: what "
        "COLONIES_RETENTION_POLICY says, if COLONIES_RETENTION is true; otherwise never)",
    )
    serve.add_argument(
        "--db",
        type=Path,
        metavar="FILE",
        help="keep everything in this file, and go on with what is in it (made if there is none)",
    )
    serve.add_argument(
        "--colony", metavar="NAME", help="make this colony too, with a user, so that work can start at once"
    )
    serve.add_argument(
        "--env-file",
        type=Path,
        metavar="FILE",
        help=(
            "where to write the variables that let others use this server; removed at the end, but kept with --db "
            "(default: ~/.colonyos-gen/serve-PORT.env, or FILE.env with --db FILE)"
        ),
    )

    serve.set_defaults(run=_serve)

    demo = commands.add_parser(
        "demo",
        help="show in a minute what it is about",
        description=(
            "Start a worker with three functions, call one, stream text from another, run a workflow and draw it, submit the "
            "functions of a spec file, and show what became of them. Uses the server that COLONIES_SERVER_HOST names, else "
            "an embedded one."
        ),
    )
    demo.add_argument(
        "--spec",
        type=Path,
        metavar="FILE",
        help="JSON file with a function spec or a list of them (default: one that is built in)",
    )
    demo.add_argument(
        "--picture",
        type=Path,
        default=Path("colonyos-demo.svg"),
        metavar="FILE",
        help="where to write the picture of the workflow (default: %(default)s)",
    )
    demo.set_defaults(run=_demo)

    keys_command.add_to(commands)
    lint_command.add_to(commands)
    schema_command.add_to(commands)
    conformance_command.add_to(commands)
    return parser


def _port(text: str) -> int:
    if text.isdecimal() and int(text) < 65536:
        return int(text)
    raise argparse.ArgumentTypeError(f"{text!r} is not a port: give a number from 0 to 65535")


def _seconds(text: str) -> float:
    with contextlib.suppress(ValueError):
        if 0 < float(text) < math.inf:
            return float(text)
    raise argparse.ArgumentTypeError(f"{text!r} is no time: give a number of seconds above 0")


def _quirks(text: str) -> str:
    from colonyos_gen.server._quirks import Quirks

    try:
        Quirks.parse(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
    return text


def _release(text: str) -> str:
    from colonyos_gen.server._front.as_version import AsVersion

    try:
        return AsVersion(text).version
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _zone(text: str) -> str:
    from colonyos_gen.server._time.zero_time import zone_of

    try:
        zone_of(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
    return text


def _serve(options: argparse.Namespace) -> int:
    from colonyos_gen.cli.serve import serve

    ended_by = asyncio.run(
        serve(
            options.host,
            options.port,
            colonyname=options.colony,
            env_file=options.env_file,
            allow_reregister=options.allow_reregister,
            db=options.db,
            quirks=options.quirks,
            zone=options.zone,
            retention=options.retention,
            hazards=options.hazards,
            as_version=options.as_version,
        )
    )
    if ended_by is None:
        return EXIT_OK
    print(f"colonyos-gen: the server was ended by {ended_by.name}: {ended_by.what}", file=sys.stderr)
    return EXIT_FAILED


def _demo(options: argparse.Namespace) -> int:
    from colonyos_gen.demo import run

    if not options.verbose:  # the demonstration tells itself how each process ends
        logging.getLogger("colonyos_gen.worker").setLevel(logging.ERROR)
    return asyncio.run(run(options.spec, options.picture))
