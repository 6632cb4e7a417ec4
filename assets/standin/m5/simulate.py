"""From a configuration to ticks: `instantiate()`, `simulate()`, `checkpoint()`."""
import atexit
import json
import mmap
import os
import sys
import time

import m5

from . import endings, model, objects, release, signals, util
from .event import CpuProgress, mainq
from .model import NEVER as MaxTick
from .workloads import Workload

# Linux's number. Python's `mmap` names it since 3.13 only.
_MAP_NORESERVE = 0x4000

_machine = None
_tick = 0
_started = False


class GlobalSimLoopExitEvent:
    """Why `simulate()` came back."""

    def __init__(self, cause, code=0):
        self._cause = cause
        self._code = code

    def getCause(self):
        """One of gem5's causes, word for word."""
        return self._cause

    def getCode(self):
        """The code that came with the cause, such as what the program returned."""
        return self._code


def curTick():
    """The tick that the simulation has reached."""
    return _tick


def machine():
    """The model, once `instantiate()` has built it."""
    return _machine


def instantiate(ckpt_dir=None):
    """Writes the configuration files, builds the model and, given a checkpoint, takes up its state."""
    global _machine
    root = objects.Root.instance
    if root is None:
        util.fatal("Need to instantiate Root() before calling instantiate()")
    if _machine is not None:
        util.fatal("m5.instantiate() called twice.")
    for node in root.descendants():
        for name in node.missing():
            util.fatal("%s.%s without default or user set value", node.path(), name)
        if isinstance(node, Workload) and node.executable and not os.path.isfile(node.executable):
            reason = "fatal condition fd < 0 occurred: Failed to open file %s.\n" % node.executable
            reason += "This error typically occurs when the file path specified is incorrect."
            endings.fatal("src/base/loader/image_file_data.cc:105", reason)
    _write_configuration(root)
    sys.stdout.write("Global frequency set at %d ticks per second\n" % 10**12)
    _machine = _build(root)
    if release.since(23, 1):
        with open(os.path.join(m5.options.outdir, "citations.bib"), "w") as citations:
            # gem5 lists here the papers of what was simulated. The stand-in is nobody's research.
            citations.write("% The gem5-tui stand-in was run, not gem5: there is nothing to cite.\n")
    if ckpt_dir is not None:
        _restore(ckpt_dir)
    _machine.reset(_tick)
    for cpu in (node for node in root.descendants() if isinstance(node, objects.BaseCPU)):
        if cpu.progress_interval:
            CpuProgress(_machine.cpu, cpu.progress_interval)


def simulate(ticks=MaxTick):
    """Lets `ticks` ticks pass, or fewer if something ends the simulation before."""
    global _tick, _started
    if _machine is None:
        util.fatal("m5.instantiate() must be called before m5.simulate().")
    if not _started:
        _started = True
        # gem5 registers its last dump here, so that it comes before whatever was registered earlier.
        atexit.register(m5.stats.dump)
    sys.stdout.flush()
    if not release.since(25, 0):
        entering = "Entering event queue @ %d.  Starting simulation..." % _tick
        sys.stderr.write(release.message("src/sim/simulate.cc:199", "info", entering))
        sys.stderr.flush()
    signals.entering_simulation()
    # A negative number of ticks means without a limit, as in gem5.
    limit = min(_tick + ticks, MaxTick) if ticks >= 0 else MaxTick
    try:
        with signals.InterruptHandler():
            event = _loop(limit)
    except MemoryError:
        # In gem5 it is C++ that asked for the memory, and nothing catches its exception.
        endings.terminate("std::bad_alloc", "std::bad_alloc")
    sys.stdout.flush()
    return event


def _loop(limit):
    global _tick
    cpu = _machine.cpu
    while True:
        # SIGUSR1 and SIGUSR2 may have been noted while the script was still configuring; at tick 0 the dump is skipped.
        if signals.take(signals.signal.SIGUSR2):
            m5.stats.dump()
            m5.stats.reset()
        if signals.take(signals.signal.SIGUSR1):
            m5.stats.dump()
        if signals.take(signals.signal.SIGINT):
            return GlobalSimLoopExitEvent("user interrupt received")
        stop = mainq.next_tick(limit)
        cause = cpu.step(stop)
        # The last access may end beyond the limit; the CPU goes on from there, and time stands at the limit.
        _tick = min(cpu.tick, stop)
        endings.current_tick = _tick
        mainq.service(_tick)
        if cpu.tick >= limit:
            return GlobalSimLoopExitEvent("simulate() limit reached")
        if cause is not None:
            return GlobalSimLoopExitEvent(*cause)


def checkpoint(directory):
    """Writes `m5.cpt` into the directory. A `%d` in its name becomes the tick. Caches are not part of it, as in gem5."""
    if "%" in directory:
        directory = directory % _tick
    print("Writing checkpoint")
    try:
        os.makedirs(directory, exist_ok=True)
        cpu = _machine.cpu
        with open(os.path.join(directory, "m5.cpt"), "w") as out:
            out.write("## checkpoint generated: %s\n" % time.ctime())
            out.write("\n[Globals]\ncurTick=%d\n" % _tick)
            out.write("\n[%s]\ninstCnt=%d\nbusyUntil=%d\n" % (cpu.path, cpu.instructions_done, cpu.tick))
            out.write("\n[%s.workload]\ntype=%s\n" % (cpu.path, type(cpu.workload).__name__))
            out.write("batch=%d\noffset=%d\n" % (cpu.batch_number, cpu.batch_offset))
            out.write("visits=%d\nacts=%d\n" % (cpu.visits_done, cpu.acts_done))
    except OSError as error:
        endings.fatal("src/sim/serialize.cc:163", "couldn't mkdir %s: %s" % (directory, error.strerror))


def _restore(directory):
    global _tick
    path = os.path.join(directory, "m5.cpt")
    sections, section = {}, None
    try:
        with open(path) as lines:
            for line in lines:
                line = line.strip()
                if line.startswith("["):
                    section = sections.setdefault(line.strip("[]"), {})
                elif "=" in line and section is not None:
                    name, _, value = line.partition("=")
                    section[name] = value
        cpu = _machine.cpu
        state, place = sections[cpu.path], sections[cpu.path + ".workload"]
        if place["type"] != type(cpu.workload).__name__:
            raise ValueError("it was taken with %s" % place["type"])
        _tick = int(sections["Globals"]["curTick"])
        cpu.tick = max(_tick, int(state["busyUntil"]))
        cpu.instructions_done = int(state["instCnt"])
        cpu.batch_number, cpu.batch_offset = int(place["batch"]), int(place["offset"])
        cpu.visits_done, cpu.acts_done = int(place["visits"]), int(place["acts"])
    except OSError:
        endings.fatal("src/sim/serialize.cc:201", "Can't load checkpoint file '%s'" % path)
    except (KeyError, ValueError) as error:
        endings.fatal("src/sim/serialize.cc:211", "Can't unserialize '%s': %s" % (path, error))
    endings.current_tick = _tick


def _map_memory(system):
    """Asks the host for the guest's memory, as gem5 does: all at once, and untouched until the guest touches it."""
    flags = mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | _MAP_NORESERVE
    for memory in system.mem_ranges:
        try:
            memory.__dict__["backing"] = mmap.mmap(-1, memory.size, flags=flags)
        except OSError as error:
            sys.stderr.write("mmap: %s\n" % error.strerror)
            reason = "Could not mmap %d bytes for range [0:%#x]!"
            endings.fatal("src/mem/physical.cc:247", reason % (memory.size, memory.size))


def _write_configuration(root):
    options = m5.options
    if options.dump_config:
        with open(os.path.join(options.outdir, options.dump_config), "w") as out:
            for node in root.descendants():
                out.write("[%s]\n" % node.path())
                out.writelines("%s=%s\n" % fact for fact in node.facts())
                out.write("\n")
    if options.json_config:
        with open(os.path.join(options.outdir, options.json_config), "w") as out:
            json.dump(root.tree(), out, indent=4)


def _build(root):
    """Finds the parts by following the ports, as the packets of a real simulation would."""
    nodes = list(root.descendants())
    systems = [node for node in nodes if isinstance(node, objects.System)]
    cpus = [node for node in nodes if isinstance(node, objects.BaseCPU)]
    if len(systems) != 1 or len(cpus) != 1:
        util.fatal("the stand-in simulates one System with one CPU, not %d with %d", len(systems), len(cpus))
    system, cpu = systems[0], cpus[0]
    _map_memory(system)
    if cpu.isas != cpu.numThreads:
        reason = "Number of ISAs (%d) assigned to the CPU does not equal number of threads (%d)."
        endings.fatal("src/cpu/base.cc:181", reason % (cpu.isas, cpu.numThreads))
    workloads = [node for node in cpu._children.values() if isinstance(node, Workload)]
    domains = [node for node in system._children.values() if isinstance(node, objects.SrcClockDomain)]
    if len(workloads) != 1 or len(domains) != 1:
        util.fatal("%s needs one workload and %s one clk_domain", cpu.path(), system.path())
    period = domains[0].clock
    built = {}

    def below(port):
        """What lies below a port: the model of it, and the ticks that the buses between them add."""
        node, ticks = port.peer(), 0
        while isinstance(node, objects.BaseXBar):
            ticks += (node.frontend_latency + node.forward_latency + node.response_latency) * period
            node = node.mem_side_ports.peer()
        if node not in built:
            if isinstance(node, objects.MemCtrl):
                built[node] = model.Dram(node.dram.path(), node, node.dram, system.mem_ranges[0].size)
            else:
                built[node] = model.Cache(node.path(), node, period, *below(node.mem_side))
        return built[node], ticks

    icache, dcache = (below(port)[0] for port in (cpu.icache_port, cpu.dcache_port))
    for part in (icache, dcache):
        if not isinstance(part, model.Cache):
            util.fatal("%s needs an instruction cache and a data cache in the stand-in", cpu.path())
    dram = next(part for part in built.values() if isinstance(part, model.Dram))
    rest = [part for part in built.values() if part not in (icache, dcache, dram)]
    if len(rest) > 1:
        util.fatal("the stand-in simulates no more than two levels of caches")
    workloads[0].prepare()
    terminals = [node for node in nodes if isinstance(node, objects.Terminal)]
    for terminal in terminals:
        terminal.open(m5.options.outdir)
    console = terminals[0] if terminals else None
    processor = model.Cpu(cpu.path(), cpu, workloads[0], period, icache, dcache, console)
    if m5.options.tracer is not None:
        for part in (icache, dcache, *rest):
            part.trace = m5.options.tracer
    return model.Machine(system, processor, icache, dcache, rest[0] if rest else None, dram, period)
