"""Names that a schema can have for what a source calls otherwise, and how YAML spells any text."""

from __future__ import annotations

import json
import keyword
import re
import unicodedata

import yaml

from colonyos_gen_codegen.rules.collisions import names_of_fields, names_of_types
from colonyos_gen_codegen.rules.names import fold

_OTHERS = {"self", "cls"}


def spelled(text: str) -> str:
    """`text` as YAML, in quotes where it would be read as something else, such as `on` or `123`."""
    if re.fullmatch(r"[A-Za-z_][\w-]*", text, re.ASCII) and yaml.safe_load(text) == text:
        return text
    return json.dumps(text, ensure_ascii=False)


def snake(name: str) -> str:
    """`AddExecutorByID` as `add_executor_by_id`."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name).lower()


def field_name(key: str, taken: set[str]) -> str:
    """The name that callers use for a key: the key, if it can be a name that none of `taken` is; adds it to these."""
    name = key if re.fullmatch(r"[a-z][a-z0-9_]*", key) else re.sub(r"[^a-z0-9]", "", _ascii(key).lower())
    if not name[:1].isalpha():
        name = f"field_{name}" if name else "field"
    if keyword.iskeyword(name) or name in _OTHERS | names_of_fields():
        name += "_"
    return _free(name, taken)


def type_name(name: str, taken: set[str]) -> str:
    """A name for a type or message, or the value of an enum, that none of `taken` is; adds it to these."""
    name = re.sub(r"[^A-Za-z0-9_]", "", _ascii(name))
    name = name[:1].upper() + name[1:] if name[:1].isalpha() else f"X{name}"
    if keyword.iskeyword(name) or name in names_of_types():
        name += "Type"
    return _free(name, taken)


def method_name(name: str, taken: set[str]) -> str:
    """A name for a method or a domain that none of `taken` is; adds it to these."""
    name = snake(name)
    return _free(f"{name}_message" if keyword.iskeyword(name) or spelled(name) != name else name, taken)


def _ascii(name: str) -> str:
    return unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()


def _free(name: str, taken: set[str]) -> str:
    found, count = name, 1
    while fold(found) in taken:
        count += 1
        found = f"{name.rstrip('_')}_{count}"
    taken.add(fold(found))
    return found
