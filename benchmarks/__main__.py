"""Runs benchmarks, prints one table, keeps the results. Exits 1 when a target is missed."""

import argparse
import os
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from importlib import import_module

from benchmarks import table
from benchmarks.table import Result

NAMES = (
    "life",
    "overhead",
    "size",
    "placement",
    "requests",
    "capacity",
    "webhook",
    "startup",
    "specialists",
    "inherited",
    "matching",
    "patterns",
)


def benchmark(name: str) -> Callable[[bool], Result]:
    """The function of a benchmark: its argument says whether to measure the smallest sizes only."""
    found: Callable[[bool], Result] = import_module(f"benchmarks.{name}").run
    return found


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(NAMES)} (default: all)")
    parser.add_argument("--quick", action="store_true", help="the smallest sizes; nothing is kept")
    parser.add_argument("--trees", metavar="FOLDER", help="where the code bases of `patterns` are (default: trees)")
    options = parser.parse_args()
    if options.trees:
        os.environ["BENCH_TREES"] = options.trees
    if unknown := set(options.names) - set(NAMES):
        parser.error(f"there is no benchmark {', '.join(sorted(unknown))}; there are {', '.join(NAMES)}")
    results = []
    for name in options.names or NAMES:
        print(f"{name} …", file=sys.stderr, flush=True)
        load, began = os.getloadavg()[0], time.monotonic()
        try:
            result = benchmark(name)(options.quick)
        except table.Skipped as reason:
            print(f"{name} is skipped: {reason}", file=sys.stderr, flush=True)
            continue
        result = replace(result, seconds=time.monotonic() - began, load=(load, os.getloadavg()[0]))
        results.append(result)
        if not options.quick:
            table.keep(result)
    table.show(results)
    return int(any(row.met is False for result in results for row in result.rows))


if __name__ == "__main__":
    sys.exit(main())
