"""`Process` and `Pool` as in Python's multiprocessing, except that every child is a fresh gem5."""
from .context import Process, gem5Context

Pool = gem5Context().Pool

__all__ = ["Process", "Pool"]
