"""Where the server listens."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass
class Address:
    """Known once the server has started."""

    host: str = ""
    port: int = 0
