"""Measures the product and fits what it ships; it is no part of the product, nor of its tests.

fit/ writes shipped artefacts; search/, answers/, tuning/ and service/ measure; report/ writes docs/benchmarks.md.
datasets/ and harness/ hold what these share, and results/ what was measured.
"""
