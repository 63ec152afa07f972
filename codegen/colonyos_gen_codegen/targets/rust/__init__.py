"""A crate for Rust: types, requests and typed calls, one module a domain, over a small transport that is written by hand.

What is in `runtime/` is copied as it stands; all facts of the protocol come from the model.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import jinja2

from colonyos_gen_codegen.model import Service
from colonyos_gen_codegen.output.render import BANNER
from colonyos_gen_codegen.targets.rust import checks, spelling

_RUNTIME = Path(__file__).parent / "runtime"


def render(service: Service, templates: jinja2.Environment, /) -> Mapping[str, str]:
    """Every file of the crate."""
    common = {"banner": BANNER, "service": service, "s": spelling, "checks": checks}
    files: dict[str, str] = {}
    for source in sorted(_RUNTIME.rglob("*")):
        if source.is_file():
            files[f"rust/{source.relative_to(_RUNTIME).as_posix()}"] = source.read_text(encoding="utf-8")
    for domain in service.domains:
        text = templates.get_template("domain.rs.jinja").render(domain=domain, **common)
        files[f"rust/src/domains/{spelling.snake(domain.name)}.rs"] = text
    for template, path in (
        ("domains.rs.jinja", "src/domains.rs"),
        ("constants.rs.jinja", "src/constants.rs"),
        ("dispatch.rs.jinja", "src/bin/conformance/dispatch.rs"),
    ):
        files[f"rust/{path}"] = templates.get_template(template).render(**common)
    return files
