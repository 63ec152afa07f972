"""datamodel-code-generator: its models are imported, and read and write every sample without losing anything."""

from __future__ import annotations

import importlib.metadata
import sys
from pathlib import Path

from tests.portable.running import Row, run
from tests.portable.samples import SCHEMA, Precision, Sample, given, graded

_MAIN = """import json
import sys

import models
from pydantic import BaseModel, ValidationError

for line in sys.stdin:
    sample = json.loads(line)
    model = getattr(models, sample["type"])
    try:
        value = model.model_validate_json(json.dumps(sample["value"]))
    except ValidationError as error:
        print(json.dumps(str(error)))
    else:
        print(value.model_dump_json(by_alias=True))
"""


def datamodel(folder: Path, samples: list[Sample]) -> Row:
    """One row of the table."""
    row = Row("datamodel-code-generator", importlib.metadata.version("datamodel-code-generator"))
    row.note = "times to the microsecond (datetime)"
    (folder / "schema.json").write_bytes(SCHEMA.read_bytes())
    run(
        sys.executable, "-m", "datamodel_code_generator", "--input", "schema.json", "--input-file-type", "jsonschema",
        "--output-model-type", "pydantic_v2.BaseModel", "--target-python-version", "3.11",
        "--output", "models.py", cwd=folder,
    )  # fmt: skip
    row.types = str((folder / "models.py").read_text().count("\nclass "))
    (folder / "reader.py").write_text(_MAIN)
    output = run(sys.executable, "-W", "error", "reader.py", cwd=folder, given=given(samples))
    row.compiled = "imported"
    return graded(row, samples, output, Precision(digits=6))
