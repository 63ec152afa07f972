"""Generators: workflows that start when enough arguments have been packed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from colonyos_gen_wire.constants import GENERATOR_CHECK_PERIOD_MS
from colonyos_gen_wire.errors import NUL_REFUSED_500
from colonyos_gen_wire.errors import generator as errors
from colonyos_gen_wire.errors import process as process_errors
from colonyos_gen_wire.methods import generator as methods
from colonyos_gen_wire.types.generator import Generator
from msgspec.structs import replace

from colonyos_gen.server._caller.access import Access
from colonyos_gen.server._caller.nul import has_nul, require_text
from colonyos_gen.server._caller.refusal import BAD_TRIGGER, Refusal
from colonyos_gen.server._clock import Clock, moment
from colonyos_gen.server._processes.lifecycle import new_id
from colonyos_gen.server._quirks import STRICT, Quirks
from colonyos_gen.server._store.records import PackedArgument, Records
from colonyos_gen.server._values.integers import require_integers
from colonyos_gen.server._workflows.stored import accept_workflow

if TYPE_CHECKING:
    from colonyos_gen_wire.requests.generator import (
        AddGeneratorMsg,
        GetGeneratorMsg,
        GetGeneratorsMsg,
        PackGeneratorMsg,
        RemoveGeneratorMsg,
        ResolveGeneratorMsg,
    )


class Generators:
    """Serves the generator messages. Those about one generator look for it before they look at rights."""

    def __init__(self, records: Records, access: Access, clock: Clock, quirks: Quirks = STRICT) -> None:
        self._records = records
        self._access = access
        self._clock = clock
        self._quirks = quirks

    async def add_generator(self, request: AddGeneratorMsg, signer: str, /) -> Generator:
        generator = request.generator
        self._access.require(methods.ADD_GENERATOR, signer, generator.colonyname)
        accept_workflow(generator.workflowspec, generator.colonyname, "generator", self._quirks)
        if generator.trigger < 1:
            raise Refusal(BAD_TRIGGER)
        require_integers(generator.trigger, generator.timeout)
        require_text(methods.ADD_GENERATOR, generator.name)
        if self._records.generator(generator.colonyname, generator.name) is not None:
            raise Refusal(
                errors.ADD_GENERATOR_GENERATOR_ALREADY_EXISTS,
                name=generator.name,
                colony=generator.colonyname,
            )
        return self._records.generators.put(
            replace(
                generator,
                generatorid=new_id(),
                initiatorid=signer,
                initiatorname=self._records.name_of(generator.colonyname, signer),
                firstpack=None,
                lastrun=None,
                queuesize=0,
                checkerperiod=0,
            )
        )

    async def get_generator(self, request: GetGeneratorMsg, signer: str, /) -> Generator:
        generator = self._records.generators.get(request.generatorid)
        if generator is None:
            raise Refusal(errors.GET_GENERATOR_GENERATOR_NOT_FOUND)
        self._access.require(methods.GET_GENERATOR, signer, generator.colonyname)
        queuesize = self._records.packed_of_generator.count(generator.generatorid)
        return replace(generator, queuesize=queuesize, checkerperiod=GENERATOR_CHECK_PERIOD_MS)

    async def get_generators(self, request: GetGeneratorsMsg, signer: str, /) -> list[Generator]:
        self._access.require(methods.GET_GENERATORS, signer, request.colonyname)
        if request.count < 0:
            raise Refusal(process_errors.GET_PROCESSES_NEGATIVE_LIMIT)
        return self._records.generators_of_colony.find(request.colonyname)[: request.count]

    async def resolve_generator(self, request: ResolveGeneratorMsg, signer: str, /) -> Generator:
        generator = self._records.generator(request.colonyname, request.generatorname)
        if generator is None:
            raise Refusal(errors.RESOLVE_GENERATOR_GENERATOR_NOT_FOUND)
        self._access.require(methods.RESOLVE_GENERATOR, signer, generator.colonyname)
        return generator

    async def pack_generator(self, request: PackGeneratorMsg, signer: str, /) -> None:
        generator = self._records.generators.get(request.generatorid)
        if generator is None:
            raise Refusal(errors.PACK_GENERATOR_GENERATOR_NOT_FOUND)
        self._access.require(methods.PACK_GENERATOR, signer, generator.colonyname)
        if has_nul((request.arg,)):
            raise Refusal(NUL_REFUSED_500)
        self._records.packed.put(
            PackedArgument(
                argumentid=new_id(),
                generatorid=generator.generatorid,
                arg=request.arg,
            )
        )
        if generator.firstpack is None:
            self._records.generators.put(replace(generator, firstpack=moment(self._clock.now_ns())))

    async def remove_generator(self, request: RemoveGeneratorMsg, signer: str, /) -> None:
        generator = self._records.generators.get(request.generatorid)
        if generator is None:
            raise Refusal(errors.REMOVE_GENERATOR_GENERATOR_NOT_FOUND)
        self._access.require(methods.REMOVE_GENERATOR, signer, generator.colonyname)
        self._records.remove_generator(generator)
