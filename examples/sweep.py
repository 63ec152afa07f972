"""A workflow: prepare, run a parameter sweep side by side, and reduce. Its picture goes into sweep.svg.

    python examples/sweep.py

Needs the worker of hpc_worker.py. Any node may fail: `handle.failures()` tells which and why.
"""

from __future__ import annotations

import sys

from colonyos_gen import connect, workflow


def main(picture: str = "sweep.svg") -> None:
    with workflow("sweep", to="hpc") as sweep:
        prepared = sweep.task("prepare", 100)
        runs = [sweep.task("simulate", step, after=prepared) for step in range(12)]
        sweep.task("reduce", after=runs)

    with connect() as colony:
        handle = colony.submit(sweep).wait(timeout=60, progress=True)
        handle.to_svg(picture)
        print("best:", handle.output("reduce"))
        print("picture:", picture)


if __name__ == "__main__":
    main(*sys.argv[1:])
