"""Experiments to measure with: empty simulations, ones that sleep, ones that write, and thousands that have ended."""

import contextlib
import re
import shutil

import settings
from engines import end_jobs, engine_of, stop
from processes import timed, wait_for
from terminal import Terminal

#: What separates thousands on a screen.
THOUSANDS = "[,.\u2009\u202f ]?"

#: The command line of a simulation that sleeps.
SLEEP = [b"sleep", b"100000"]


def place(name, base=None):
    """A fresh directory below the work directory."""
    path = (base or settings.ROOT) / name
    if path.exists():
        shutil.rmtree(path)
    path.mkdir(parents=True)
    return path


def shown(count):
    """A pattern for a number as a dashboard shows it."""
    return f"{count:,}".replace(",", THOUSANDS)


def experiment(directory, name, gem5, count, cap, defaults="", axes=None):
    """The file of a sweep of so many empty scripts. `axes` are `name: values`, instead of one from 1 to `count`."""
    (directory / "x.py").write_text("")
    axes = axes or [f"i: {{range: [1, {count}, 1]}}"]
    names = "s" + "-".join("${%s}" % axis.split(":")[0] for axis in axes)
    path = directory / f"{name}.yaml"
    path.write_text(
        f"name: {name}\ngem5: {gem5}\nconcurrency: {cap}\n"
        f"defaults:\n  success: {{exit_codes: 0}}\n{defaults}"
        f"simulations:\n  - name: {names}\n    script: x.py\n    matrix: {{{', '.join(axes)}}}\n"
    )
    return path


def script(path, text):
    path.write_text(text)
    path.chmod(0o755)
    return path


def sleeper(directory):
    """A gem5 that does nothing for ever, in half a megabyte, and ends at once on SIGINT."""
    return script(directory / "gem5-sleeps", '#!/bin/sh\ncase "$1" in -B) exit 1;; esac\nexec sleep 100000\n')


def streamer(directory):
    """A gem5 that writes twenty lines a second."""
    return script(
        directory / "gem5-streams",
        '#!/bin/bash\ncase "$1" in -B) exit 1;; esac\nn=0\n'
        "while read -t 0.05 <> <(:); [ $n -lt 1000000 ]; do n=$((n+1)); "
        'echo "$n: system.cpu: a line of the log that is about as long as they are in practice, $n"; done\n',
    )


def writer(directory, text):
    """A gem5 that runs lines of Python, in which the modules here can be imported and `outdir` is its output directory."""
    here = str(settings.REPOSITORY / "benches/peers")
    return script(
        directory / "gem5-writes",
        f"#!{settings.PYTHON} -B\nimport sys\nif sys.argv[1:2] == ['-B']:\n    sys.exit(1)\nsys.path.insert(0, {here!r})\n"
        f"outdir = next((word.split('=', 1)[1] for word in sys.argv if word.startswith('--outdir=')), None)\n{text}\n",
    )


@contextlib.contextmanager
def begun(count, make=sleeper, size=(120, 40), descriptors=None):
    """A dashboard on an experiment whose simulations all may run at once; they may not have started yet."""
    directory = place(f"running-{count}")
    yaml = experiment(directory, "running", make(directory), count, count)
    outdir = directory / "runs/running"
    dashboard = Terminal([settings.PROGRAM, str(yaml), "--start"], directory, *size, descriptors=descriptors)
    try:
        yield dashboard, yaml, outdir
    finally:
        if make is sleeper:
            end_jobs(outdir, SLEEP)
        stop(yaml, outdir)
        dashboard.close("q")


@contextlib.contextmanager
def running(count, make=sleeper, size=(120, 40)):
    """A dashboard on `count` simulations that run, and their engine."""
    with begun(count, make, size) as (dashboard, yaml, outdir):
        pattern = re.compile(rf"\b{shown(count)} running")
        dashboard.until(lambda screen: pattern.search(screen.text()), 300)
        yield dashboard, wait_for(lambda: engine_of(outdir)), yaml, outdir


def once(name, make):
    """A directory that is made by `make` the first time and kept: it takes long, and nothing changes it."""
    directory = settings.ROOT / "kept" / name
    if not (directory / "made").exists():
        settings.say("making", name)
        make(place(f"kept/{name}"))
        (directory / "made").touch()
    return directory


def ended(name, count, text=None):
    """An experiment in which all have ended ok, made once; `text` is what a gem5 of Python does, see `writer`."""

    def make(directory):
        program = writer(directory, text) if text else "/bin/true"
        yaml = experiment(directory, "ended", program, count, 8)
        used = timed([settings.PROGRAM, "run", str(yaml)], directory)
        if used.code != 0:
            raise RuntimeError(f"gem5-tui ended with {used.code}")

    directory = once(name, make)
    return directory / "ended.yaml", directory / "runs/ended"


def finished(count):
    """So many that did nothing and have ended ok."""
    return ended(f"finished-{count}", count)
