"""Events: what happens at a tick. The queue of the stand-in holds only what scripts and progress reports put into it."""
import heapq
import itertools

import m5

_instances = itertools.count()


class Event:
    """Something that is called when its tick has come."""

    def __init__(self):
        self.instance = next(_instances)

    def __call__(self):
        raise NotImplementedError


class EventQueue:
    """Events in the order of their ticks, and of their scheduling within a tick."""

    def __init__(self):
        self._heap = []
        self._order = itertools.count()

    def schedule(self, event, when):
        """Has the event called at the tick `when`."""
        heapq.heappush(self._heap, (when, next(self._order), event))

    def next_tick(self, limit):
        """The tick of the first event, or the limit if that comes first."""
        return min(self._heap[0][0], limit) if self._heap else limit

    def service(self, now):
        """Calls every event whose tick has come."""
        while self._heap and self._heap[0][0] <= now:
            heapq.heappop(self._heap)[2]()


mainq = EventQueue()


class ProgressEvent(Event):
    """Prints the time again and again, as gem5's `m5/event.py` does."""

    def __init__(self, eventq, period):
        super().__init__()
        self.period = int(period)
        self.eventq = eventq
        self.eventq.schedule(self, m5.curTick() + self.period)

    def __call__(self):
        print("Progress! Time now %fs" % (m5.curTick() / 1e12))
        self.eventq.schedule(self, m5.curTick() + self.period)


class CpuProgress(Event):
    """What `progress_interval` of a CPU prints (`src/cpu/base.cc`): a line of the debug log, whose default is stdout."""

    def __init__(self, cpu, interval):
        super().__init__()
        self._cpu = cpu
        self._interval = interval
        self._last = cpu.instructions_done
        mainq.schedule(self, m5.curTick() + interval)

    def __call__(self):
        done, now = self._cpu.instructions_done, m5.curTick()
        ipc = (done - self._last) * self._cpu.period / self._interval
        text = "progress event, total committed:%d, progress insts committed: %d, IPC: %f"
        print("%7d: Event_%d: %s %s" % (now, self.instance, self._cpu.path, text % (done, done - self._last, ipc)))
        self._last = done
        mainq.schedule(self, now + self._interval)
