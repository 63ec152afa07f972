"""Runs datamodel-code-generator in memory and takes its module apart."""

from __future__ import annotations

import json
from dataclasses import dataclass

from colonyos_gen_codegen.targets.jsonschema.values import JsonSchema


class UnexpectedOutputError(Exception):
    """datamodel-code-generator wrote something else than the pinned version does."""


@dataclass(frozen=True)
class Source:
    """The parts of a module: its import lines, and its classes with what follows them."""

    imports: str
    classes: str


def generate_classes(definitions: dict[str, JsonSchema], own_module: str) -> Source:
    """Pydantic models of `definitions`, without the imports from `own_module`, a module that does not exist.

    The formatters are off, since the writer formats all Python at once; that alone halves the time.
    """
    # Slow to import, and needed by this target only.
    from datamodel_code_generator import InputFileType, PythonVersion, generate
    from datamodel_code_generator.enums import DataModelType, VersionMode

    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema", "$defs": definitions}
    module = generate(
        json.dumps(schema),
        input_file_type=InputFileType.JsonSchema,
        schema_version="2020-12",
        schema_version_mode=VersionMode.Strict,
        strict_refs=True,
        allow_remote_refs=False,
        skip_root_model=True,
        output_model_type=DataModelType.PydanticV2BaseModel,
        target_python_version=PythonVersion.PY_311,
        formatters=[],
        disable_timestamp=True,
        use_annotated=True,
        strict_nullable=True,
        use_one_literal_as_default=True,
        use_schema_description=True,
        use_field_description=True,
        use_attribute_docstrings=True,
        allow_population_by_field_name=True,
    )
    if not isinstance(module, str):
        raise UnexpectedOutputError("expected one module of models")
    head, gap, classes = module.partition("\n\n\nclass ")
    lines = [line for line in head.splitlines() if line.startswith(("from ", "import "))]
    unwanted = (f"from {own_module} ", "from __future__ ")
    imports = [line for line in lines if not line.startswith(unwanted)]
    if not gap or len(lines) != len(imports) + len(unwanted):
        raise UnexpectedOutputError("expected imports followed by classes")
    return Source("\n".join(imports), "class " + classes.strip() + "\n")
