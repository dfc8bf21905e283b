"""How a peer is driven: it makes itself ready once, then waits for its turns.

A peer is started as `python PEER.py MODE`, MODE being one JSON object. When it is ready it prints one line of JSON and
listens on the Unix socket that MODE["socket"] names; each connection sends one line, the seconds to measure for, and
gets one line of JSON back. With MODE["once"] = N it makes N runs instead and ends: for peaks of memory and for starts.
"""

import json
import os
import socket
import statistics
import sys
import time


def mode() -> dict:
    return json.loads(sys.argv[1])


def threads() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def measure(run, seconds: float, runs_each: int = 1) -> dict:
    """The median seconds of a run; `run` makes `runs_each` of them."""
    run()  # Brings the caches back.
    times = []
    begin = time.perf_counter()
    while len(times) < 3 or (time.perf_counter() - begin < seconds and len(times) < 5000):
        start = time.perf_counter()
        run()
        times.append((time.perf_counter() - start) / runs_each)
    times.sort()
    return {"seconds": statistics.median(times), "runs": len(times) * runs_each, "ninety": times[len(times) * 9 // 10]}


def serve(settings: dict, versions: dict, run, runs_each: int = 1, warm_up: int = 3) -> None:
    if settings.get("once"):
        for _ in range(settings["once"]):
            run()
        return
    begin = time.perf_counter()
    for _ in range(warm_up):
        run()
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(settings["socket"])
    listener.listen(1)
    print(json.dumps({"ready": True, "versions": versions, "warm_up": time.perf_counter() - begin}), flush=True)
    while True:
        connection, _ = listener.accept()
        with connection, connection.makefile("rw") as line:
            request = line.readline()
            if not request:
                continue
            line.write(json.dumps(measure(run, float(request), runs_each)) + "\n")
            line.flush()
