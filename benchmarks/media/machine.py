"""What the machine did: processor time of a process with its children, and of everything."""

import contextlib
import os
from pathlib import Path

SERVER_CPU, CLIENT_CPU = 0, 1
_TICK_S = 1 / os.sysconf("SC_CLK_TCK")


def go_first() -> None:
    """Let this process and those that it starts go before the rest of the machine, where that is allowed."""
    with contextlib.suppress(OSError):
        os.setpriority(os.PRIO_PROCESS, 0, -20)
        # Linux weighs sessions first and processes within them: see sched(7), autogroup.
        Path("/proc/self/autogroup").write_text("-20")


def cpu_s(pid: int) -> float:
    """Return the seconds that a process, its threads and the processes that it started have worked, user and system."""
    parents: dict[int, int] = {}
    worked: dict[int, float] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rsplit(")", 1)[1].split()
        except OSError:  # it ended in between
            continue
        process = int(stat.parent.name)
        parents[process] = int(fields[1])
        worked[process] = (int(fields[11]) + int(fields[12])) * _TICK_S
    family = {pid}
    for process in sorted(parents):  # a child has a higher number than its parent, but for the rare wrap-around
        if parents[process] in family:
            family.add(process)
    return sum(worked.get(process, 0.0) for process in family)


def busy_s() -> float:
    """Return the seconds that all processors have worked since the machine's start."""
    fields = [int(field) for field in Path("/proc/stat").read_text().splitlines()[0].split()[1:9]]
    idle, waiting = fields[3], fields[4]
    return (sum(fields) - idle - waiting) * _TICK_S
