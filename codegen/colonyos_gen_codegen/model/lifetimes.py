"""Which server releases have a part of the model, in words."""

from __future__ import annotations

from colonyos_gen_codegen.model.messages import ErrorCase, Message
from colonyos_gen_codegen.model.values import Field, Member, Struct

Lasting = Field | Struct | Member | ErrorCase | Message


def lifetime(part: Lasting) -> list[str]:
    """Which server releases have it, and whether to avoid it, in sentences; none for what is always there."""
    words = [f"Since {part.since}."] if part.since else []
    if part.until:
        words.append(f"Until {part.until}.")
    if isinstance(part, Field | Struct | Message) and part.deprecated:
        words.append(f"Deprecated {part.replaced.rstrip('.')}." if part.replaced else "Deprecated.")
    return words
