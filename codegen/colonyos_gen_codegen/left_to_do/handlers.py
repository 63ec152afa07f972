"""Handlers that the embedded server lacks, and those whose message is gone."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from colonyos_gen_codegen.left_to_do.item import Item
from colonyos_gen_codegen.left_to_do.parsing import parse
from colonyos_gen_codegen.left_to_do.project import Project
from colonyos_gen_codegen.model import Domain, Message, Service
from colonyos_gen_codegen.targets.python import spelling

Functions = dict[str, ast.FunctionDef | ast.AsyncFunctionDef]


def handlers(service: Service, project: Project) -> Iterator[Item]:
    """What the modules of handlers and the schema do not agree about."""
    for domain in service.domains:
        wanted = {message.methods[0].name: message for message in domain.messages if message.registered}
        path = project.handlers(domain.name)
        serving = _serving(path, domain, set(wanted))
        if serving is None:
            for message in wanted.values():
                yield Item(path, 1, f"write the handler, in a class for the domain: {signature(message)}")
            continue
        written = _methods(serving)
        last = max(filter(_is_handler, written.values()), key=lambda each: each.lineno, default=serving)
        after = f", after {last.name}" if last is not serving else ""
        for name, message in wanted.items():
            if name not in written:
                what = f"write the handler, in {serving.name}{after}: {signature(message)}"
                yield Item(path, last.end_lineno or last.lineno, what)
        for name, function in written.items():
            if name not in wanted and _is_handler(function):
                yield Item(
                    path, function.lineno, f"remove the handler {name}: there is no such message any more"
                )


def signature(message: Message) -> str:
    """The first line of the handler of a message."""
    head = "def" if message.reply.stream else "async def"
    item = spelling.reply_type(message.reply)
    result = f"AsyncIterator[{item}]" if message.reply.stream else item
    return (
        f"{head} {message.methods[0].name}(self, request: {message.struct.name}, signer: str, /) -> {result}"
    )


def _serving(path: Path, domain: Domain, wanted: set[str]) -> ast.ClassDef | None:
    """The class in `path` that has most of the handlers of `domain`."""
    try:
        tree = parse(path.read_text(encoding="utf-8"))
    except (OSError, SyntaxError):
        return None
    classes = [node for node in tree.body if isinstance(node, ast.ClassDef)]
    known = wanted | {domain.name}
    return max(classes, key=lambda each: len(known & _methods(each).keys()), default=None)


def _methods(node: ast.ClassDef) -> Functions:
    found = [item for item in node.body if isinstance(item, ast.FunctionDef | ast.AsyncFunctionDef)]
    return {item.name: item for item in found}


def _is_handler(function: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """Whether a method has the parameters of a handler, all of them by place only."""
    return [each.arg for each in function.args.posonlyargs] == ["self", "request", "signer"]
