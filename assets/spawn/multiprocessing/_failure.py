"""What a script gets instead of a value when a simulation did not end well."""
from multiprocessing import ProcessError


class SimulationFailed(ProcessError):
    """A simulation did not return a value, however it came to that: killed, out of memory, `fatal`, cancelled.

    `simulation` is its name in the experiment, `outcome` one word for how it ended, `cause` a sentence about why, and
    `directory` the output of its last attempt, where the logs are. The last may be None.
    """

    def __init__(self, simulation, outcome, cause, directory=None):
        super().__init__(simulation, outcome, cause, directory)
        self.simulation = simulation
        self.outcome = outcome
        self.cause = cause
        self.directory = directory

    def __str__(self):
        text = "%s: %s: %s" % (self.simulation, self.outcome, self.cause)
        return "%s (see %s)" % (text, self.directory) if self.directory else text


class RemoteTraceback(Exception):
    """The traceback of an exception in the process that raised it. It is the `__cause__` of the exception here."""

    def __init__(self, text):
        super().__init__(text)
        self.text = text

    def __str__(self):
        return '\n"""\n%s"""' % self.text


# Tracebacks name an exception by its module; the one that scripts import it from is the one that helps.
SimulationFailed.__module__ = "gem5.utils.multiprocessing"
