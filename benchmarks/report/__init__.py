"""Generates docs/benchmarks.md and the pictures in docs/pictures."""
