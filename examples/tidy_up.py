"""Remove what has ended in a colony: every process and workflow that succeeded, failed or was cancelled.

    python examples/tidy_up.py

Others may be at work meanwhile: each is removed by itself, once everybody has done with it, and what cannot be removed
safely is told of and stays.
"""

from __future__ import annotations

from colonyos_gen import CANCELLED, FAILED, SUCCESS, Removed, connect


def tell(what: str, outcome: Removed) -> None:
    print(f"{len(outcome.removed)} {what} removed")
    for reason in outcome.refused.values():
        print(f"  {reason}")


def main() -> None:
    with connect() as colony:
        for state in (SUCCESS, FAILED, CANCELLED):
            tell(f"{state.name} workflows", colony.remove_all_workflows(state))
            tell(f"{state.name} processes", colony.remove_all_processes(state))


if __name__ == "__main__":
    main()
