"""A step of the example `steps.yaml`: the IPC of one simulation, from its stats.

Any program will do: what it prints is in its own log, and its exit status tells whether it went well."""
import os
import sys


def main():
    path = os.path.join(sys.argv[1], "stats.txt")
    with open(path) as stats:
        values = [line.split()[1] for line in stats if line.startswith("system.cpu.ipc ")]
    if not values:
        sys.exit("error: no system.cpu.ipc in %s" % path)
    print("ipc %s" % values[-1])


if __name__ == "__main__":
    main()
