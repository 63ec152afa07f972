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

_OF_ANOTHER_TIME = frozenset({9, 10})
"""Codes of OpenSSL for certificates that have expired, or do not count yet."""
_OF_ANOTHER_NAME = frozenset({62, 64})
"""Codes for those that are not for this host, or this number."""
_UNVERIFIED = "for tests only, COLONIES_INSECURE=true (or insecure=True) takes any"

NEEDS_ADDRESS = "If not, set COLONIES_SERVER_HOST and COLONIES_SERVER_HTTP_PORT, or url="
NEEDS_TLS = "set COLONIES_TLS=true, or let the url begin with https://"
NEEDS_NO_TLS = "set COLONIES_TLS=false, or let the url begin with http://"


def is_redirect(status: int) -> bool:
    """Whether a reply with this status says that one is to ask elsewhere."""
    return 300 <= status < 400 and status != 304


def redirected(server: Address, location: str, path: str, asked: str) -> tuple[str, str]:
    """What to say of a redirect: what it is, and what to set.

    Args:
        server: The server that was meant.
        location: Where the redirect leads.
        path: What was asked for at the server.
        asked: Where, in words.
    """
    target = shown_target(location).removesuffix(path) or "itself"
    message = f"redirected to {target}; a signed request is only for the server that it was sent to"
    try:
        there = parse(urljoin(server.url + path, location.partition("?")[0]))
    except ValueError:
        return message, f"is a ColonyOS server behind {asked}? {NEEDS_ADDRESS}"
    if (there.host, there.port, there.is_https) == (server.host, server.port, server.is_https):
        return message, f"is a ColonyOS server behind {asked}? {NEEDS_ADDRESS}"
    tls = "true" if there.is_https else "false"
    host = shown_target(there.host)
    hint = (
        f"if that is the server, set COLONIES_SERVER_HOST={host}, COLONIES_SERVER_HTTP_PORT={there.port} and "
        f"COLONIES_TLS={tls}, or url"
    )
    return f"{message}; it was sent to {asked}", hint


def wants_tls(status: int, body: bytes) -> bool:
    """Whether a reply is what a port of TLS says to those who speak plain HTTP."""
    return status in (400, 497) and not body.startswith(b"{") and _WANTS_TLS.search(body[:2000]) is not None


def is_tls_record(complaint: str) -> bool:
    """Whether what came instead of HTTP, as an error quotes it, begins like an alert or a handshake of TLS."""
    return _TLS_RECORD.search(complaint) is not None


def has_hung_up(error: BaseException) -> bool:
    """Whether the peer has ended the connection, as many do that expect TLS, or the reverse."""
    return isinstance(error, _CLOSED) or (isinstance(error, OSError) and error.errno == errno.ECONNRESET)


def is_no_tls(error: BaseException) -> bool:
    """Whether a handshake of TLS failed because the peer speaks something else."""
    if isinstance(error, ssl.SSLCertVerificationError) or not isinstance(error, ssl.SSLError):
        return False
    return (error.reason or "") in _NOT_TLS or "WRONG_VERSION_NUMBER" in str(error)


def may_be_no_tls(error: BaseException) -> bool:
    """Whether a handshake of TLS was cut short, as by some that speak something else."""
    if not isinstance(error, ssl.SSLError):
        return False
    return (error.reason or "") in _CUT_SHORT or isinstance(error, ssl.SSLEOFError)


def will_do_later(error: ssl.SSLCertVerificationError) -> bool:
    """Whether a certificate that was refused is one for another time: who renews it need not change a setting here."""
    return error.verify_code in _OF_ANOTHER_TIME


def hint_of_certificate(error: ssl.SSLCertVerificationError, proxy: str, peer: Address) -> str:
    """What to do about a certificate that was refused.

    Args:
        error: Why it was.
        proxy: What to call the proxy whose it is; empty if it is the server's.
        peer: Whose it is.
    """
    if error.verify_code in _OF_ANOTHER_TIME:
        return f"it needs a new certificate, or this machine the right time; {_UNVERIFIED}"
    if error.verify_code in _OF_ANOTHER_NAME:
        setting = peer.called if proxy else "COLONIES_SERVER_HOST (or url=)"
        return f"its certificate is not for {peer.host!r}: let {setting} have a name that it is for; {_UNVERIFIED}"
    return (
        f"nobody that is trusted here vouches for its certificate: name a PEM file with the one who does, or with the "
        f"certificate if it is signed by itself, in COLONIES_CA_FILE (or ca_file=); {_UNVERIFIED}"
    )
