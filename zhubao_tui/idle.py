"""A clock for how long nobody has touched anything: it runs on while the laptop sleeps, as the plain one on Linux does not."""

from __future__ import annotations

import time

_BOOT = getattr(time, "CLOCK_BOOTTIME", None)


def monotonic() -> float:
    """Seconds since some moment, sleep included; never set back."""
    return time.clock_gettime(_BOOT) if _BOOT is not None else time.monotonic()
