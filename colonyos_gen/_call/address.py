"""Addresses of servers, as they are shown."""

from __future__ import annotations

import re

_USER_INFO = re.compile(r"://[^/@]*@")


def shown(url: str) -> str:
    """An address without the name and password that may stand in it."""
    return _USER_INFO.sub("://", url)
