"""How a subscription ends together with its connection."""

from __future__ import annotations

NORMAL = 1000
GOING_AWAY = 1001
NO_CLOSE_FRAME = 1006
"""Never sent: what the other end takes for the code when the connection is just dropped."""
TRY_AGAIN_LATER = 1013


class HangUp(Exception):
    """The subscription is over, and its connection is to be closed with this code and reason.

    Codes are those of RFC 6455. A reason is for people: clients must not depend on it.
    """

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(f"{code} {reason}")
        self.code = code
        self.reason = reason
