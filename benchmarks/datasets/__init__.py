"""The questions and documents that benchmarks measure on, and what reads them."""
