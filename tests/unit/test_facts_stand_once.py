"""What the schema says stands in no hand-written code: it imports it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from colonyos_gen_wire import constants
from colonyos_gen_wire.errors import ENVELOPE_ERRORS
from colonyos_gen_wire.methods import METHODS

ROOT = Path(__file__).parent.parent.parent
SOURCES = sorted((ROOT / "colonyos_gen").rglob("*.py"))

MSGTYPES = re.compile(rf"\b({'|'.join(sorted(METHODS, key=len, reverse=True))})\b")
LIMITS = {
    value: name
    for name, value in vars(constants).items()
    if name.isupper()
    and type(value) is int
    and (abs(value) > 20_000 or value == constants.MAX_NODES_MATCHABLE)
    if value != constants.DEFAULT_PORT
}
"""Numbers of the schema that no code has by chance."""
TEXTS = {
    fragment.strip()
    for spec in (*ENVELOPE_ERRORS, *(error for method in METHODS.values() for error in method.errors))
    for fragment in re.split(r"\{[a-z_]+\}", spec.text)
    if len(fragment.strip()) >= 16
} | {
    value
    for name, value in vars(constants).items()
    if name.isupper() and type(value) is str and len(value) >= 16
}
"""Parts of the server's sentences, and its other texts."""


def literals(tree: ast.AST) -> Iterator[tuple[int, str | int]]:
    """Texts and numbers of code with their lines; sums and products of numbers are worked out, docstrings are left out."""
    skipped: set[ast.AST] = set()
    for node in ast.walk(tree):
        if node in skipped:
            skipped.update(ast.iter_child_nodes(node))
        elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            skipped.add(node.value)
        elif isinstance(node, ast.BinOp | ast.UnaryOp) and (number := folded(node)) is not None:
            skipped.update(ast.iter_child_nodes(node))
            yield node.lineno, number
        elif isinstance(node, ast.Constant) and isinstance(node.value, str | int):
            yield node.lineno, node.value


def folded(node: ast.expr) -> int | None:
    """The whole number that `node` is without running anything else."""
    match node:
        case ast.Constant(value=bool()):
            return None
        case ast.Constant(value=int() as value):
            return value
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            inner = folded(operand)
            return None if inner is None else -inner
        case ast.BinOp(left=left, op=op, right=right):
            a, b = folded(left), folded(right)
            if a is None or b is None:
                return None
            match op:
                case ast.Add():
                    return a + b
                case ast.Sub():
                    return a - b
                case ast.Mult():
                    return a * b
                case ast.Pow() if 0 <= b < 100:
                    return int(a**b)
                case ast.LShift() if 0 <= b < 100:
                    return a << b
                case _:
                    return None
        case _:
            return None


def repeated(source: str) -> Iterator[str]:
    """What `source` says that the schema says, as `line: what`."""
    for line, value in literals(ast.parse(source)):
        if isinstance(value, int):
            if value in LIMITS:
                yield f"{line}: {value} is {LIMITS[value]}"
            continue
        if found := MSGTYPES.search(value):
            yield f"{line}: {found[1]} is a message type"
        for text in TEXTS:
            if text in value:
                yield f"{line}: {text!r} is the server's"


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT / "colonyos_gen")))
def test_no_fact_of_the_schema_is_repeated(path: Path) -> None:
    assert list(repeated(path.read_text(encoding="utf-8"))) == []


def test_repetitions_are_found() -> None:
    found = [
        'A = "getprocessmsg"',
        "B = 10 * 1024 * 1024",
        "C = -(2**31)",
        'D = f"Colony with name <{A}> does not exists"',
        'E = "Maximum waiting time limit exceeded"',
    ]
    for line in found:
        assert list(repeated(line)), line
    for line in ('"""About getprocessmsg."""', "F = 2**31", "G = 100", 'H = "getprocessmsgs"'):
        assert not list(repeated(line)), line
