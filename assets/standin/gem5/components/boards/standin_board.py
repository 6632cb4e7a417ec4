"""A board of the stand-in. gem5 composes boards of processors, memories and cache hierarchies; this one is composed."""
from m5.objects import (
    AddrRange,
    Cache,
    DDR3_1600_8x8,
    L2XBar,
    MemCtrl,
    MinorCPU,
    O3CPU,
    SrcClockDomain,
    System,
    SystemXBar,
    TimingSimpleCPU,
    VoltageDomain,
)

_CPUS = {"timing": TimingSimpleCPU, "minor": MinorCPU, "o3": O3CPU}


class StandinBoard(System):
    """One CPU, two levels of caches and one channel of memory, running one synthetic workload of `m5.objects`."""

    def __init__(self, workload, cpu="timing", l1_size="32KiB", l2_size="256KiB", memory="512MiB", clk_freq="2GHz"):
        super().__init__()
        self.clk_domain = SrcClockDomain(clock=clk_freq, voltage_domain=VoltageDomain())
        self.mem_ranges = [AddrRange(memory)]
        self.cpu = _CPUS[cpu]()
        self.cpu.createThreads()
        self.cpu.workload = workload
        first_level = dict(size=l1_size, assoc=8, tag_latency=2, data_latency=2, response_latency=2, mshrs=16)
        self.cpu.icache = Cache(**first_level)
        self.cpu.dcache = Cache(**first_level)
        self.l2 = Cache(size=l2_size, assoc=8, tag_latency=12, data_latency=12, response_latency=12, mshrs=20)
        self.l2bus = L2XBar()
        self.membus = SystemXBar()
        self.cpu.icache.cpu_side = self.cpu.icache_port
        self.cpu.dcache.cpu_side = self.cpu.dcache_port
        self.cpu.icache.mem_side = self.l2bus.cpu_side_ports
        self.cpu.dcache.mem_side = self.l2bus.cpu_side_ports
        self.l2.cpu_side = self.l2bus.mem_side_ports
        self.l2.mem_side = self.membus.cpu_side_ports
        self.mem_ctrl = MemCtrl(dram=DDR3_1600_8x8(range=self.mem_ranges[0]))
        self.mem_ctrl.port = self.membus.mem_side_ports
