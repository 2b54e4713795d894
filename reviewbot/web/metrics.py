"""`/metrics` in Prometheus' text format, read from the store at each scrape: every process tells the same figures."""

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Gauge,
    disable_created_metrics,
    generate_latest,
)

from reviewbot.web.pages import Overview

CONTENT_TYPE = CONTENT_TYPE_LATEST
# `…_created` would tell when the page was asked for: the figures are made anew each time.
disable_created_metrics()  # type: ignore[no-untyped-call]  # it has no annotations


def render(overview: Overview) -> bytes:
    """Jobs by state, and time, cost and findings of the last hundred runs."""
    registry = CollectorRegistry()
    jobs = Gauge("reviewbot_jobs", "Jobs by state", ["state"], registry=registry)
    for state, count in overview.counts().items():
        jobs.labels(state).set(count)
    rows = [row for row in overview.runs(100) if row.state == "done"]
    recent = {
        "reviewbot_recent_runs": ("Finished runs among the last hundred", len(rows)),
        "reviewbot_recent_run_seconds_sum": ("Seconds those runs took together", sum(row.seconds for row in rows)),
        "reviewbot_recent_findings": ("Findings of those runs", sum(row.findings for row in rows)),
        "reviewbot_recent_model_requests": ("Model requests of those runs", sum(row.requests for row in rows)),
        "reviewbot_recent_cost_usd": ("Known cost of those runs", sum(row.cost_usd or 0.0 for row in rows)),
    }
    for name, (help_text, value) in recent.items():
        Gauge(name, help_text, registry=registry).set(value)
    glass = Counter("reviewbot_break_glass", "Merge requests that somebody let pass by break glass", registry=registry)
    glass.inc(overview.overrides())
    return generate_latest(registry)
