"""What tokens cost, from the price list that genai-prices ships: nothing is fetched."""


def cost(model: str, prompt_tokens: int, cached_tokens: int, completion_tokens: int) -> float | None:
    """US dollars for one request, or None when the model's price is not known: never 0 for want of a price.

    `cached_tokens` are part of `prompt_tokens` and priced as cache reads. `model` may carry its provider in front, as
    gateways name it: "openai/gpt-4o". An unknown provider in front ("ollama/…") means an unknown price.
    """
    from genai_prices import Usage, calc_price

    usage = Usage(input_tokens=prompt_tokens, cache_read_tokens=cached_tokens, output_tokens=completion_tokens)
    for provider, name in _readings(model):
        try:
            total = float(calc_price(usage, name, provider_id=provider).total_price)
        except LookupError:
            continue
        missing = total == 0 and prompt_tokens + completion_tokens > 0 and not name.endswith(":free")
        return None if missing else total
    return None


def _readings(model: str) -> list[tuple[str | None, str]]:
    """Ways to read a model's name as (provider, name), the most literal first."""
    readings: list[tuple[str | None, str]] = [(None, model)] if "/" not in model else []
    rest = model
    while "/" in rest:
        provider, _, rest = rest.partition("/")
        readings.append((provider, rest))
    return readings
