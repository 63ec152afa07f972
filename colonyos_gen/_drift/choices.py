"""What a client can be told to do about drift."""

from typing import Literal, TypeAlias

OnDrift: TypeAlias = Literal["ignore", "warn", "raise"]
ON_DRIFT: tuple[OnDrift, ...] = ("ignore", "warn", "raise")
