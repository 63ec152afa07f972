"""Whether a client of any language reads, writes and signs as the protocol says: `colonyos-gen conformance`.

A driver is a program of an SDK that reads a vector a line on standard input, and writes what its SDK makes of it. This folder
feeds drivers, compares, and has that of the client of this package: `python -m colonyos_gen.conformance`.
"""

from __future__ import annotations

__all__: list[str] = []
