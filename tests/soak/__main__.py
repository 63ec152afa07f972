"""`python -m tests.soak`: progress on standard error, the report on standard output, exit code 1 if it is not sound."""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from tests.soak.ground import ground
from tests.soak.parts import PARTS, Scale
from tests.soak.program import soak


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what the arguments say, and return the exit code."""
    parser = argparse.ArgumentParser("python -m tests.soak", description=__doc__)
    usual = Scale()
    parser.add_argument("--only", action="append", choices=list(PARTS), help="a part to run; again for more")
    parser.add_argument("--calls", type=int, default=usual.calls, help="what most parts are measured by")
    parser.add_argument("--teardowns", type=int, default=usual.teardowns)
    parser.add_argument("--workers", type=int, default=usual.workers, help="where there are many")
    parser.add_argument("--minutes", type=float, default=usual.minutes, help="for everything at once")
    parser.add_argument(
        "--embedded", action="store_true", help="against an embedded server, which tells hazards"
    )
    parser.add_argument("--pid", type=int, help="process of the server, instead of COLONIES_SERVER_PID")
    parser.add_argument("--log", type=Path, help="log of the server, to look for crashes and races in")
    options = parser.parse_args(arguments)
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)-7s %(name)s %(message)s")
    if not options.embedded and not os.environ.get("COLONIES_SERVER_PRVKEY"):
        parser.error("set COLONIES_SERVER_PRVKEY: it makes colonies of its own; or try it with --embedded")
    scale = Scale(options.calls, options.teardowns, options.workers, options.minutes)

    async def run() -> int:
        async with ground(embedded=options.embedded, pid=options.pid, log=options.log) as server:
            report = await soak(server, options.only or list(PARTS), scale)
        print("\n".join(report.table()), flush=True)
        if report.sound:
            server.clear()
        else:
            print(f"what the workers have left is in {server.folder}", file=sys.stderr)
        return 0 if report.sound else 1

    return asyncio.run(run())


if __name__ == "__main__":
    sys.exit(main())
