"""`colonyos-gen demo`: what a colony is, in a minute.

- `colonyos_gen.demo.scene` finds a server and a colony, and somebody to submit as;
- `colonyos_gen.demo.functions` is the worker;
- `colonyos_gen.demo.tour` goes through it: a call, streamed text, a workflow, a spec file;
- `colonyos_gen.demo.table` shows what became of all processes.
"""

from colonyos_gen.demo.tour import run

__all__ = ["run"]
