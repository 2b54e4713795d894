import pytest

from reviewbot.llm.pricing import cost


def test_cached_tokens_cost_less():
    assert cost("gpt-4o", 1000, 1000, 0) == pytest.approx(cost("gpt-4o", 1000, 0, 0) / 2)


def test_prompt_and_completion_add_up():
    assert cost("gpt-4o", 1000, 0, 100) == pytest.approx(0.0025 + 0.001)


@pytest.mark.parametrize("name", ["openai/gpt-4o", "azure/gpt-4o", "openrouter/openai/gpt-4o"])
def test_a_provider_in_front_is_understood(name):
    assert cost(name, 1000, 500, 100) == pytest.approx(cost("gpt-4o", 1000, 500, 100))


@pytest.mark.parametrize("name", ["our-own", "ollama/llama3", "somewhere/gpt-4o", "", "/", "openai/", "a/b/c"])
def test_an_unknown_price_is_none_and_never_nothing(name):
    assert cost(name, 1000, 0, 100) is None
