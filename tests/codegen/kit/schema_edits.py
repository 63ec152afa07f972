"""Changes that people make to a schema, made to a copy of it."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any


def replace(path: Path, old: str, new: str) -> None:
    """Replace a text that stands exactly once in a file."""
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1, f"{path} has {text.count(old)} times {old!r}"
    path.write_text(text.replace(old, new), encoding="utf-8")


def add_field(path: Path, struct: str, line: str) -> None:
    """Put a field, written on one line, before the other properties of a struct or request."""
    head, found, rest = path.read_text(encoding="utf-8").partition(f"\n  {struct}:\n")
    assert found, f"{path} has no {struct}"
    before, properties, after = rest.partition("\n    properties:\n")
    assert properties, f"{struct} has no properties"
    path.write_text(f"{head}{found}{before}{properties}      {line}\n{after}", encoding="utf-8")


def add_message(schema: Path, domain: str, name: str, *, example: bool = True) -> None:
    """Add the message `renew_<name>`, which takes a name and returns nothing, at the end of a domain."""
    path = schema / f"rpc/{domain}.yaml"
    text = path.read_text(encoding="utf-8").rstrip("\n")
    path.write_text(
        f"""{text}

  Renew{name.capitalize()}Msg:
    x-since: v1.10.0
    type: object
    description: Renew a {name}, as a member of the colony.
    x-methods: [{{name: renew_{name}, parameters: [name]}}]
    x-transport: http
    x-roles: [executor_approved, user]
    x-idempotency: idempotent
    x-reply: {{}}
    x-errors: [not_a_member]
    required: [msgtype, name]
    properties:
      msgtype: {{const: renew{name}msg}}
      name: {{description: Name of the {name}., $ref: "../types/common.yaml#/$defs/Text"}}
""",
        encoding="utf-8",
    )
    if example:
        request = {"msgtype": f"renew{name}msg", "name": "old"}
        examples = schema / f"examples/{domain}.json"
        content: dict[str, Any] = json.loads(examples.read_text(encoding="utf-8"))
        content[f"renew{name}msg"] = [{"title": f"A {name} that is renewed", "request": request, "reply": {}}]
        examples.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


def remove_message(schema: Path, domain: str, struct: str) -> None:
    """Take a message out of a domain, with its examples."""
    path = schema / f"rpc/{domain}.yaml"
    text = path.read_text(encoding="utf-8")
    block = re.search(rf"^  {struct}:\n(?:    .*\n|\n)*", text, re.MULTILINE)
    assert block, f"{path} has no {struct}"
    found = re.search(r"msgtype: \{const: (\w+)\}", block[0])
    assert found
    path.write_text(text.replace(block[0], ""), encoding="utf-8")
    examples = schema / f"examples/{domain}.json"
    content: dict[str, Any] = json.loads(examples.read_text(encoding="utf-8"))
    del content[found[1]]
    examples.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
