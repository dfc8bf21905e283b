"""Runs a command again and again: `clock.py SECONDS COMMAND...`, prints one line of JSON: the median seconds of the whole
process and the most memory that one of them held. One run that does not count goes first, to have its files in memory.
"""

import json
import os
import statistics
import subprocess
import sys
import time


def run(command: list[str]) -> tuple[float, int]:
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    elapsed = time.perf_counter() - start
    if status:
        sys.exit(f"clock.py: {command[0]} failed")
    return elapsed, usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def main() -> None:
    seconds, command = float(sys.argv[1]), sys.argv[2:]
    if seconds > 0:
        run(command)
    times, peaks = [], []
    while not times or sum(times) < seconds:
        elapsed, peak = run(command)
        times.append(elapsed)
        peaks.append(peak)
    print(json.dumps({"seconds": statistics.median(times), "runs": len(times), "peak_bytes": max(peaks)}))


if __name__ == "__main__":
    main()
