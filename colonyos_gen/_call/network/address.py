"""Addresses of servers and proxies: what they are made of, and how they are shown."""

from __future__ import annotations

import base64
import contextlib
import ipaddress
import re
from dataclasses import dataclass, field
from urllib.parse import SplitResult, unquote, urlsplit

from colonyos_gen_wire.constants import DEFAULT_PORT
from colonyos_gen_wire.terminal import visible

_USER_INFO = re.compile(r"^(.*?://)?.*@", re.DOTALL)
_LONGEST = 200
"""Characters of somebody else's address that are shown."""


@dataclass(frozen=True, slots=True)
class Address:
    """Where a server or proxy is, apart from the name and password that it wants."""

    url: str
    """The address without them, and without a slash at the end."""
    host: str
    """Name or number of the machine, in small letters and without brackets."""
    port: int
    """The port, that of the scheme if the address has none."""
    authorization: str = field(default="", repr=False)
    """Value of the HTTP header that holds name and password; empty for none."""
    called: str = "url"
    """The parameter or variable that it comes from."""

    @property
    def is_https(self) -> bool:
        """Whether TLS is spoken there."""
        return self.url.startswith("https:")


def parse(url: str, called: str = "url") -> Address:
    """What is in an address.

    Args:
        url: It, with http:// or https://.
        called: What an error is to call it: the parameter or variable that it comes from.

    Raises:
        ValueError: It is none. The message quotes nothing that may be a part of a password.
    """
    text = str(url)
    if not text.startswith(("http://", "https://")):
        quoted = shown(text) if text == url else url
        raise ValueError(f"{called} is {quoted!r}; it must start with http:// or https://")
    if any(each.isspace() or not each.isprintable() for each in text):
        raise ValueError(f"{called} has white space or characters in it that cannot be printed")
    parts = _split(text)
    port: int | None = None
    if parts is not None:
        if "@" in parts.path + parts.query + parts.fragment:
            raise ValueError(
                f"{called} has an @ behind the host: in a name or password, write @ as %40, / as %2F, ? as %3F, # as %23"
            )
        try:
            port = parts.port or (443 if parts.scheme == "https" else 80)
        except ValueError:
            port = None
    if parts is None or port is None or not parts.hostname:
        raise ValueError(
            f"{called} is no address; it must be like http://localhost:{DEFAULT_PORT}, with a host and, if need be, a port. "
            "Odd characters of a name or password are written as %xx: / as %2F, : as %3A"
        )
    userinfo, at, netloc = parts.netloc.rpartition("@")
    rest = text.partition("://")[2][len(parts.netloc) :].rstrip("/")
    name, _, password = userinfo.partition(":")
    pair = f"{unquote(name)}:{unquote(password)}".encode()
    authorization = f"Basic {base64.b64encode(pair).decode()}" if at else ""
    return Address(f"{parts.scheme}://{netloc}{rest}", parts.hostname, port, authorization, called)


def _split(text: str) -> SplitResult | None:
    try:
        return urlsplit(text)
    except ValueError:  # whose message may hold the password
        return None


def shown(url: str) -> str:
    """An address without the name and password that may stand in it, whatever they are made of."""
    return _USER_INFO.sub(r"\1", url)


def shown_target(location: str) -> str:
    """Where somebody else's address leads, without what follows a question mark, and fit for a terminal."""
    return visible(shown(location.partition("?")[0])[:_LONGEST])


def server_at(url: str) -> str:
    """What the addresses of one server have in common, however they are written."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
        port = parts.port or (443 if parts.scheme == "https" else 80)
    except ValueError:  # of a transport of one's own; the message may hold a password
        return shown(url)
    return f"{'loopback' if _is_loopback(host) else host}:{port}"


def _is_loopback(host: str) -> bool:
    if host in ("localhost", "0.0.0.0", "::"):  # all of them this machine
        return True
    with contextlib.suppress(ValueError):
        return ipaddress.ip_address(host).is_loopback
    return False
