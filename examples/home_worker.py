"""Brings devices into the state that their blueprints ask for, and reports the state that they are in.

    python examples/home_worker.py

The kind HomeDevice, and who looks after it, is described once, see describe_device.py.
"""

from __future__ import annotations

from typing import Any

from colonyos_gen import Blueprint, Context, Worker

DEVICES: dict[str, dict[str, Any]] = {}
"""Stands for the devices themselves."""

worker = Worker("home")


@worker.reconciles("HomeDevice")
def light(blueprint: Blueprint, ctx: Context) -> dict[str, Any]:
    """Called for every change, and once a minute. What it returns becomes the status of the blueprint."""
    name = blueprint.metadata.name
    if DEVICES.get(name) != blueprint.spec:
        ctx.log(f"{name}: {DEVICES.get(name)} -> {blueprint.spec}")
        DEVICES[name] = dict(blueprint.spec)
    return {"power": DEVICES[name]["power"], "reached": True}


if __name__ == "__main__":
    worker.run()
