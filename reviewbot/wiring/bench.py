"""What every examination of this process works with: templates, rules, the model and its queue."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from reviewbot import resources
from reviewbot.asking.budget import Budget
from reviewbot.bench import Bench
from reviewbot.core import reviewers, rulebooks
from reviewbot.core.frontmatter import LARGEST
from reviewbot.core.globs import matcher
from reviewbot.core.packs import Shelf
from reviewbot.core.prompts import Templates
from reviewbot.core.rulebooks import Layer
from reviewbot.core.schemas import SCHEMAS
from reviewbot.core.tokens import Counter
from reviewbot.errors import ConfigurationError
from reviewbot.isolated import shared
from reviewbot.model.chunk import Tier
from reviewbot.model.policy import ReviewPolicy
from reviewbot.model.prompt import Usage
from reviewbot.ports import Answers, Models
from reviewbot.settings import Settings
from reviewbot.wiring import packs

if TYPE_CHECKING:  # loaded where a model is configured
    from reviewbot.llm.client import OpenAIModels


def policy_of(settings: Settings) -> ReviewPolicy:
    """The operator's part of the policy; the repository's configuration is laid over it in each run.

    Raises `ConfigurationError` for a glob that cannot be read, here and not in each review.
    """
    for globs in (settings.include, settings.exclude, settings.ignored_branches):
        matcher(globs)
    return ReviewPolicy(
        include=settings.include,
        exclude=settings.exclude,
        ignored_branches=settings.ignored_branches,
        ignored_authors=settings.ignored_authors,
        ignored_labels=settings.ignored_labels,
        trigger_labels=settings.trigger_labels,
        review_drafts=settings.review_drafts,
        max_inline_comments=settings.max_inline_comments,
        pause_after=settings.pause_after,
        max_cost_per_review=settings.max_cost_per_review,
        chunk_tokens=settings.chunk_tokens,
        context=settings.context,
        tools=settings.tools,
        tickets=settings.tickets,
        judge=settings.judge,
        linter_reports=settings.linter_reports,
        language=settings.language,
        reviewers=settings.reviewers,
        passes=settings.passes,
        combine=settings.passes_combine,
        may_approve=settings.allow_approve,
        may_request_changes=settings.allow_request_changes,
    )


def model_of(settings: Settings, counter: Counter) -> "OpenAIModels | None":
    """The configured model, or None: then only the pattern rules run. Raises `ConfigurationError`."""
    if not settings.model_configured:
        if settings.llm_base_url:
            raise ConfigurationError(
                "REVIEWBOT_LLM_BASE_URL is set without REVIEWBOT_LLM_MODEL", mend="name the model to ask"
            )
        return None
    return _model(settings, settings.llm_model, counter)


def tier_models_of(settings: Settings, counter: Counter) -> "dict[Tier, OpenAIModels]":
    """The models of tiers that have one of their own."""
    named = {
        Tier.TRIVIAL: settings.llm_model_trivial,
        Tier.LITE: settings.llm_model_lite,
        Tier.FULL: settings.llm_model_full,
    }
    return {
        tier: _model(settings, name, counter)
        for tier, name in named.items()
        if settings.llm_model and name and name != settings.llm_model
    }


def _model(settings: Settings, name: str, counter: Counter) -> "OpenAIModels":
    from reviewbot.llm.client import OpenAIModels

    return OpenAIModels(
        base_url=settings.llm_base_url or "https://api.openai.com/v1",
        api_key=settings.llm_api_key.get_secret_value(),
        model=name,
        schemas={str(name): schema for name, schema in SCHEMAS.items()},
        counter=counter,
        max_output_tokens=settings.llm_max_output_tokens,
        idle_seconds=settings.llm_idle_seconds,
        request_seconds=settings.llm_request_seconds,
        concurrency=settings.llm_concurrency,
        ca_bundle=settings.ca_bundle,
    )


def shelf_of(settings: Settings) -> Shelf:
    """The shipped packs and the operator's own rules. Raises `ConfigurationError` for a pack that is not there."""
    shelf = Shelf(packs.shipped(), packs.rule_of, instance_rules(settings))
    if strange := shelf.strange([shelf.instance]):
        raise ConfigurationError(f"REVIEWBOT_PACKS: {strange[0]}", mend=f"choose of {', '.join(shelf.names)}")
    return shelf


def instance_rules(settings: Settings) -> Layer:
    """The operator's own rules, over the shipped ones. Raises `ConfigurationError` for a folder that is not there."""
    folder = settings.rules_dir or settings.data_dir / "rules"
    if settings.rules_dir is not None and not folder.is_dir():
        raise ConfigurationError(f"REVIEWBOT_RULES_DIR names no folder: {folder}", mend="correct it, or leave it out")
    files = sorted(path for path in folder.rglob("*.md") if path.name.lower() != "readme.md")
    texts, problems = [], []
    for path in files:
        name = path.relative_to(folder).as_posix()
        try:
            with path.open("rb") as file:
                texts.append((name, rulebooks.decoded(name, file.read(LARGEST + 1))))
        except OSError as error:
            problems.append(f"{name} of the instance cannot be read: {error}")
        except ConfigurationError as error:
            problems.append(str(error))
    read = rulebooks.layer("instance", texts)
    return replace(read, problems=(*problems, *read.problems), packs=settings.packs)


def bench_of(
    settings: Settings,
    models: Models | None,
    answers: Answers,
    counter: Counter,
    by_tier: "Mapping[Tier, OpenAIModels] | None" = None,
    *,
    processes: int = 2,
) -> Bench:
    """One per process: reviews share the executor, so they take turns, and the `processes` that parse for them."""
    folder = resources.folder("prompts")
    own = settings.reviewers_dir or settings.data_dir / "reviewers"
    if settings.reviewers_dir is not None and not own.is_dir():
        raise ConfigurationError(f"REVIEWBOT_REVIEWERS_DIR names no folder: {own}", mend="correct it, or leave it out")
    loaded = reviewers.load(folder, own)
    if unknown := set(settings.reviewers) - {one.id for one in loaded}:
        raise ConfigurationError(
            f"REVIEWBOT_REVIEWERS names no reviewer: {min(unknown)}",
            mend=f"choose of {', '.join(one.id for one in loaded)}",
        )
    bench = Bench(
        templates=Templates(folder, loaded),
        reviewers=loaded,
        shelf=shelf_of(settings),
        counter=counter,
        asker=None,
        isolation=shared(processes),
        requests_at_once=min(settings.llm_concurrency_per_review, settings.llm_concurrency),
    )
    return _asking(bench, settings, models, answers, by_tier or {}) if models is not None else bench


def _asking(
    bench: Bench, settings: Settings, models: Models, answers: Answers, by_tier: "Mapping[Tier, OpenAIModels]"
) -> Bench:
    """The bench with its model, and those of tiers that have another: they share one executor."""
    from reviewbot.asking.ask import Asker
    from reviewbot.asking.turns import FairExecutor

    executor = FairExecutor(settings.llm_concurrency)
    others = {
        tier: replace(bench, asker=Asker(other, answers, executor, bench.counter), price=other.price)
        for tier, other in by_tier.items()
    }
    return replace(bench, asker=Asker(models, answers, executor, bench.counter), by_tier=others)


def budget_of(settings: Settings, price: Callable[[Usage], float | None] | None, spent_today: float) -> Budget:
    """The money of one review."""
    return Budget(
        settings.max_cost_per_review,
        price=price,
        max_cost_per_day=settings.max_cost_per_day,
        spent_today=spent_today,
    )
