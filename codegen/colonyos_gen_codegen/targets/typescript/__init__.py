"""The TypeScript package: types, requests, typed calls, the facts of the protocol, over a runtime that is written by hand."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, cast

import jinja2

from colonyos_gen_codegen.model import Domain, Message, Service, Struct, Type
from colonyos_gen_codegen.output.render import BANNER
from colonyos_gen_codegen.targets.typescript import calls, shapes, spelling

PACKAGE = "typescript"
RUNTIME = Path(__file__).parent / "runtime"
RUNTIME_BANNER = (
    "Written by hand: a static file, copied as it is from the `runtime` of the target `typescript`. "
    f"The files around it are {BANNER}"
)
"""What a file says that does not depend on the schema."""


def render(service: Service, templates: jinja2.Environment) -> Mapping[str, str]:
    """Every file of the package."""
    return _Render(service, templates).files()


class _Render:
    def __init__(self, service: Service, templates: jinja2.Environment) -> None:
        self._service = service
        self._templates = templates
        self._home = {struct.name: domain.name for domain in service.domains for struct in domain.structs}
        self._home |= {enum.name: domain.name for domain in service.domains for enum in domain.enums}
        self._request_home = {message.struct.name: message.domain for message in service.messages}
        self._rpc_domains = [domain for domain in service.domains if _registered(domain)]
        cast(dict[str, Any], templates.globals).update(
            service=service,
            banner=BANNER,
            spelling=spelling,
            shapes=shapes.Shapes(service),
            calls=calls,
            registered=_registered,
            imports=self._imports,
            struct_types=_struct_types,
            call_types=_call_types,
            types_domains=[domain for domain in service.domains if domain.structs or domain.enums],
            request_domains=[domain for domain in service.domains if domain.messages],
            rpc_domains=self._rpc_domains,
        )

    def files(self) -> dict[str, str]:
        """Their texts by path."""
        files = {
            f"{PACKAGE}/src/runtime/{path.name}": f"// {RUNTIME_BANNER}\n{path.read_text(encoding='utf-8')}"
            for path in sorted(RUNTIME.glob("*.ts"))
        }
        for name in ("package.json", "tsconfig.json", "README.md"):
            files[f"{PACKAGE}/{name}"] = self._text(name)
        for name in ("protocol", "messages", "index"):
            files[f"{PACKAGE}/src/{name}.ts"] = self._text(f"{name}.ts")
        before: Domain | None = None
        for domain in self._service.domains:
            if domain.structs or domain.enums:
                files[f"{PACKAGE}/src/types/{domain.name}.ts"] = self._text("types.ts", domain=domain)
            if domain.messages:
                files[f"{PACKAGE}/src/requests/{domain.name}.ts"] = self._text("requests.ts", domain=domain)
            if _registered(domain):
                path = f"{PACKAGE}/src/calls/{domain.name}.ts"
                files[path] = self._text("calls.ts", domain=domain, before=before)
                before = domain
        files[f"{PACKAGE}/src/calls/index.ts"] = self._text("calls_index.ts", last=before)
        return files

    def _text(self, template: str, **variables: Any) -> str:
        return spelling.without_unused(self._templates.get_template(f"{template}.jinja").render(**variables))

    def _imports(self, types: Sequence[Type | Struct], folder: str, domain: str) -> list[str]:
        """The statements that import what `types` name, for a module of `folder`: what is read, and what is written."""
        by_module: dict[str, set[str]] = {}
        for name in _named(types):
            home = self._request_home.get(name)
            where, of = ("requests", home) if home is not None else ("types", self._home[name])
            if (where, of) != (folder, domain):
                by_module.setdefault(f"../{where}/{of}.js", set()).add(name)
        enums = {enum.name for enum in self._service.enums}
        return [
            spelling.import_of(
                [
                    spelled
                    for name in sorted(names)
                    for spelled in (
                        spelling.type_name(name),
                        *(() if name in enums else (f"type {spelling.init_name(name)}",)),
                    )
                ],
                module,
            )
            for module, names in sorted(by_module.items())
        ]


def _named(types: Sequence[Type | Struct]) -> set[str]:
    names: set[str] = set()
    for type_ in types:
        if isinstance(type_, Struct):
            names.add(type_.name)
        else:
            names |= {inner.name for inner in type_.walk() if inner.name}
    return names


def _struct_types(structs: Iterable[Struct]) -> list[Type]:
    return [type_ for struct in structs for type_ in shapes.Shapes.types(struct)]


def _call_types(domain: Domain) -> list[Type | Struct]:
    messages = _registered(domain)
    return [
        *(message.struct for message in messages),
        *(type_ for message in messages for type_ in calls.types(message)),
    ]


def _registered(domain: Domain) -> list[Message]:
    return [message for message in domain.messages if message.registered]
