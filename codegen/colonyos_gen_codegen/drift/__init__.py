"""The schema against the server: what sources, or a server that runs, let be seen on the wire, and how that is different.

`golang/` reads sources, `described.py` a schema, both into a `Surface`; `pairing.py` finds out what of one is what of
the other, `comparing.py` and `fields.py` tell the differences, `texts.py` those of refusals. `observed.py` has what a
server that runs, or a recording of one, was seen to do otherwise. `telling.py` prints differences, `skeletons.py` drafts
the YAML, and `drafting.py` puts it where it belongs.
"""

from colonyos_gen_codegen.drift.comparing import Comparison, compare
from colonyos_gen_codegen.drift.described import describe
from colonyos_gen_codegen.drift.drafting import write
from colonyos_gen_codegen.drift.golang import read
from colonyos_gen_codegen.drift.observed import (
    Access,
    Observed,
    Observer,
    Sighting,
    observed_differences,
    surface_of,
)
from colonyos_gen_codegen.drift.surface import DriftError, Surface
from colonyos_gen_codegen.drift.telling import Difference, as_json, as_markdown, as_text
from colonyos_gen_codegen.drift.texts import text_differences

__all__ = [
    "Access",
    "Comparison",
    "Difference",
    "DriftError",
    "Observed",
    "Observer",
    "Sighting",
    "Surface",
    "as_json",
    "as_markdown",
    "as_text",
    "compare",
    "describe",
    "observed_differences",
    "read",
    "surface_of",
    "text_differences",
    "write",
]
