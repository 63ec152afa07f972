"""`colonyos-gen demo`: one executor, some functions, and what became of them."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import sys
import time
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from colonyos_gen_wire import Colony, Executor, FunctionSpec, Process, User, WorkflowSpec

from colonyos_gen import AsyncClient, Config, ConfigError, NoProcessError, PrivateKey
from colonyos_gen.config import server_is_set
from colonyos_gen.spec_file import load_spec

BUILT_IN_SPECS = Path(__file__).with_name("demo_specs.json")
PATIENCE = 60.0
"""Seconds after which the demonstration gives up."""


def _sleep(seconds: float) -> str:
    time.sleep(seconds)
    return f"slept {seconds:g} s"


def _count_words(text: str) -> int:
    return len(text.split())


def _divide(a: float, b: float) -> float:
    return a / b


def _first_on_the_list(what: str) -> str:
    return f"{what} went first"


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "echo": lambda *args: args[0] if len(args) == 1 else list(args),
    "add": lambda *numbers: sum(numbers),
    "count_words": _count_words,
    "sleep": _sleep,
    "first_on_the_list": _first_on_the_list,
    "divide": _divide,
}
"""What the demonstration's executor can do."""


@dataclass
class Scene:
    """Where the demonstration takes place, and with which keys."""

    client: AsyncClient
    colonyname: str
    colony_key: PrivateKey
    executor: Executor
    executor_key: PrivateKey
    submitter_key: PrivateKey


async def run(spec_file: Path | None) -> int:
    """Play it through, and print it; returns the exit code."""
    loaded = load_spec(spec_file or BUILT_IN_SPECS)
    specs = loaded.functionspecs if isinstance(loaded, WorkflowSpec) else [loaded]
    async with _scene() as scene:
        executor = scene.executor
        print(
            f"Executor {executor.executorname!r} of type {executor.executortype!r} is registered and approved."
        )
        processids: list[str] = []
        for spec in specs:
            spec.conditions.colonyname = scene.colonyname
            spec.conditions.executortype = executor.executortype
            spec.conditions.executornames = []
            submitted = await scene.client.submit(spec, prvkey=scene.submitter_key)
            processids.append(submitted.processid)
        print(
            f"Submitted {len(specs)} function{'s' if len(specs) != 1 else ''}; the executor takes them by priority.\n"
        )
        async with asyncio.timeout(PATIENCE):
            await _execute(scene, set(processids))
        done = [
            await scene.client.get_process(processid, prvkey=scene.submitter_key) for processid in processids
        ]
        print(_table(done))
    return 0


async def _execute(scene: Scene, pending: set[str]) -> None:
    """Be the executor, until everything that is `pending` has ended."""
    while pending:
        try:
            process = await scene.client.assign(scene.colonyname, 5, prvkey=scene.executor_key)
        except NoProcessError:
            continue
        try:
            output = await asyncio.to_thread(_call, process.spec)
        except Exception as error:
            # Whatever goes wrong in a function is the result of the process, never the end of its executor.
            await scene.client.fail(
                process.processid, errors=[f"{type(error).__name__}: {error}"], prvkey=scene.executor_key
            )
        else:
            await scene.client.close(process.processid, output=[output], prvkey=scene.executor_key)
        pending.discard(process.processid)


def _call(spec: FunctionSpec) -> Any:
    if spec.funcname not in FUNCTIONS:
        raise LookupError(f"no function {spec.funcname!r} here; there are {', '.join(sorted(FUNCTIONS))}")
    return FUNCTIONS[spec.funcname](*spec.args, **spec.kwargs)


@contextlib.asynccontextmanager
async def _scene() -> AsyncGenerator[Scene]:
    """A colony with an approved executor and somebody who submits; removed again as far as it was made here."""
    async with contextlib.AsyncExitStack() as stack:
        if server_is_set():
            config = Config.from_env()
            client = await stack.enter_async_context(AsyncClient.from_env())
            print(f"Server: {client.url}, from the environment.")
        else:
            from colonyos_gen.server import Server

            owner = PrivateKey.generate()
            server = await stack.enter_async_context(Server(server_key=owner))
            config = Config(host=server.host, port=server.port, server_key=owner)
            client = await stack.enter_async_context(AsyncClient(server.url, server_key=owner))
            print(f"Server: {client.url}, embedded in this process; set COLONIES_SERVER_HOST to use another.")
        yield await _people(stack, client, config)


async def _people(stack: contextlib.AsyncExitStack, client: AsyncClient, config: Config) -> Scene:
    suffix = os.urandom(3).hex()
    if config.colonyname and config.colony_key:
        colonyname, colony_key = config.colonyname, config.colony_key
    elif config.server_key:
        colonyname, colony_key = f"demo-{suffix}", PrivateKey.generate()
        await client.add_colony(Colony(colonyid=colony_key.id, name=colonyname))
        stack.push_async_callback(client.remove_colony, colonyname)
    else:
        raise ConfigError(
            "the demonstration needs a colony: set COLONIES_COLONY_NAME and COLONIES_COLONY_PRVKEY to use yours, or "
            "COLONIES_SERVER_PRVKEY to let it make one for the moment"
        )
    executor_key, submitter_key = PrivateKey.generate(), config.member_key
    executor = Executor.new(f"demo-executor-{suffix}", executor_key.id, f"demo-{suffix}", colonyname)
    await client.add_executor(executor, prvkey=colony_key)
    stack.push_async_callback(client.remove_executor, colonyname, executor.executorname, prvkey=colony_key)
    await client.approve_executor(colonyname, executor.executorname, prvkey=colony_key)
    if submitter_key is None:
        submitter_key = PrivateKey.generate()
        user = User(colonyname=colonyname, userid=submitter_key.id, name=f"demo-user-{suffix}")
        await client.add_user(user, prvkey=colony_key)
        stack.push_async_callback(client.remove_user, colonyname, user.name, prvkey=colony_key)
    return Scene(client, colonyname, colony_key, executor, executor_key, submitter_key)


def _table(processes: list[Process]) -> str:
    """The processes as a table that reads well on a terminal and in a pipe."""
    header = ["FUNCTION", "ARGUMENTS", "STATE", "WAITED", "RAN", "OUTPUT"]
    rows = [header] + [_row(process) for process in processes]
    widths = [max(len(row[column]) for row in rows) for column in range(len(header))]
    lines = [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    ]
    return "\n".join(
        [
            lines[0],
            "  ".join(("-" if not sys.stdout.isatty() else "─") * width for width in widths),
            *lines[1:],
        ]
    )


def _row(process: Process) -> list[str]:
    arguments = [json.dumps(argument) for argument in process.spec.args]
    arguments += [f"{name}={json.dumps(value)}" for name, value in process.spec.kwargs.items()]
    result = (
        "; ".join(process.errors)
        if process.errors
        else ", ".join(json.dumps(item) for item in process.output)
    )
    return [
        process.spec.funcname,
        _short(", ".join(arguments), 32),
        process.state.name,
        _seconds(process.submissiontime, process.starttime),
        _seconds(process.starttime, process.endtime),
        _short(result, 60),
    ]


def _seconds(start: Any, end: Any) -> str:
    return f"{(end - start).total_seconds():.2f} s" if start and end else "-"


def _short(text: str, width: int) -> str:
    return text if len(text) <= width else text[: width - 1] + "…"
