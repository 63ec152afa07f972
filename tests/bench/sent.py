"""How many requests the clients of this process have sent, as their log says."""

from __future__ import annotations

import logging


class Sent(logging.Handler):
    """Counts the requests that are logged, without writing anything. Subscriptions are not among them."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.count: int = 0
        """Requests so far."""
        logger = logging.getLogger("colonyos_gen")
        logger.setLevel(logging.DEBUG)
        logger.propagate = False
        logger.addHandler(self)

    def emit(self, record: logging.LogRecord) -> None:
        if record.name == "colonyos_gen" and isinstance(record.msg, str) and record.msg.endswith("%.1f ms"):
            self.count += 1
