"""Makes of a schema, or of a document that was made of one, the things that are compared."""

from colonyos_gen_codegen.diff.reading.document import read_document
from colonyos_gen_codegen.diff.reading.schema import read_schema

__all__ = ["read_document", "read_schema"]
