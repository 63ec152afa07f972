"""The time zone in which the recordings were made."""

from __future__ import annotations

from datetime import timedelta, timezone

RECORDED_ZONE = timezone(timedelta(hours=1, minutes=12, seconds=12))
"""Stockholm, as it was in the year 1: of the times in the recordings only those that are not set are compared.

The zone itself would depend on the machine, as some releases of the time zone database make it the same as Berlin.
"""
