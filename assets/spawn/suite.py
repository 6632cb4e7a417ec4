"""Runs a script as a suite: what it starts by `gem5.utils.multiprocessing` becomes simulations of the experiment.

The command line carries one line of code that reads a message from descriptor 3 and runs this text with the message as
`message`. The script then finds everything as if gem5 had been given it directly: `__name__`, `__file__`, `sys.argv`,
`sys.path` and `m5.options`. Everything is kept in one function, so that the script finds a clean interpreter.
"""


def run_suite(message):
    import os
    import sys
    import threading

    script = message["script"]
    directory = os.path.dirname(script)

    finder = {"__name__": "gem5_tui_finder"}
    exec(compile(message["finder"], "<gem5-tui>/finder.py", "exec"), finder)
    finder["install"](
        message["sources"], {"spawns": message["spawns"], "fresh": message["fresh"], "directory": directory, "script": script}
    )

    # gem5's own `main` has imported `m5`, and plain Python has not.
    options = getattr(sys.modules.get("m5"), "options", None)
    if options is None:
        # What `python3 -c` puts first is the current directory.
        if sys.path[:1] == [""]:
            del sys.path[0]
        safe_path = getattr(sys.flags, "safe_path", False)
    else:
        # What the option holds when no `-c` is given.
        options.c = ""
        safe_path = getattr(options, "P", False)
    if not safe_path:
        sys.path.insert(0, directory)
    sys.argv = [script] + message["args"]

    with open(script, "rb") as source:
        code = compile(source.read(), script, "exec", dont_inherit=True)

    status = None
    try:
        # A bare scope, as gem5's: the script is not a module that could be imported.
        exec(code, {"__file__": script, "__name__": "__m5_main__"})
    except SystemExit as error:
        # The script has chosen its end, which is an end like the last line. Every other exception goes on from here,
        # and what runs is left running.
        status = error

    # The interpreter would wait for these only after us, and they may start processes as well.
    for thread in threading.enumerate():
        if thread is not threading.current_thread() and not thread.daemon:
            thread.join()
    spawns = sys.modules.get("gem5.utils.multiprocessing._spawns")
    failures = spawns.end_of_script() if spawns else []
    if failures:
        sys.stdout.flush()
        print("\n".join(failures), file=sys.stderr)
    # A status that the script chose itself says more than ours.
    if status is not None and status.code not in (None, 0):
        raise status
    if failures:
        sys.exit(1)
    if status is not None:
        raise status


run_suite(message)
