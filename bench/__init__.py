"""Benchmarks: each a module with `run() -> Report`. Speed is claimed only from here."""
