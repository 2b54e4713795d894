import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewbot.asking.budget import Budget
from reviewbot.errors import BudgetExceeded
from reviewbot.model.prompt import Usage


def by_token(usage):
    return usage.prompt_tokens / 1000


def test_without_a_limit_everything_is_admitted_and_counted():
    budget = Budget()
    hold = budget.admit(10**9)
    budget.add(Usage(requests=1, cost_usd=None), hold)
    budget.check()
    assert budget.used == Usage(requests=1, cost_usd=None)


def test_a_reached_limit_stops_with_the_mend():
    budget = Budget(1.0, price=by_token)
    budget.add(Usage(cost_usd=1.0))
    with pytest.raises(BudgetExceeded, match="REVIEWBOT_MAX_COST_PER_REVIEW"):
        budget.check()


def test_what_the_day_has_spent_counts():
    budget = Budget(price=by_token, max_cost_per_day=5.0, spent_today=4.5)
    assert budget.admit(100)
    with pytest.raises(BudgetExceeded, match="REVIEWBOT_MAX_COST_PER_DAY"):
        Budget(price=by_token, max_cost_per_day=5.0, spent_today=4.5).admit(600)


def test_requests_in_flight_are_counted_before_their_cost_is_known():
    budget = Budget(1.0, price=by_token)
    first, second = budget.admit(400), budget.admit(400)
    assert budget.admit(400) is None
    budget.add(Usage(cost_usd=0.1), first)
    assert budget.admit(400) is not None
    assert budget.admit(400) is None
    budget.release(second)
    budget.release(second)
    assert budget.admit(400) is not None


def test_a_request_too_dear_for_the_whole_budget_is_not_made():
    with pytest.raises(BudgetExceeded):
        Budget(1.0, price=by_token).admit(1001)


@pytest.mark.parametrize("price", [None, lambda usage: None])
def test_a_limit_with_an_unknown_price_stops_before_the_first_request(price):
    with pytest.raises(BudgetExceeded, match="price of the model is unknown"):
        Budget(1.0, price=price).admit(1)


def test_a_cost_that_turns_out_unknown_stops_a_limited_review():
    budget = Budget(1.0, price=by_token)
    budget.add(Usage(requests=1, cost_usd=None))
    with pytest.raises(BudgetExceeded, match="unknown"):
        budget.check()


@given(
    limit=st.floats(0.1, 10),
    sizes=st.lists(st.integers(1, 3000), max_size=30),
    room=st.integers(1, 8),
)
def test_the_limit_is_never_passed_when_costs_are_as_estimated(limit, sizes, room):
    budget, flying = Budget(limit, price=by_token), []
    for size in sizes:
        try:
            hold = budget.admit(size)
        except BudgetExceeded:
            hold = None
        if hold is not None:
            flying.append((hold, size))
        if len(flying) >= room:
            done, spent = flying.pop(0)
            budget.add(Usage(cost_usd=spent / 1000), done)
    for done, spent in flying:
        budget.add(Usage(cost_usd=spent / 1000), done)
    assert budget.used.cost_usd <= limit + 1e-9


def test_adding_from_many_threads_loses_nothing():
    budget = Budget(1e9, price=by_token)

    def work():
        for _ in range(200):
            budget.add(Usage(requests=1, cost_usd=1.0), budget.admit(1))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert budget.used.requests == 800


def test_whoever_leaves_a_reserve_stops_earlier():
    budget = Budget(1.0, price=by_token, max_cost_per_day=3.0, spent_today=1.0)
    budget.add(Usage(cost_usd=0.8))
    assert budget.admit(100, reserve=0.1) is not None
    with pytest.raises(BudgetExceeded, match="of which 25% is kept"):
        budget.check(reserve=0.25)
    with pytest.raises(BudgetExceeded):
        Budget(price=by_token, max_cost_per_day=3.0, spent_today=2.0).admit(900, reserve=0.25)
    assert Budget(price=by_token, max_cost_per_day=3.0, spent_today=2.0).admit(700, reserve=0.25) is not None


def test_a_number_of_requests_is_a_limit_without_any_price():
    budget = Budget(most_requests=2)
    first = budget.admit(10**9)
    second = budget.admit(1)
    assert budget.limited
    assert budget.admit(1) is None  # one in flight may fail before it is sent
    budget.add(Usage(requests=1, cost_usd=None), first)
    budget.release(second)
    third = budget.admit(1)
    budget.add(Usage(requests=1), third)
    with pytest.raises(BudgetExceeded, match="limit of 2 requests"):
        budget.admit(1)
    budget.check()
