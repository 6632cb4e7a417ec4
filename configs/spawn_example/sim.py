"""The functions that `spawn_example.yaml` runs, each call in a fresh process.

A function that is to be called in another process must be importable there, so it lives in a module and not in a script.
It works in gem5 and, without the simulation, in plain Python.
"""


def run_sim(name):
    """A tiny simulation. What it returns travels back as JSON."""
    print("Hello from %s" % name)
    try:
        import m5
    except ImportError:
        return {"name": name, "sum": sum(range(1000))}

    from cache_sweep import make_system
    from m5.objects import PointerChase, Root

    root = Root(full_system=False, system=make_system(PointerChase(size="64KiB", max_visits=20000)))
    m5.instantiate()
    event = m5.simulate()
    print("Exiting @ tick %d because %s" % (m5.curTick(), event.getCause()))
    return {"name": name, "ticks": m5.curTick(), "cause": event.getCause()}
