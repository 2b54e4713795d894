"""Servers that behave like the outside world, for the demo, the tests and the benchmarks."""
