"""Where the server listens."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass


@dataclass
class Address:
    """Known once the server has started."""

    host: str = ""
    port: int = 0


def is_loopback(host: str) -> bool:
    """Whether `host` means this machine, and nothing that others could reach."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
