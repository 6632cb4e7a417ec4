"""Processes, and how they and their script end."""
import os
import signal
import sys

from trial import case, fails, run, script


@case
def processes_have_their_verbs(engine):
    run(
        engine,
        """
        import time
        from multiprocessing.connection import wait
        import gem5.utils.multiprocessing as ours
        first = Process(target=sim.wait_for_ever, name="first")
        second = ours.get_context().Process(target=sim.slow, args=(2,))
        assert (first.name, second.name) == ("first", "Spawn_gem5Process-1"), second
        assert first.pid is None and first.exitcode is None and not first.is_alive() and "initial" in repr(first)
        first.start(); second.start()
        assert first.is_alive() and first.exitcode is None and "started" in repr(first)
        assert set(ours.active_children()) == {first, second}
        assert first.join(0.01) is None and first.is_alive()
        assert wait([first.sentinel, second.sentinel]) == [second.sentinel]
        second.join()
        assert second.exitcode == 0 and wait([second.sentinel], 0) == [second.sentinel]
        assert wait([first.sentinel], 0.01) == []
        while first.pid is None:
            time.sleep(0.01)
        first.terminate()
        assert wait([first.sentinel], 100) and first.exitcode == -15, first
        third = Process(target=sim.wait_for_ever)
        third.start(); third.kill(); third.join()
        assert third.exitcode == -9 and third.name == "Process-2" and third.sentinel > 2
        third.kill(); third.terminate(); third.close()
        assert ours.active_children() == []
        """,
    )


@case
def an_end_that_nobody_looks_at_fails_the_suite(engine):
    status, _, err = fails(
        engine,
        """
        bad, worse, seen, good = (Process(target=t) for t in (sim.fail, sim.die, sim.die, sim.surroundings))
        for process in (bad, worse, seen, good):
            process.start()
        for process in (bad, worse, seen, good):
            process.join()
        assert seen.exitcode == -9
        """,
    )
    assert status == 1, err
    said = err.partition("SimulationFailed:")[2]
    assert "suite.fail" in said and "Trouble: no cache" in said and "suite.die" in said and "suite.die~2" not in said, err
    assert "Traceback" not in said
    # And each was told at once.
    assert err.count("gem5-tui: suite.die") == 2, err
    # So does one whose end the script did not even wait for.
    status, _, err = fails(engine, "Process(target=sim.fail).start()\nimport sys; sys.exit(0)")
    assert status == 1 and "suite.fail" in err
    # A status that the script has chosen stays.
    status, _, err = fails(engine, "Process(target=sim.square, args=(2,)).start()\nimport sys; sys.exit(3)")
    assert status == 3 and engine.simulations[0].answer["ok"], err


@case
def the_end_of_the_script_ends_daemons_and_waits_for_the_others(engine):
    run(
        engine,
        """
        import threading, time
        daemon = Process(target=sim.wait_for_ever, daemon=True)
        daemon.start()
        for number in (0, 1):
            Process(target=sim.slow, args=(number,)).start()
        left = Pool(1).map_async(sim.wait_for_ever, range(3))
        def later():
            time.sleep(0.3)
            Process(target=sim.same, args=("late",)).start()
        threading.Thread(target=later).start()
        """,
    )
    ends = {simulation.request["label"]: simulation.answer["outcome"] for simulation in engine.simulations}
    assert ends.pop("wait_for_ever") == "cancelled", ends
    assert [ends.pop("wait_for_ever-%d" % number) for number in range(3)] == ["cancelled"] * 3
    assert ends == {"slow-0": "ok", "slow-1": "ok", "same-late": "ok"}, ends


@case
def a_script_that_fails_leaves_what_runs_alone(engine):
    status, _, err = fails(
        engine,
        """
        Process(target=sim.wait_for_ever, daemon=True).start()
        with Pool(2) as pool:
            pool.map_async(sim.wait_for_ever, range(2))
            while not all(process.pid for process in __import__("gem5.utils.multiprocessing").utils.multiprocessing.active_children()):
                pass
            raise KeyError("analysis")
        """,
    )
    assert status == 1 and "KeyError" in err and "analysis" in err, err
    assert not any(name.endswith(".stop.json") for name in os.listdir(engine.spawns))
    assert len(engine.simulations) == 3


@case
def an_interrupt_ends_the_suite_at_once(engine):
    if engine.gem5:
        return
    script(engine, "Process(target=sim.wait_for_ever).start(); Pool(2).map(sim.wait_for_ever, range(2))")
    engine.on_round = lambda: (
        len([s for s in engine.simulations if s.pid]) == 3 and engine.suite and os.kill(engine.suite, signal.SIGINT)
    )
    status, _, err = engine.run("test.py")
    assert status in (-signal.SIGINT, 1, 130) and "KeyboardInterrupt" in err, (status, err)
    assert not any(name.endswith(".stop.json") for name in os.listdir(engine.spawns))
