"""The Python package `colonyos_gen_wire`: msgspec types, requests, method descriptors, call stubs, handler protocols."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

import jinja2

from colonyos_gen_codegen.model import Domain, ErrorCase, Message, Service, Struct, Type
from colonyos_gen_codegen.output.render import BANNER
from colonyos_gen_codegen.targets.python import options, spelling
from colonyos_gen_codegen.targets.python.limits import Limits

PACKAGE = "python/colonyos_gen_wire"
_SUPPORT = [
    "base",
    "method",
    "shape",
    "nulls",
    "go_form",
    "codec",
    "exact",
    "file_form",
    "file_reading",
    "terminal",
]


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
        limits = Limits(service)
        cast(dict[str, Any], templates.globals).update(
            service=service,
            banner=BANNER,
            spelling=spelling,
            limits=limits,
            submitted=options.submitted(service),
            submission_defaults=options.telling,
            zero_in_file=options.zero_in_file,
            with_default=options.with_default,
            option_doc=options.doc,
            option_written=options.written,
            imports=self._imports,
            registered=self._registered,
            exception_names=[spelling.exception(code) for code in service.codes],
            is_shared=_is_shared,
            own_errors=_own_errors,
            first_named=self._first_named,
            types_domains=[domain for domain in service.domains if domain.structs or domain.enums],
            rpc_domains=[domain for domain in service.domains if self._registered(domain)],
            request_domains=[domain for domain in service.domains if domain.messages],
        )

    def files(self) -> dict[str, str]:
        files = {f"{PACKAGE}/py.typed": ""}
        files[f"{PACKAGE}/errors/shared.py"] = self._text("errors_shared")
        for name in [
            *_SUPPORT,
            "fields",
            "options",
            "file_forms",
            "checks",
            "constants",
            "exceptions",
            "hazards",
            "__init__",
        ]:
            files[f"{PACKAGE}/{name}.py"] = self._text(name)
        if options.submitted(self._service) is not None:
            files[f"{PACKAGE}/submission.py"] = self._text("submission")
        for domain in self._service.domains:
            if domain.structs or domain.enums:
                files[f"{PACKAGE}/types/{domain.name}.py"] = self._text("types", domain=domain)
            if domain.messages:
                files[f"{PACKAGE}/requests/{domain.name}.py"] = self._text("requests", domain=domain)
            if self._registered(domain):
                for name in ("errors", "methods", "handlers"):
                    files[f"{PACKAGE}/{name}/{domain.name}.py"] = self._text(name, domain=domain)
                for flavour in ("async", "sync"):
                    path = f"{PACKAGE}/stubs_{flavour}/{domain.name}.py"
                    files[path] = self._text("stubs", domain=domain, flavour=flavour)
        for name in ("types", "requests", "errors", "methods", "handlers"):
            files[f"{PACKAGE}/{name}/__init__.py"] = self._text(f"{name}_init")
        for flavour in ("async", "sync"):
            files[f"{PACKAGE}/stubs_{flavour}/__init__.py"] = self._text("stubs_init", flavour=flavour)
        return files

    def _text(self, template: str, **variables: Any) -> str:
        return self._templates.get_template(f"{template}.py.jinja").render(**variables)

    def _registered(self, domain: Domain) -> list[Message]:
        return [message for message in domain.messages if message.registered]

    def _first_named(self, domain: Domain, error: ErrorCase) -> str:
        """The first constant of `domain` that is this error, so that those after it are the same one."""
        return next(
            spelling.error_constant(message, other)
            for message in self._registered(domain)
            for other in message.errors
            if other == error
        )

    def _imports(
        self, types: Sequence[Type | Struct], domain: str | None, package: str = "colonyos_gen_wire"
    ) -> list[str]:
        """Imports of the named types among `types` that do not live in the types module of `domain`, a name a line."""
        names: set[str] = set()
        for type_ in types:
            if isinstance(type_, Struct):
                names.add(type_.name)
            else:
                names |= {inner.name for inner in type_.walk() if inner.name}
        by_module: dict[str, set[str]] = {}
        for name in names:
            if name in self._request_home:
                by_module.setdefault(f"{package}.requests.{self._request_home[name]}", set()).add(name)
            elif self._home[name] != domain:
                by_module.setdefault(f"{package}.types.{self._home[name]}", set()).add(name)
        return [
            f"from {module} import ({', '.join(sorted(found))},)"
            for module, found in sorted(by_module.items())
        ]


def _is_shared(error: ErrorCase) -> bool:
    """Whether `error` is the same for every message that shares it."""
    return error.shared and error.action is None


def _own_errors(message: Message) -> list[ErrorCase]:
    return [error for error in message.errors if not _is_shared(error)]
