"""The worker for the workflow in sweep.py.

python examples/hpc_worker.py
"""

from __future__ import annotations

import time

from colonyos_gen import Worker

worker = Worker("hpc", concurrency=8)


@worker.function
def prepare(size: int) -> int:
    """What all runs start from."""
    return size


@worker.function
def simulate(step: int, inputs: list[int]) -> int:
    """One run. `inputs` are the outputs of the tasks that this one comes after."""
    time.sleep(0.1)
    return inputs[0] + step


@worker.function
def reduce(inputs: list[int]) -> int:
    """The best of all runs."""
    return max(inputs)


if __name__ == "__main__":
    worker.run()
