"""What /proc says of processes and of the machine. CPU in seconds, memory in KiB."""
import os

TICK = os.sysconf("SC_CLK_TCK")
CORES = sorted(os.sched_getaffinity(0))


def _fields(pid):
    """The fields of /proc/PID/stat behind the command's name, or None once the process has ended."""
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rsplit(")", 1)[1].split()
    except OSError:
        return None


def tree(root):
    """`root` and all that descend from it."""
    children = {}
    for pid in filter(str.isdigit, os.listdir("/proc")):
        if fields := _fields(pid):
            children.setdefault(int(fields[1]), []).append(int(pid))
    found = [root]
    for pid in found:
        found += children.get(pid, [])
    return found


def cpu(pids):
    """User and system time of the processes and of their children that have ended."""
    return sum(sum(map(int, fields[11:15])) for fields in map(_fields, pids) if fields) / TICK


def rss(pids):
    """Resident memory, by the kernel's exact count rather than the one that lags by up to 64 pages a thread."""
    total = 0
    for pid in pids:
        try:
            with open(f"/proc/{pid}/smaps_rollup") as file:
                total += sum(int(line.split()[1]) for line in file if line.startswith("Rss:"))
        except OSError:
            pass
    return total


def descriptors(pids):
    total = 0
    for pid in pids:
        try:
            total += len(os.listdir(f"/proc/{pid}/fd"))
        except OSError:
            pass
    return total


def machine():
    """CPU time of everything on this machine, and time that its host took away."""
    with open("/proc/stat") as file:
        times = [int(word) / TICK for word in file.readline().split()[1:]]
    return sum(times[:8]) - times[3] - times[4] - times[7], times[7]


def model():
    with open("/proc/cpuinfo") as file:
        names = [line.split(":", 1)[1].strip() for line in file if line.startswith("model name")]
    return names[0] if names else "unknown"
