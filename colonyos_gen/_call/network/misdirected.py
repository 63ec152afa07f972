"""Words for replies of something else than the server that was meant: redirects, proxies, and TLS where none is spoken."""

from __future__ import annotations

import errno
import re
import ssl
from urllib.parse import urljoin

import aiohttp

from colonyos_gen._call.network.address import Address, parse, shown_target

_WANTS_TLS = re.compile(rb"\bHTTPS\b|\bSSL-enabled\b|\bTLS\b")
"""In a page with status 400: Go, nginx and Apache say it in different words."""
_TLS_RECORD = re.compile(r"\\+x1[56]\\+x03")
_NOT_TLS = frozenset(
    {
        "WRONG_VERSION_NUMBER",
        "UNKNOWN_PROTOCOL",
        "HTTP_REQUEST",
        "RECORD_LAYER_FAILURE",
        "PACKET_LENGTH_TOO_LONG",
        "BAD_RECORD_TYPE",
        "UNEXPECTED_MESSAGE",
        "UNEXPECTED_RECORD",
        "DATA_LENGTH_TOO_LONG",
    }
)
_CLOSED = (ConnectionResetError, aiohttp.ServerDisconnectedError)
_CUT_SHORT = frozenset({"UNEXPECTED_EOF_WHILE_READING", "EOF_OCCURRED"})

NEEDS_TLS = "set COLONIES_TLS=true, or let the url begin with https://"
NEEDS_NO_TLS = "set COLONIES_TLS=false, or let the url begin with http://"


def is_redirect(status: int) -> bool:
    """Whether a reply with this status says that one is to ask elsewhere."""
    return 300 <= status < 400 and status != 304


def redirected(server: Address, location: str, path: str) -> tuple[str, str]:
    """What to say of a redirect: what it is, and what to set."""
    target = shown_target(location).removesuffix(path) or "itself"
    message = f"redirected to {target}; a signed request is only for the server that it was sent to"
    try:
        there = parse(urljoin(server.url + path, location.partition("?")[0]))
    except ValueError:
        return message, "is a ColonyOS server behind this address?"
    if (there.host, there.port, there.is_https) == (server.host, server.port, server.is_https):
        return message, "is a ColonyOS server behind this address?"
    tls = "true" if there.is_https else "false"
    host = shown_target(there.host)
    hint = (
        f"if that is the server, set COLONIES_SERVER_HOST={host}, COLONIES_SERVER_HTTP_PORT={there.port} and "
        f"COLONIES_TLS={tls}, or url"
    )
    return message, hint


def wants_tls(status: int, body: bytes) -> bool:
    """Whether a reply is what a port of TLS says to those who speak plain HTTP."""
    return status in (400, 497) and not body.startswith(b"{") and _WANTS_TLS.search(body[:2000]) is not None


def is_tls_record(complaint: str) -> bool:
    """Whether what came instead of HTTP, as an error quotes it, begins like an alert or a handshake of TLS."""
    return _TLS_RECORD.search(complaint) is not None


def hint_of_close(server: Address, error: BaseException) -> str:
    """What may have to be done where the peer has hung up on the first request; empty if it was something else."""
    if not (isinstance(error, _CLOSED) or (isinstance(error, OSError) and error.errno == errno.ECONNRESET)):
        return ""
    if server.is_https:
        return f"if the port does not speak TLS, {NEEDS_NO_TLS}"
    return f"if the port speaks TLS, {NEEDS_TLS}"


def hint_of_handshake(error: BaseException) -> str:
    """What to do about a handshake of TLS that failed; empty where that is not known."""
    if isinstance(error, ssl.SSLCertVerificationError) or not isinstance(error, ssl.SSLError):
        return ""
    reason = error.reason or ""
    if reason in _NOT_TLS or "WRONG_VERSION_NUMBER" in str(error):
        return f"the port does not speak TLS: {NEEDS_NO_TLS}"
    if reason in _CUT_SHORT or isinstance(error, ssl.SSLEOFError):
        return f"if the port does not speak TLS, {NEEDS_NO_TLS}"
    return ""
