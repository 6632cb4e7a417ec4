"""`gem5 -m gem5.utils.multisim script.py`."""
import argparse

from gem5.utils.multisim import multisim

if __name__ == "__m5_main__":
    parser = argparse.ArgumentParser(description="Run every simulation that a MultiSim script describes.")
    parser.add_argument("config", help="the script")
    multisim.module_run = True
    multisim.run(parser.parse_args().config)
