"""The three ways to run a MultiSim script, as gem5 has them.

`gem5 script.py --list` prints the ids. `gem5 script.py ID` runs one simulation; an id that is not there runs nothing and
ends with status 0. `gem5 -m gem5.utils.multisim script.py` runs all of them, each in a process of its own.
"""
import argparse
import importlib.util
import multiprocessing
import os

import m5

# Set by `__main__`: the simulations are only collected, and `run()` chooses among them.
module_run = False
_simulators = []
_num_processes = None


def set_num_processes(count):
    """How many simulations `gem5 -m gem5.utils.multisim` runs at once."""
    global _num_processes
    _num_processes = count


def num_simulators():
    """How many simulations the script has added so far."""
    return len(_simulators)


def add_simulator(simulator):
    """Adds a simulation. Outside of the module's own run, this is also where the one that was asked for runs."""
    if not simulator.get_id():
        simulator.set_id("sim_%d" % len(_simulators))
    _simulators.append(simulator)
    if module_run:
        return
    parser = argparse.ArgumentParser(description="Run a specific simulation based on the id.")
    parser.add_argument("id", nargs="?", help="The id of the simulator to run.")
    parser.add_argument("-l", "--list", action="store_true", help="List the ids of the simulators to run.")
    args = parser.parse_args()
    if args.list:
        print(simulator.get_id())
    elif not args.id:
        raise Exception("this script describes several simulations: give the id of one, or --list to see the ids")
    elif args.id == simulator.get_id():
        _run_into_own_directory(simulator)


def run(script):
    """Runs every simulation of the script. Each child reads the whole script again and picks its id."""
    context = multiprocessing.get_context("fork")
    with context.Pool(1) as pool:
        ids, processes = pool.apply(_read, (script,))
    with context.Pool(processes, maxtasksperchild=1) as pool:
        # One id to a task: with gem5's own chunks, several simulations would meet in one process.
        pool.starmap(_run_one, [(script, one) for one in ids], chunksize=1)


def _read(script):
    _load(script)
    return [simulator.get_id() for simulator in _simulators], _num_processes


def _run_one(script, wanted):
    _load(script)
    (simulator,) = [simulator for simulator in _simulators if simulator.get_id() == wanted]
    _run_into_own_directory(simulator)
    # A child of multiprocessing does not run the exit handlers that write the last dump of a gem5.
    m5.stats.dump()


def _load(script):
    spec = importlib.util.spec_from_file_location("gem5target", script)
    spec.loader.exec_module(importlib.util.module_from_spec(spec))


def _run_into_own_directory(simulator):
    simulator.override_outdir(os.path.join(m5.options.outdir, simulator.get_id()))
    simulator.run()
