"""Contestants take turns, so that what else a machine does slows all of them alike."""

import machine
import settings


def turns(contestants, rounds=None):
    """{name: function of the round} → {name: [results]}. The order is reversed in every second round, so that nobody always
    comes after the same one. Who is None is not there, and has no results."""
    results = {name: [] for name in contestants}
    there = [name for name, run in contestants.items() if run]
    for turn in range(rounds or settings.rounds):
        for name in there if turn % 2 == 0 else reversed(there):
            with machine.quiet():
                results[name].append(contestants[name](turn))
        last = {name: getattr(runs[-1], "wall", runs[-1]) for name, runs in results.items() if runs}
        settings.say("round", turn + 1, {name: one for name, one in last.items() if not isinstance(one, (list, dict))})
    return results


def walls(used, scale=1000.0):
    """Wall times of commands, in milliseconds."""
    return [one.wall * scale for one in used]
