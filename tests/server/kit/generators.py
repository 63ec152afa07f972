"""What tests do with generators."""

from __future__ import annotations

from typing import Any

from colonyos_gen_wire.methods import generator as methods
from colonyos_gen_wire.requests.generator import (
    AddGeneratorMsg,
    GetGeneratorMsg,
    PackGeneratorMsg,
    RemoveGeneratorMsg,
)
from colonyos_gen_wire.types.generator import Generator

from colonyos_gen.crypto import PrivateKey
from tests.server.kit.lab import COLONY, Lab
from tests.server.kit.stored import processes, text


async def add(here: Lab, key: PrivateKey, name: str = "g", **settings: Any) -> Generator:
    """Add one that starts a workflow of one task."""
    fields: dict[str, Any] = {"colonyname": COLONY, "name": name, "workflowspec": text(), "trigger": 2}
    generator = Generator(**(fields | settings))
    return await here.call(key, methods.ADD_GENERATOR, AddGeneratorMsg(generator=generator))


async def get(here: Lab, key: PrivateKey, generator: Generator) -> Generator:
    """It as the server shows it."""
    request = GetGeneratorMsg(generatorid=generator.generatorid)
    return await here.call(key, methods.GET_GENERATOR, request)


async def pack(here: Lab, key: PrivateKey, generator: Generator, *args: str) -> None:
    """Put these into its queue, one after the other."""
    for arg in args:
        request = PackGeneratorMsg(generatorid=generator.generatorid, arg=arg)
        await here.call(key, methods.PACK_GENERATOR, request)


async def remove(here: Lab, key: PrivateKey, generator: Generator) -> None:
    """Remove it."""
    request = RemoveGeneratorMsg(generatorid=generator.generatorid)
    await here.call(key, methods.REMOVE_GENERATOR, request)


async def batches(here: Lab, key: PrivateKey) -> list[list[Any]]:
    """The arguments of the waiting processes."""
    return [each.spec.args for each in await processes(here, key)]
