"""A program behind a pseudo-terminal: keys go in, and when what comes out shows something is told.

A frame counts from the moment at which its bytes can be read, which is when a terminal could begin to draw it. That holds for
all peers alike, and none of them is slowed by a real terminal.
"""

import contextlib
import fcntl
import os
import pty
import resource
import select
import signal
import struct
import termios
import time

import settings
from screen import Screen


class Terminal:
    """`descriptors` is the soft limit that the program finds, such as that of a login."""

    def __init__(self, argv, cwd=None, width=120, height=40, environment=None, descriptors=None):
        self.started = time.perf_counter()
        self.first = None
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            with contextlib.suppress(BaseException):
                if cwd:
                    os.chdir(cwd)
                if descriptors:
                    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
                    resource.setrlimit(resource.RLIMIT_NOFILE, (descriptors, hard))
                os.execvpe(argv[0], argv, environment or settings.ENVIRONMENT)
            os._exit(127)
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", height, width, 0, 0))
        self.screen = Screen(width, height)
        self.bytes = 0
        self.dead = False
        self.reaped = False

    def send(self, text):
        os.write(self.fd, text.encode())

    def read(self, timeout):
        """Takes what comes within the time. Says when it came, or None."""
        ready, _, _ = select.select([self.fd], [], [], max(0, timeout))
        if not ready:
            return None
        now = time.perf_counter()
        try:
            data = os.read(self.fd, 1 << 16)
        except OSError:
            data = b""
        if not data:
            self.dead = True
            return None
        if self.first is None:
            self.first = now
        self.bytes += len(data)
        self.screen.feed(data)
        return now

    def until(self, test, limit=60):
        """Reads until the screen passes the test. Says when the bytes came that made it pass."""
        end = time.perf_counter() + limit
        came = time.perf_counter()
        while not test(self.screen):
            left = end - time.perf_counter()
            if left <= 0 or self.dead:
                raise TimeoutError("the screen never showed it:\n" + self.screen.text())
            came = self.read(left) or came
        return came

    def until_text(self, text, limit=60):
        return self.until(lambda screen: text in screen.text(), limit)

    def drain(self, seconds):
        """Reads for so long, whatever comes."""
        end = time.perf_counter() + seconds
        while (left := end - time.perf_counter()) > 0 and not self.dead:
            self.read(left)

    def press(self, *keys, pause=0.2):
        """Keys that are not measured, each with time to be seen."""
        for key in keys:
            self.send(key)
            self.drain(pause)

    def close(self, keys=""):
        with contextlib.suppress(OSError):
            if keys:
                self.send(keys)
                end = time.monotonic() + 1
                while not self.dead and time.monotonic() < end:
                    self.read(0.05)
        if not self.reaped:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGKILL)
            os.wait4(self.pid, 0)
            self.reaped = True
        with contextlib.suppress(OSError):
            os.close(self.fd)
