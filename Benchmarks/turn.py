"""Gives a peer that is ready its turn: `turn.py PROCESS SOCKET SECONDS`, prints the peer's line of JSON.

A program of its own, so that whatever must be in front of a measurement can be put in front of it. Between turns the
peer is stopped; during its turn it has this program's priority, whatever it was made ready with.
"""

import os
import pathlib
import signal
import socket
import sys


def prioritise(process: int, value: int | None = None) -> None:
    """Gives all threads of a process a priority; that of this one if none is named."""
    wanted = os.getpriority(os.PRIO_PROCESS, 0) if value is None else value
    threads = pathlib.Path(f"/proc/{process}/task")
    for thread in [int(path.name) for path in threads.iterdir()] if threads.is_dir() else [process]:
        try:
            os.setpriority(os.PRIO_PROCESS, thread, wanted)
        except OSError:
            return  # Only root may raise a priority; then the peer keeps what it has.


def main() -> None:
    process, path, seconds = int(sys.argv[1]), sys.argv[2], sys.argv[3]
    before = os.getpriority(os.PRIO_PROCESS, process)
    prioritise(process)
    os.kill(process, signal.SIGCONT)
    try:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(path)
            with connection.makefile("rw") as line:
                line.write(seconds + "\n")
                line.flush()
                answer = line.readline()
    finally:
        os.kill(process, signal.SIGSTOP)
        prioritise(process, before)
    if not answer:
        sys.exit("turn.py: the peer ended during its turn")
    print(answer.strip())


if __name__ == "__main__":
    main()
