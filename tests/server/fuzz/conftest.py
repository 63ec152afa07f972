"""Names the profile for long runs of test_fuzz."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("fuzz", max_examples=5000)
