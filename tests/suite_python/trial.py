"""What the cases have in common: writing a script, running it under the small engine, looking at what came of it."""
import json
import os
import shutil
import textwrap

IMPORTS = """
from gem5.utils.multiprocessing import Pool, Process
import sim
"""
SIM = os.path.join(os.path.dirname(os.path.abspath(__file__)), "sim.py")
# All cases by name, in the order in which they are written.
CASES = {}


def case(function):
    """Makes a case of a function. It is given an `Engine` of its own."""
    CASES[function.__name__] = function
    return function


def script(engine, text, name="test.py"):
    """Writes the script and what it imports."""
    shutil.copy(SIM, engine.directory)
    engine.write(name, IMPORTS + textwrap.dedent(text))


def run(engine, text, args=()):
    """Runs a script that must end well. Returns the last line it has printed, as JSON."""
    script(engine, text)
    status, out, err = engine.run("test.py", args)
    assert status == 0, (status, out, err)
    last = out.splitlines()[-1] if out.splitlines() else ""
    return json.loads(last) if last[:1] in ("[", "{", '"') else None


def fails(engine, text):
    """Runs a script that must not end well. Returns (status, output, errors)."""
    script(engine, text)
    found = engine.run("test.py")
    assert found[0] != 0, found
    return found


def labels(engine):
    """What the suite has asked for, in that order."""
    return [simulation.request["label"] for simulation in engine.simulations]
