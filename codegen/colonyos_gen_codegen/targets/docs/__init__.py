"""The reference in Markdown: an index, the hazards, and one page for the types and one for the calls of each domain."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import partial

import jinja2

from colonyos_gen_codegen.model import Message, Service
from colonyos_gen_codegen.output.render import BANNER
from colonyos_gen_codegen.targets.docs import markdown, signatures
from colonyos_gen_codegen.targets.docs.hazards import contents
from colonyos_gen_codegen.targets.docs.links import Links
from colonyos_gen_codegen.targets.docs.tables import Tables
from colonyos_gen_codegen.targets.docs.usage import Usage


def render(service: Service, templates: jinja2.Environment, /) -> Mapping[str, str]:
    """Every page. Headings are names of types and methods, so their anchors are these names in lower case."""
    templates.filters.update(text=markdown.text, cell=markdown.cell, code=markdown.code, html=markdown.html)
    shared = {
        "banner": BANNER,
        "contents": contents,
        "lifetime": markdown.lifetime,
        "service": service,
        "fenced_json": markdown.fenced_json,
        "neutral_signature": signatures.neutral,
        "python_signature": partial(signatures.python, service),
        "result": markdown.result,
        "sent_fields": signatures.sent_fields,
        "usage": Usage(service),
    }

    def page(template: str, folder: str, **variables: object) -> str:
        links = Links(service, folder)
        own = {"link": links, "roles": partial(_roles, links), "tables": Tables(service, links)}
        text = templates.get_template(template).render(**shared, **own, **variables)
        return re.sub(r"\n{3,}", "\n\n", text).rstrip() + "\n"

    pages = {"docs/index.md": page("index.md.jinja", "")}
    if service.hazards:
        pages["docs/hazards.md"] = page("hazards.md.jinja", "")
    for domain in service.domains:
        if domain.structs or domain.enums:
            pages[f"docs/types/{domain.name}.md"] = page("types.md.jinja", "types", domain=domain)
        if domain.messages:
            pages[f"docs/rpc/{domain.name}.md"] = page("rpc.md.jinja", "rpc", domain=domain)
    return pages


def _roles(links: Links, message: Message) -> str:
    return " or ".join(links.index("#roles", role) for role in message.roles)
