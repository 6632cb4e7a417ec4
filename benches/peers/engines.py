"""Engines as a client finds them: which one has an experiment, and what is asked of it without a dashboard in between."""

import contextlib
import json
import os
import pathlib
import signal
import socket
import subprocess

import settings
from processes import wait_for


def engine_of(outdir):
    """The engine's pid, if it lives."""
    try:
        lock = json.loads((pathlib.Path(outdir) / "engine.lock").read_text())
        pid = lock["engine"]["pid"]
        ours = b"gem5-tui" in pathlib.Path(f"/proc/{pid}/cmdline").read_bytes()
    except (OSError, KeyError, ValueError):
        return None
    return pid if ours and not lock["released"] else None


def started(outdir, names):
    """The record of each simulation that has started, in the order of the names."""
    paths = [outdir / name / "attempt-1/started.json" for name in names]
    return [json.loads(path.read_text()) for path in paths if path.exists()]


def end_jobs(outdir, command):
    """Ends what an experiment runs without asking its engine; only what has this command line."""
    names = sorted(os.listdir(outdir)) if outdir.exists() else []
    for record in started(outdir, names):
        pid = record["gem5"]["pid"]
        with contextlib.suppress(OSError):
            if pathlib.Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")[: len(command)] == command:
                os.kill(pid, signal.SIGKILL)


def stop(yaml, outdir):
    """Ends an experiment with all that runs in it, and its engine."""
    if engine_of(outdir) is None:
        return
    with contextlib.suppress(subprocess.TimeoutExpired, TimeoutError):
        subprocess.run([settings.PROGRAM, "stop", str(yaml), "--cancel"], env=settings.ENVIRONMENT, timeout=240,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_for(lambda: engine_of(outdir) is None, 120)


class Link:
    """A client that speaks the engine's protocol."""

    def __init__(self, outdir):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(json.loads((outdir / "engine.lock").read_text())["socket"])
        self.file = self.socket.makefile("rw")
        self.file.readline()
        self.id = 0

    def ask(self, do, **more):
        self.id += 1
        self.file.write(json.dumps({"id": self.id, "request": {"do": do, **more}}) + "\n")
        self.file.flush()

    def reply(self):
        """The answer to what was asked last."""
        while True:
            text = self.file.readline()
            if not text:
                raise ConnectionError("the engine has gone")
            message = json.loads(text)
            if message["type"] == "reply" and message["id"] == self.id:
                return message

    def close(self):
        self.file.close()
        self.socket.close()
