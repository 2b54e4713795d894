"""GitLab's request limits: a fixed window per user, off unless a lab asks for them."""

import time
from dataclasses import dataclass, field

from reviewbot.standin.gitlab.state import User


@dataclass
class Rate:
    """At most `requests` in `seconds` per user; 0 = no limit."""

    requests: int = 0
    seconds: float = 60.0
    _windows: dict[int, tuple[float, int]] = field(default_factory=dict)

    def wait(self, user: User | None) -> float | None:
        """Count one request; None when it may pass, else the seconds until the window ends."""
        if not self.requests:
            return None
        now = time.monotonic()
        key = user.id if user else 0
        start, count = self._windows.get(key, (now, 0))
        if now - start >= self.seconds:
            start, count = now, 0
        self._windows[key] = (start, count + 1)
        return None if count < self.requests else start + self.seconds - now
