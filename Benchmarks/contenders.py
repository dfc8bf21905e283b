"""Fovea and a peer as things that can be given a turn. Starts and stops processes; decides nothing.

Two environment variables put commands in front of ours, split as a shell would: FOVEA_BENCH_WRAP before every measurement
(`taskset -c 0,1`, say), FOVEA_BENCH_PREPARE before what makes peers ready (`nice`, say).
"""

import atexit
import dataclasses
import json
import os
import pathlib
import select
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import time

from rows import Row

HERE = pathlib.Path(__file__).parent
#: Each library's own way of being held to AVX2. MLAS, ONNX Runtime's kernels, has none.
AVX2 = {
    "ONEDNN_MAX_CPU_ISA": "AVX2", "DNNL_MAX_CPU_ISA": "AVX2", "ATEN_CPU_CAPABILITY": "avx2",
    "MKL_ENABLE_INSTRUCTIONS": "AVX2",
}  # fmt: skip


class Failed(Exception):
    """A turn or a start that gave no figure."""


@dataclasses.dataclass(frozen=True)
class Places:
    """Where everything is."""

    program: str
    python: str
    #: What is made here stays for the next sitting: networks as files, logs.
    folder: pathlib.Path

    @property
    def models(self) -> pathlib.Path:
        return self.folder / "models"

    @property
    def picture(self) -> pathlib.Path:
        return self.folder / "pictures/noisy/00.jpg"

    @property
    def model(self) -> pathlib.Path:
        return self.folder / "resnet18.fovea"


def front(variable: str) -> list[str]:
    return shlex.split(os.environ.get(variable, ""))


def environment(row: Row, tcmalloc: bool = False) -> dict[str, str]:
    found = dict(os.environ)
    if row.avx2:
        found |= AVX2
    if tcmalloc:
        found["LD_PRELOAD"] = tcmalloc_path() or ""
    return found


def tcmalloc_path() -> str | None:
    folders = pathlib.Path("/usr/lib").glob("*-linux-gnu")
    found = [path for folder in folders for path in folder.glob("libtcmalloc_minimal.so.4")]
    return str(found[0]) if found else None


def measured(command: list[str], values: dict[str, str]) -> dict:
    """Runs a measurement and returns the JSON that it prints."""
    run = subprocess.run(front("FOVEA_BENCH_WRAP") + command, env=values, capture_output=True, text=True)
    if run.returncode != 0 or not run.stdout.strip():
        raise Failed((run.stderr.strip() or "no answer").splitlines()[-1])
    return json.loads(run.stdout)


class Ours:
    """Fovea: a fresh process each turn."""

    def __init__(self, places: Places, row: Row, precision: str, batch: int) -> None:
        self.places, self.row, self.precision, self.batch = places, row, precision, batch

    def turn(self, seconds: float) -> dict:
        places, row = self.places, self.row
        if row.work == "predict":
            predict = [places.program, "predict", str(places.model), str(places.picture)]
            return clock(seconds, predict, row) | {"library": None}
        work = "inference" if row.work == "inference" else "training"
        command = [places.program, "bench", row.network, "--work", work, "--precision", self.precision, "--json"]
        for key in ("size", "channels", "classes"):
            command += [f"--{key}", str(getattr(row, key))]
        command += ["--batch", str(self.batch)]
        if row.work == "memory":
            return clock(0, command + ["--seconds", "0"], row)
        command += ["--seconds", str(0 if row.work == "start" else seconds)]
        if row.work == "training" and self.precision == "bf16":
            command.append("--ceilings")
        report = measured(command, environment(row))
        found = report["rows"][0]
        answer = {"library": report["library"], "runs": found["runs"]}
        if row.work == "start":
            return answer | {"seconds": found["startSeconds"], "runs": 1}
        for ceiling in report.get("ceilings") or []:
            answer["share"] = found["operationsPerSecond"] / ceiling["operationsPerSecond"]
            answer["ceiling"] = ceiling["operationsPerSecond"]
        times = row.batch / self.batch
        return answer | {"seconds": times * found["median"], "ninety": times * found["percentile90"]}

    def stop(self) -> None:
        pass


def clock(seconds: float, command: list[str], row: Row, tcmalloc: bool = False) -> dict:
    values = environment(row, tcmalloc)
    return measured([sys.executable, str(HERE / "clock.py"), str(seconds), *command], values)


class Shots:
    """A peer's script that is started anew for each run: for memory, for starts and for whole programs."""

    def __init__(self, places: Places, row: Row, mode: dict) -> None:
        self.places, self.row, self.mode = places, row, mode

    def turn(self, seconds: float) -> dict:
        places, row = self.places, self.row
        if row.work == "predict":
            weights = places.models / ("resnet18.pt" if self.mode["peer"] == "torch" else "resnet18.onnx")
            script = str(HERE / f"peers/predict_{self.mode['peer']}.py")
            return clock(seconds, [places.python, script, str(weights), str(places.picture)], row)
        settings = row.settings | self.mode | {"work": "training", "once": 1 if row.work == "start" else 4}
        script = str(HERE / "peers/torch_peer.py")
        return clock(0, [places.python, script, json.dumps(settings)], row, self.mode["tcmalloc"])

    def stop(self) -> None:
        pass


class Peer:
    """A peer's script that makes itself ready once and stays; stopped while it is not its turn."""

    def __init__(self, places: Places, row: Row, mode: dict, limit: float) -> None:
        """Waits until the peer is ready. Throws if it fails or takes longer than `limit` seconds."""
        self.folder = tempfile.mkdtemp(prefix="bench-")
        self.socket = self.folder + "/peer"
        settings = row.settings | mode | {"socket": self.socket, "models": str(places.models)}
        script = str(HERE / f"peers/{mode['peer']}_peer.py")
        log = places.folder / "log.txt"
        with log.open("a") as errors:
            errors.write(f"\n== {row.name} {json.dumps(mode)}\n")
            errors.flush()
            self.process = subprocess.Popen(
                front("FOVEA_BENCH_PREPARE") + [places.python, script, json.dumps(settings)],
                env=environment(row, mode["tcmalloc"]), stdout=subprocess.PIPE, stderr=errors,
                start_new_session=True,
            )  # fmt: skip
        atexit.register(self.stop)  # Whatever happens, no stopped process stays behind.
        begin = time.monotonic()
        try:
            answer = self.line(begin + limit)
        except BaseException:
            self.stop()
            raise
        self.versions: dict = answer["versions"]
        self.ready_seconds = time.monotonic() - begin
        self.signal(signal.SIGSTOP)

    def line(self, deadline: float) -> dict:
        """The peer's first line of JSON; other lines are some library's chatter."""
        output = self.process.stdout.fileno()
        text = b""
        while True:
            ready, _, _ = select.select([output], [], [], max(0, deadline - time.monotonic()))
            if not ready:
                raise Failed("not ready in time")
            read = os.read(output, 65536)
            if not read:
                raise Failed("ended while it made itself ready; see log.txt")
            text += read
            for line in text.splitlines(keepends=True):
                if line.startswith(b'{"ready"') and line.endswith(b"\n"):
                    return json.loads(line)

    def turn(self, seconds: float) -> dict:
        command = [sys.executable, str(HERE / "turn.py"), str(self.process.pid), self.socket, str(seconds)]
        return measured(command, dict(os.environ))

    def signal(self, number: int) -> None:
        """To the peer and all that it started."""
        try:
            os.killpg(self.process.pid, number)
        except ProcessLookupError:
            pass

    def stop(self) -> None:
        atexit.unregister(self.stop)
        self.signal(signal.SIGKILL)
        self.process.wait()
        self.process.stdout.close()
        shutil.rmtree(self.folder, ignore_errors=True)


def make_ready(places: Places, row: Row, mode: dict, limit: float) -> "Peer | Shots":
    """A peer in a mode, with the files that it needs."""
    prepare_files(places, row, mode)
    return Peer(places, row, mode, limit) if row.work in ("training", "inference") else Shots(places, row, mode)


def prepare_files(places: Places, row: Row, mode: dict) -> None:
    """Networks as files, and for predictions a picture and a model of Fovea's."""

    def made(path: pathlib.Path, *command: str) -> None:
        if path.exists():
            return
        with (places.folder / "log.txt").open("a") as log:
            run = subprocess.run(front("FOVEA_BENCH_PREPARE") + list(command), stdout=log, stderr=log)
        if run.returncode or not path.exists():
            raise Failed(f"{path.name} could not be made; see log.txt")

    if row.work == "inference" and mode["peer"] == "torch" or row.work in ("training", "memory", "start"):
        return
    export = (places.python, str(HERE / "peers/export.py"), row.network, str(places.models))
    made(places.models / f"{row.network}.onnx", *export)
    if mode["precision"] == "int8":
        kind = "xml" if mode["peer"] == "openvino" else "onnx"
        made(places.models / f"{row.network}-int8.{kind}", *export, f"int8-{mode['peer']}")
    if row.work == "predict":
        pictures = places.folder / "pictures"
        made(places.picture, places.python, str(HERE / "peers/made_photographs.py"), str(pictures))
        train = [places.program, "train", str(pictures), "--model", row.network, "--size", str(row.size)]
        made(places.model, *train, "--epochs", "1", "--output", str(places.model))
