"""The model: caches, DRAM and a CPU that together turn visits into ticks.

It is small and it is honest: every miss that it reports is a look-up that failed in a simulated cache of that size and
associativity, and every tick is a cycle, a cache's latency or the DRAM's. It leaves out far more than gem5 does:
speculation, prefetching, coherence, contention on the buses, virtual memory.

Times are in ticks of one picosecond. A cache set is a dict from line to dirty bit whose order is the order of use.
"""
import os
import sys
from collections import defaultdict, deque
from itertools import islice
from operator import length_hint

from . import endings
from .workloads import CODE_LINE, LINE

INST, DATA = 0, 1
REQUESTORS = ("cpu.inst", "cpu.data")
# The code of one kernel, in lines.
CODE_LINES = 8
NEVER = 2**64 - 1


class Cache:
    """One cache. The CPU looks into the first-level data cache itself and comes here only when it misses."""

    def __init__(self, path, params, period, below, below_ticks):
        if params.assoc <= 0 or params.size <= 0:
            endings.fatal("src/mem/cache/tags/base.cc:78", "%s: size and associativity must not be zero" % path)
        count = params.size // (params.assoc * LINE)
        if count <= 0 or count & (count - 1):
            endings.fatal(
                "src/mem/cache/tags/indexing_policies/base.cc:62",
                "fatal condition !isPowerOf2(numSets) occurred: # of sets must be non-zero and a power of 2",
            )
        self.path = path
        self.period = period
        self.size = params.size
        self.assoc = params.assoc
        self.mshrs = params.mshrs
        self.sets = [{} for _ in range(count)]
        self.mask = count - 1
        # gem5 reads tags and data at the same time unless told otherwise.
        self.hit_ticks = max(params.tag_latency, params.data_latency) * period
        self.tag_ticks = params.tag_latency * period
        self.response_ticks = params.response_latency * period
        self.below = below
        self.below_ticks = below_ticks
        self.trace = None
        self.reset()

    def reset(self):
        """Forgets the counts, not the contents."""
        self.accesses = [0, 0]
        # How many ticks misses took: ticks -> how often. One count for each miss; the sums are made when they are asked for.
        self.miss_latencies = [defaultdict(int) for _ in REQUESTORS]
        self.replacements = 0
        self.writebacks = 0

    def misses(self, requestor):
        """How many misses a requestor had."""
        return sum(self.miss_latencies[requestor].values())

    def miss_ticks(self, requestor):
        """How many ticks the misses of a requestor took together."""
        return sum(ticks * count for ticks, count in self.miss_latencies[requestor].items())

    def miss_cycles(self):
        """How many cycles misses took: cycles -> how often."""
        cycles = defaultdict(int)
        for latencies in self.miss_latencies:
            for ticks, count in latencies.items():
                cycles[ticks // self.period] += count
        return cycles

    def request(self, line, requestor, now):
        """Looks a line up for a cache above, or for an instruction fetch. Returns when the line is there."""
        self.accesses[requestor] += 1
        ways = self.sets[line & self.mask]
        if line in ways:
            ways[line] = ways.pop(line)
            return now + self.hit_ticks
        return self.miss(line, 0, requestor, now)

    def miss(self, line, dirty, requestor, now):
        """Brings a line that is not here from below. Returns when it is there."""
        if self.trace is not None:
            self.trace(now, self.path, line, requestor)
        arrival = self.below.request(line, requestor, now + self.tag_ticks + self.below_ticks) + self.response_ticks
        self.miss_latencies[requestor][arrival - now] += 1
        self._install(line, dirty, arrival)
        return arrival

    def writeback(self, line, now):
        """Takes a dirty line from a cache above. Nobody waits for it."""
        ways = self.sets[line & self.mask]
        if line in ways:
            del ways[line]
            ways[line] = 1
        else:
            self._install(line, 1, now)

    def _install(self, line, dirty, now):
        ways = self.sets[line & self.mask]
        if len(ways) >= self.assoc:
            victim = next(iter(ways))
            self.replacements += 1
            if ways.pop(victim):
                self.writebacks += 1
                self.below.writeback(victim, now)
        ways[line] = dirty


class Dram:
    """One DRAM channel with open rows, behind its controller."""

    def __init__(self, path, controller, dram, memory_size):
        self.path = path
        if dram.row_size < LINE:
            endings.failed_assertion("src/mem/dram_interface.cc:732", "DRAMInterface", "burstsPerRowBuffer > 0")
        self.lines = memory_size // LINE
        self.frontend_ticks = controller.static_frontend_latency
        self.backend_ticks = controller.static_backend_latency
        self.cas_ticks = dram.tCL
        self.activate_ticks = dram.tRCD
        self.precharge_ticks = dram.tRP
        self.burst_ticks = dram.tBURST
        self.max_accesses_per_row = dram.max_accesses_per_row
        self.lines_per_row = max(1, dram.row_size // LINE)
        self.banks = dram.banks_per_rank
        self.open_rows = [None] * self.banks
        self.row_accesses = [0] * self.banks
        self.bank_free = [0] * self.banks
        self.bus_free = 0
        self.reset()

    def reset(self):
        """Forgets the counts, not the open rows."""
        self.writes = 0
        self.row_hits = 0
        # How many lines were read from a row between its opening and its closing: count -> how often.
        self.lines_per_activate = {}
        self.bank_reads = [[0] * self.banks for _ in REQUESTORS]
        # How many ticks reads took: ticks -> how often.
        self.read_latencies = defaultdict(int)

    def request(self, line, requestor, now):
        """Reads a line. Returns when the controller has it."""
        if line >= self.lines:
            endings.panic("src/arch/x86/faults.cc:166", "Tried to read unmapped address %#x." % (line * LINE))
        row = line // self.lines_per_row
        bank = row % self.banks
        start = max(now + self.frontend_ticks, self.bank_free[bank])
        if self.open_rows[bank] == row and self.row_accesses[bank] < self.max_accesses_per_row:
            self.row_hits += 1
            ready = start + self.cas_ticks
        else:
            ready = start + self.activate_ticks + self.cas_ticks
            if self.open_rows[bank] is not None:
                ready += self.precharge_ticks
                used = self.row_accesses[bank]
                self.lines_per_activate[used] = self.lines_per_activate.get(used, 0) + 1
            self.open_rows[bank] = row
            self.row_accesses[bank] = 0
        self.row_accesses[bank] += 1
        end = max(ready, self.bus_free) + self.burst_ticks
        self.bus_free = end
        # The next read of an open row may start while this one's data is on the bus.
        self.bank_free[bank] = end - self.cas_ticks
        self.bank_reads[requestor][bank] += 1
        self.read_latencies[end - now] += 1
        return end + self.backend_ticks

    def reads(self):
        """How many lines each requestor has read."""
        return [sum(reads) for reads in self.bank_reads]

    def read_nanoseconds(self):
        """How many nanoseconds reads took: nanoseconds -> how often."""
        nanoseconds = defaultdict(int)
        for ticks, count in self.read_latencies.items():
            nanoseconds[ticks // 1000] += count
        return nanoseconds

    def writeback(self, line, now):
        """Takes a line into the write queue. Draining it later takes time on the data bus, and that is all it does here."""
        self.writes += 1
        self.bus_free = max(self.bus_free, now) + self.burst_ticks


class Cpu:
    """Runs a workload.

    With a window of 0 it waits for each access. With a larger one it is an interval model: instructions go on issuing
    while misses are under way, until the oldest miss is a whole window behind or all MSHRs are taken; then it waits for
    that one. A dependent access starts no earlier than the one before it ended, whatever the window.
    """

    def __init__(self, path, params, workload, period, icache, dcache, console):
        self.path = path
        self.period = period
        self.width = params.issueWidth
        self.window = params.windowSize
        self.max_instructions = params.max_insts_any_thread
        self.workload = workload
        self.icache = icache
        self.dcache = dcache
        self.console = console
        self.tick = 0
        # All that a checkpoint has to keep: where in the workload the CPU is, and what it has done.
        self.batch_number = 0
        self.batch_offset = 0
        self.visits_done = 0
        self.instructions_done = 0
        self.acts_done = 0
        self._kernel = None
        self._batch = []
        self._visits = iter(self._batch)
        self._flying = deque()
        self._chain = 0
        self.reset()

    def reset(self):
        """Forgets the counts, not the progress."""
        self.instructions = 0
        self.loads = 0
        self.stores = 0
        self.floats = 0
        self.visits_by_kernel = {}

    def step(self, limit):
        """Runs to the end of a batch, or to the tick `limit`. Returns (cause, code) if the program asks to leave."""
        if length_hint(self._visits) == 0:
            self._next_batch()
        kernel = self._kernel
        per_visit = kernel.accesses + kernel.integers + kernel.floats
        budget = length_hint(self._visits)
        if self.workload.max_visits:
            budget = min(budget, self.workload.max_visits - self.visits_done)
        act = self._next_act()
        if act is not None:
            budget = min(budget, act[0] - self.visits_done)
        if self.max_instructions:
            budget = min(budget, -(-(self.max_instructions - self.instructions_done) // per_visit))
        if budget > 0 and self.tick < limit:
            before = len(self._batch) - length_hint(self._visits)
            run = self._run_windowed if self.window else self._run_in_order
            run(islice(self._visits, budget), kernel, per_visit, limit)
            after = len(self._batch) - length_hint(self._visits)
            self._account(kernel, per_visit, self._batch[before:after])
            self.batch_offset = after
        if act is not None and self.visits_done >= act[0]:
            self.acts_done += 1
            if act[1] == "exit":
                return act[2], 0
            self._print(act[2])
        if self.workload.max_visits and self.visits_done >= self.workload.max_visits:
            if not self.workload.exit_cause:
                self.tick = NEVER
                return None
            return self.workload.exit_cause, self.workload.exit_code
        if self.max_instructions and self.instructions_done >= self.max_instructions:
            return "a thread reached the max instruction count", 0
        return None

    def _next_act(self):
        acts = self.workload.acts
        return acts[self.acts_done] if self.acts_done < len(acts) else None

    def _print(self, text):
        """What the guest prints goes to its terminal. Without one it is a plain program, and shares gem5's own output."""
        if self.console is not None:
            self.console.write(text)
        else:
            sys.stdout.flush()
            os.write(1, (text + "\n").encode())

    def _next_batch(self):
        """Fetches the next batch, or, after a restore, the one that the checkpoint was taken in."""
        if self._batch:
            self.batch_number += 1
            self.batch_offset = 0
        kernel, self._batch = self.workload.batch(self.batch_number)
        self._visits = iter(self._batch)
        next(islice(self._visits, self.batch_offset, self.batch_offset), None)
        # The kernel's code: fetched anew when the kernel changes; a loop that is in the cache stays there.
        if kernel is not self._kernel:
            start = CODE_LINE + sum(map(ord, kernel.name)) % 64 * CODE_LINES
            for line in range(start, start + CODE_LINES):
                self.tick = self.icache.request(line, INST, self.tick)
        self._kernel = kernel

    def _account(self, kernel, per_visit, visits):
        count = len(visits)
        writes = sum([visit & 1 for visit in visits])
        self.visits_done += count
        self.instructions_done += count * per_visit
        self.instructions += count * per_visit
        self.stores += writes * kernel.accesses
        self.loads += (count - writes) * kernel.accesses
        self.floats += count * kernel.floats
        self.visits_by_kernel[kernel.name] = self.visits_by_kernel.get(kernel.name, 0) + count
        self.dcache.accesses[DATA] += count * kernel.accesses
        self.icache.accesses[INST] += count * per_visit

    # The two loops below are where all the time goes: names are local, the hit is inline.

    def _run_in_order(self, visits, kernel, per_visit, limit):
        now = self.tick
        others = kernel.integers + kernel.floats
        busy = -(-others * self.period // self.width) + kernel.accesses * (self.period + self.dcache.hit_ticks)
        sets, mask, miss = self.dcache.sets, self.dcache.mask, self.dcache.miss
        for visit in visits:
            now += busy
            line = visit >> 1
            ways = sets[line & mask]
            if line in ways:
                ways[line] = ways.pop(line) | visit & 1
            else:
                now = miss(line, visit & 1, DATA, now)
            if now >= limit:
                break
        self.tick = now

    def _run_windowed(self, visits, kernel, per_visit, limit):
        now, chain, flying = self.tick, self._chain, self._flying
        busy = round(per_visit * self.period / min(self.width, kernel.ilp))
        instruction, window, mshrs = self.instructions_done, self.window, self.dcache.mshrs
        dependent, hit_ticks = kernel.dependent, self.dcache.hit_ticks
        sets, mask, miss = self.dcache.sets, self.dcache.mask, self.dcache.miss
        for visit in visits:
            now += busy
            instruction += per_visit
            while flying and flying[0][0] <= instruction - window:
                now = max(now, flying.popleft()[1])
            line = visit >> 1
            ways = sets[line & mask]
            if line in ways:
                ways[line] = ways.pop(line) | visit & 1
                if dependent:
                    chain = max(now, chain) + hit_ticks
                    flying.append((instruction, chain))
            else:
                # Dependent accesses follow one another anyway, so they never take more than one MSHR.
                if not dependent and len(flying) >= mshrs:
                    now = max(now, flying.popleft()[1])
                chain = miss(line, visit & 1, DATA, max(now, chain) if dependent else now)
                flying.append((instruction, chain))
            if now >= limit:
                break
        self.tick, self._chain = now, chain


class Machine:
    """The model of one configured system."""

    def __init__(self, system, cpu, icache, dcache, l2, dram, period):
        self.system = system
        self.cpu = cpu
        self.icache = icache
        self.dcache = dcache
        self.l2 = l2
        self.dram = dram
        self.period = period
        self.start_tick = 0

    def caches(self):
        """Every cache, in the order of their names."""
        return [cache for cache in (self.dcache, self.icache, self.l2) if cache is not None]

    def reset(self, now):
        """Starts all counts anew."""
        self.start_tick = now
        for part in [self.cpu, self.dram] + self.caches():
            part.reset()
