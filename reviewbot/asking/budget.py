"""The money of a review: stops asking before the limit is passed, requests in flight included."""

import threading
from collections.abc import Callable
from dataclasses import replace

from reviewbot.errors import BudgetExceeded
from reviewbot.model.prompt import Usage

_COMPLETION_TOKENS = 600  # of a usual answer, for the estimate of a request in flight


class Hold:
    """Money set aside for one request until its cost is known."""

    def __init__(self, cost: float) -> None:
        self.cost = cost


class Budget:
    """Thread-safe; one per review. Costs in US dollars.

    `max_cost` limits this review, `max_cost_per_day` the project's day, of which `spent_today` is gone already; None:
    no limit. `price` tells what a usage costs, None when unknown. A limit that cannot be watched, because a price is
    unknown, stops the review instead of being ignored. A `reserve` (0 to 1) is the share of the money there was at the
    review's beginning that whoever asks must leave untouched. `most_requests` limits how many are sent at all.
    """

    def __init__(
        self,
        max_cost: float | None = None,
        *,
        price: Callable[[Usage], float | None] | None = None,
        max_cost_per_day: float | None = None,
        spent_today: float = 0.0,
        most_requests: int | None = None,
    ) -> None:
        self._max_cost = max_cost
        self._most_requests = most_requests
        self._max_day = max_cost_per_day
        self._spent_today = spent_today
        self._price = price
        self._lock = threading.Lock()
        self._used = Usage()
        self._holds: set[Hold] = set()

    @property
    def limited(self) -> bool:
        return self._costly or self._most_requests is not None

    @property
    def _costly(self) -> bool:
        """Whether the price of a request matters."""
        return self._max_cost is not None or self._max_day is not None

    @property
    def used(self) -> Usage:
        """Everything that was added so far."""
        with self._lock:
            return self._used

    def priced(self, price: Callable[[Usage], float | None]) -> None:
        """From now on requests cost this much: the review's model is known once its tier is."""
        self._price = price

    def check(self, reserve: float = 0.0) -> None:
        """Raise `BudgetExceeded` when a limit is reached, or cannot be watched."""
        with self._lock:
            self._check(0.0, reserve)

    def add(self, usage: Usage, hold: Hold | None = None) -> None:
        """Count what a request used; `hold` was set aside for it."""
        with self._lock:
            self._used += usage
            if hold is not None:
                self._holds.discard(hold)

    def admit(self, prompt_tokens: int, reserve: float = 0.0) -> Hold | None:
        """Set money aside for a request. None: it fits only if those in flight cost less than thought; ask again later.

        Raises `BudgetExceeded` when it does not fit and nothing is in flight.
        """
        with self._lock:
            if self._most_requests is not None and self._used.requests + len(self._holds) >= self._most_requests:
                if self._holds:
                    return None
                raise BudgetExceeded(
                    f"The limit of {self._most_requests} requests is reached", mend="allow more requests"
                )
            cost = self._estimate(prompt_tokens)
            if self._holds and self._over(cost + sum(hold.cost for hold in self._holds), reserve):
                self._check(0.0, reserve)
                return None
            self._check(cost, reserve)
            hold = Hold(cost)
            self._holds.add(hold)
            return hold

    def release(self, hold: Hold) -> None:
        """Give back what was set aside and not used; doing it twice is fine."""
        with self._lock:
            self._holds.discard(hold)

    def estimate(self, prompt_tokens: int) -> Usage:
        """What a request costs whose own count was lost, because it broke off in mid-stream: its prompt was read."""
        usage = Usage(requests=1, prompt_tokens=prompt_tokens)
        return replace(usage, cost_usd=self._price(usage) if self._price else None)

    def _estimate(self, prompt_tokens: int) -> float:
        if not self._costly:
            return 0.0
        usage = Usage(prompt_tokens=prompt_tokens, completion_tokens=_COMPLETION_TOKENS)
        cost = self._price(usage) if self._price else None
        if cost is None:
            raise _unwatchable()
        return cost

    def _limits(self, reserve: float) -> tuple[float | None, float | None]:
        """What may be spent by this review, and by the project today, for those who leave the `reserve`."""
        review, day = self._max_cost, self._max_day
        own = None if review is None else review * (1 - reserve)
        return own, None if day is None else day - reserve * max(0.0, day - self._spent_today)

    def _over(self, more: float, reserve: float) -> bool:
        review, day = self._limits(reserve)
        spent = (self._used.cost_usd or 0.0) + more
        over_review = review is not None and spent > review
        return over_review or (day is not None and self._spent_today + spent > day)

    def _check(self, more: float, reserve: float) -> None:
        if not self._costly:
            return
        if self._used.cost_usd is None:
            raise _unwatchable()
        spent = self._used.cost_usd
        today = self._spent_today + spent
        review, day = self._limits(reserve)
        kept = f", of which {reserve:.0%} is kept for checking what was found," if reserve else ""
        if review is not None and (spent >= review or spent + more > review):
            raise BudgetExceeded(
                f"The review's cost limit of ${self._max_cost:.2f}{kept} is reached: ${spent:.4f} spent",
                mend="raise REVIEWBOT_MAX_COST_PER_REVIEW",
            )
        if day is not None and (today >= day or today + more > day):
            raise BudgetExceeded(
                f"The project's cost limit of ${self._max_day:.2f} a day{kept} is reached: ${today:.4f} spent",
                mend="raise REVIEWBOT_MAX_COST_PER_DAY or wait for tomorrow",
            )


def _unwatchable() -> BudgetExceeded:
    return BudgetExceeded(
        "A cost limit is set, but the price of the model is unknown",
        mend="set a model with a known price, or remove REVIEWBOT_MAX_COST_PER_REVIEW and REVIEWBOT_MAX_COST_PER_DAY",
    )
