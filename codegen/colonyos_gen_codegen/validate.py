"""Checks a loaded schema: first that its files can be read, then their shape, then what the rules demand."""

from __future__ import annotations

from colonyos_gen_codegen import rules
from colonyos_gen_codegen.schema.findings import Finding
from colonyos_gen_codegen.schema.loader import Schema
from colonyos_gen_codegen.schema.shape import check_shape


def validate(schema: Schema) -> list[Finding]:
    """Every finding about `schema`, sorted by place. The rules run only on a schema of the right shape."""
    findings = set(schema.findings)
    misshapen = check_shape(schema)
    findings.update(misshapen)
    unreadable = any(finding.rule == "FILE_READS" for finding in schema.findings)
    if not misshapen and not unreadable:
        findings.update(rules.run(schema))
    return sorted(findings)
