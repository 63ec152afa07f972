"""Which proxy of the environment leads to a server, by the rules of Go, in which the ColonyOS command line is written.

HTTP_PROXY counts for http and ws, HTTPS_PROXY for https and wss, and ALL_PROXY where neither is set; each in small letters
first. NO_PROXY lists hosts that are spoken to directly; this machine always is.
"""

from __future__ import annotations

import contextlib
import ipaddress
import os
from collections.abc import Mapping

from colonyos_gen._call.network.address import Address, parse
from colonyos_gen.config import ConfigError


def proxy_for(server: Address, environ: Mapping[str, str] = os.environ) -> Address | None:
    """The proxy to go through; None for the direct way.

    Raises:
        ConfigError: The variable that counts has no address of an HTTP proxy.
    """
    name, value = _setting(server, environ)
    if not value or is_direct(server, environ.get("no_proxy") or environ.get("NO_PROXY") or ""):
        return None
    try:
        return parse(value if "://" in value else f"http://{value}", name)
    except ValueError as error:
        problem = str(error)
    raise ConfigError(
        f"{problem}: only proxies that speak HTTP can be used. Set {name} to one, or name {server.host} in NO_PROXY"
    )


def _setting(server: Address, environ: Mapping[str, str]) -> tuple[str, str]:
    kinds = ("https_proxy", "all_proxy") if server.is_https else ("http_proxy", "all_proxy")
    for kind in kinds:
        if kind in environ:  # empty for none
            return kind, environ[kind].strip()
        # A web server hands the header "Proxy" of its clients to CGI programs under this name.
        usable = kind != "http_proxy" or "REQUEST_METHOD" not in environ
        if usable and kind.upper() in environ:
            return kind.upper(), environ[kind.upper()].strip()
    return "", ""


def is_direct(server: Address, no_proxy: str) -> bool:
    """Whether a server is this machine, or one of those that NO_PROXY lists.

    An entry is `*` for all, a name, which stands for those below it as well, or only for those if it begins with a dot
    (or `*.`), a number, or a network such as 10.0.0.0/8; a port may follow.
    """
    number = _number(server.host)
    if server.host == "localhost" or (number is not None and number.is_loopback):
        return True
    return any(_is_listed(server, number, each.strip().lower()) for each in no_proxy.split(","))


_Number = ipaddress.IPv4Address | ipaddress.IPv6Address


def _number(host: str) -> _Number | None:
    with contextlib.suppress(ValueError):
        return ipaddress.ip_address(host)
    return None


def _is_listed(server: Address, number: _Number | None, entry: str) -> bool:
    if entry == "*":
        return True
    if number is not None and "/" in entry:
        with contextlib.suppress(ValueError):
            return number in ipaddress.ip_network(entry, strict=False)
        return False
    host, port = _without_port(entry)
    if not host or (port and port != str(server.port)):
        return False
    if number is not None:
        return _number(host) == number
    name = server.host.rstrip(".")
    host = host.removeprefix("*").rstrip(".")
    return name.endswith(host) if host.startswith(".") else name == host or name.endswith(f".{host}")


def _without_port(entry: str) -> tuple[str, str]:
    if entry.startswith("["):
        host, _, rest = entry[1:].partition("]")
        return host, rest.removeprefix(":")
    if entry.count(":") == 1:
        host, _, port = entry.partition(":")
        return host, port
    return entry, ""
