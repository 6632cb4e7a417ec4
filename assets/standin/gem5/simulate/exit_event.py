"""gem5's names for the causes that end `m5.simulate()`."""
from enum import Enum


class ExitEvent(Enum):
    """One kind of exit. The value is gem5's word for it."""

    EXIT = "exit"
    WORKBEGIN = "workbegin"
    WORKEND = "workend"
    SWITCHCPU = "switchcpu"
    FAIL = "fail"
    CHECKPOINT = "checkpoint"
    SCHEDULED_TICK = "scheduled tick exit"
    MAX_TICK = "max tick"
    USER_INTERRUPT = "user interrupt"
    MAX_INSTS = "number of instructions reached"
    KERNEL_PANIC = "kernel panic in simulated system"
    KERNEL_OOPS = "kernel oops in simulated system"

    @classmethod
    def translate_exit_status(cls, cause):
        """The kind of a cause. gem5 raises for one that it does not know, and the script dies of it."""
        if cause in _KINDS:
            return _KINDS[cause]
        raise NotImplementedError("Exit event '%s' not implemented" % cause)


_KINDS = {
    "m5_workbegin instruction encountered": ExitEvent.WORKBEGIN,
    "workbegin": ExitEvent.WORKBEGIN,
    "m5_workend instruction encountered": ExitEvent.WORKEND,
    "workend": ExitEvent.WORKEND,
    "m5_exit instruction encountered": ExitEvent.EXIT,
    "exiting with last active thread context": ExitEvent.EXIT,
    "switchcpu": ExitEvent.SWITCHCPU,
    "m5_fail instruction encountered": ExitEvent.FAIL,
    "checkpoint": ExitEvent.CHECKPOINT,
    "Tick exit reached": ExitEvent.SCHEDULED_TICK,
    "simulate() limit reached": ExitEvent.MAX_TICK,
    "user interrupt received": ExitEvent.USER_INTERRUPT,
    "a thread reached the max instruction count": ExitEvent.MAX_INSTS,
    "Kernel panic in simulated system.": ExitEvent.KERNEL_PANIC,
    "Kernel oops in simulated system.": ExitEvent.KERNEL_OOPS,
}
