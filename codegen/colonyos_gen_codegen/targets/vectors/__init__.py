"""Test vectors for SDKs of any language: what comes in, and what must come out."""

from __future__ import annotations

from collections.abc import Mapping

import jinja2

from colonyos_gen_codegen.model import Service
from colonyos_gen_codegen.output.render import BANNER
from colonyos_gen_codegen.targets.vectors.answers import BY_STATUS, answers
from colonyos_gen_codegen.targets.vectors.document import document, format_of
from colonyos_gen_codegen.targets.vectors.messages import Messages
from colonyos_gen_codegen.targets.vectors.signatures import signatures


def render(service: Service, templates: jinja2.Environment, /) -> Mapping[str, str]:
    """A file for each domain, one of signatures, one of answers that are no replies, and the format as JSON Schema."""
    messages = Messages(service)
    files = {
        f"vectors/rpc/{domain.name}.json": document(
            service, f"Messages of the {domain.name} domain.", messages.of(domain)
        )
        for domain in service.domains
        if any(message.registered for message in domain.messages)
    }
    files["vectors/signatures.json"] = document(service, "Keys, identities and signatures.", signatures())
    files["vectors/answers.json"] = document(
        service, "What servers and proxies answer besides replies.", answers(service)
    )
    files["vectors/vectors.schema.json"] = format_of(service)
    readme = templates.get_template("README.md.jinja")
    files["vectors/README.md"] = readme.render(service=service, banner=BANNER, by_status=BY_STATUS)
    return files
