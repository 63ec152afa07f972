"""From a schema to the text of every file."""

from __future__ import annotations

import traceback
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

import jinja2

from colonyos_gen_codegen.build import as_of, build, named_release
from colonyos_gen_codegen.model import Service
from colonyos_gen_codegen.output.formatting import format_files
from colonyos_gen_codegen.output.overrides import Overrides
from colonyos_gen_codegen.output.render import environment
from colonyos_gen_codegen.output.writer import with_manifest
from colonyos_gen_codegen.schema.findings import Finding, SchemaError
from colonyos_gen_codegen.schema.loader import Schema, load
from colonyos_gen_codegen.targets import Target, TargetError, TargetFailedError, registry
from colonyos_gen_codegen.validate import validate

_DRAFT_LACKS = {"MESSAGE_HAS_EXAMPLE", "NEW_HAS_SINCE"}
"""The rules that a draft need not keep yet."""


def render(
    schema_root: Path,
    chosen: Mapping[str, Target],
    templates: Path | None,
    out: Path,
    *,
    draft: bool = False,
) -> dict[str, str]:
    """Every file of the `chosen` targets, formatted, with the manifest. Raises `SchemaError` on findings."""
    return texts(service_of(load(schema_root), draft=draft), chosen, templates, out)


def service_of(schema: Schema, *, draft: bool, release: str | None = None) -> Service:
    """The model of a schema, as of a server release, or else of the newest.

    Raises:
        SchemaError: There are findings; of a draft, others than what it may lack.
        UnknownReleaseError: The schema does not know the release.
    """
    findings = findings_of(schema, draft=draft)
    if findings:
        raise SchemaError(findings)
    return build(as_of(schema, None if release is None else named_release(schema, release)))


def findings_of(schema: Schema, *, draft: bool) -> list[Finding]:
    """What is wrong with a schema; of a draft, without what it may lack."""
    return [finding for finding in validate(schema) if not (draft and finding.rule in _DRAFT_LACKS)]


def texts(
    service: Service,
    chosen: Mapping[str, Target],
    templates: Path | None,
    out: Path,
    known: Mapping[str, Target] | None = None,
) -> dict[str, str]:
    """Every file of the `chosen` targets, with templates of somebody's own for any `known` one.

    Raises:
        TargetError: Two targets make one file, or one makes a file outside of the output.
        OverrideError: One of the templates is read by nothing.
    """
    folders = {name: target.templates for name, target in (known or {**registry(), **chosen}).items()}
    own = Overrides(templates, folders) if templates is not None else None
    rendered = {
        name: _files(
            target, service, environment(target.templates, own.loader(name) if own is not None else None)
        )
        for name, target in chosen.items()
    }
    if own is not None:
        own.require_use()
    _require_places(rendered)
    formatted = format_files({path: text for files in rendered.values() for path, text in files.items()})
    by_target = {name: {path: formatted[path] for path in files} for name, files in rendered.items()}
    return with_manifest(by_target, out)


def _files(target: Target, service: Service, templates: jinja2.Environment) -> dict[str, str]:
    """What a target makes. Raises `TargetFailedError`, with its place, if it fails, or makes something else than texts."""
    try:
        made: Any = target.render(service, templates)
        kind = type(made).__name__
        files: dict[Any, Any] | None = None
        if isinstance(made, Mapping):
            files = dict(cast("Mapping[object, Any]", made))
    except (TargetError, jinja2.TemplateSyntaxError, jinja2.TemplateNotFound):
        raise
    except (Exception, SystemExit) as error:  # whatever somebody else's target raises
        at = traceback.extract_tb(error.__traceback__)[-1]
        where = f"{at.filename}:{at.lineno}"
        if isinstance(error, jinja2.UndefinedError):  # it may be raised below the template
            lines = traceback.extract_tb(error.__traceback__)
            where = next(
                (
                    f"{each.filename}:{each.lineno}"
                    for each in reversed(lines)
                    if each.filename.endswith(".jinja")
                ),
                where,
            )
        raise TargetFailedError(
            f"target {target.name!r}, {target.origin}: {type(error).__name__}: {error} in {where}"
        ) from error
    if files is None:
        raise TargetFailedError(
            f"target {target.name!r}, {target.origin}: render returned a {kind}, not a mapping of"
            " paths to texts"
        )
    for path, text in files.items():
        if not isinstance(path, str) or not isinstance(text, str):
            raise TargetFailedError(
                f"target {target.name!r}, {target.origin}: {path!r} is a {type(text).__name__}; paths and texts are str"
            )
    return files


def _require_places(rendered: Mapping[str, Mapping[str, str]]) -> None:
    makers: dict[str, str] = {}
    for target, files in rendered.items():
        for path in files:
            if Path(path).is_absolute() or ".." in Path(path).parts or not Path(path).parts:
                raise TargetError(f"target {target!r} makes {path!r}, which is outside of the output folder")
            if path in makers:
                raise TargetError(f"targets {makers[path]!r} and {target!r} both make {path}")
            makers[path] = target
