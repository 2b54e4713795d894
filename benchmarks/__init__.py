"""Measures what the project promises in figures: `python -m benchmarks [NAME…] [--quick]`, or `make bench`."""
