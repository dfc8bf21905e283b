#!/usr/bin/env python3
"""Holds every plan against its roofline: no step may take more than five times what the machine's measured ceilings
allow, unless roofline-exceptions/MACHINE.txt lists it with its cost and the reason.

One network of each family (with --all, every registered network) is measured in training and inference, in every
precision, by `fovea plan --time --json`; FOVEA_BENCH_WRAP is put in front of each measurement, as in `make bench`. A step
counts if it takes more than 5 times its bound and 20 microseconds (which starting a kernel on all cores may take), and
at least half a percent of the run: less is noise, and nothing to win. A plan with a step that counts and is not listed is
measured a second time; only what counts both times is a finding.
"""

import argparse
import json
import os
import pathlib
import shlex
import subprocess
import sys

from rows import FAMILIES
from table import machine_name

#: Those that are compared with PyTorch, and the families that it does not have.
NETWORKS = [*FAMILIES, "lenet5", "plaincnn", "smallcnn", "tf_efficientnet_b0", "tf_efficientnetv2_b0"]
LEAST_SHARE = 0.005
WORK = [("training", "f32"), ("training", "bf16"), ("inference", "f32"), ("inference", "bf16"), ("inference", "int8")]
HEADER = """\
# Steps beyond five times their roofline that are accepted, as `make roofline` measures them (Benchmarks/roofline.py says
# which steps count). One a line: network, work, precision, operator, scope; milliseconds, share of the run, times
# its bound; why it stands here.
"""


def plan(program, network, size, work, precision, runs):
    """The measured plan, or None where this processor has none in this precision."""
    batch = 16 if size > 64 else 128
    command = [*shlex.split(os.environ.get("FOVEA_BENCH_WRAP", "")), program, "plan", network, "--batch", str(batch), "--time", "--json", "--runs", str(runs)]
    command += ["--int8"] if precision == "int8" else ["--precision", precision]
    command += ["--size", str(size), *(["--training"] if work == "training" else [])]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode == 2 and "does not multiply bf16" in done.stderr:
        return None
    if done.returncode:
        sys.exit(f"roofline: {' '.join(command)} failed:\n{done.stderr}")
    return json.loads(done.stdout)


def far_steps(report):
    """Steps that count, by operator and scope: seconds and bound."""
    found = {}
    for step in report["steps"]:
        if step.get("isFarFromBound") and step["seconds"] >= LEAST_SHARE * report["seconds"]:
            seconds, bound = found.get((step["operator"], step["scope"]), (0, 0))
            found[step["operator"], step["scope"]] = (seconds + step["seconds"], bound + step["boundSeconds"])
    return found


def entries(path):
    """The accepted steps as they are listed, by line."""
    lines = path.read_text().splitlines() if path.exists() else []
    return {number: line for number, line in enumerate(lines, 1) if line.strip() and not line.startswith("#")}


def read_exceptions(path):
    """The reason of every accepted step."""
    reasons = {}
    for number, line in entries(path).items():
        parts = [part.strip() for part in line.split(";", 2)]
        if len(parts) != 3 or len(parts[0].split(", ")) != 5 or not parts[2]:
            sys.exit(f"roofline: {path}:{number} is not `network, work, precision, operator, scope; cost; reason`")
        reasons[tuple(parts[0].split(", "))] = parts[2]
    return reasons


def others(path, measured):
    """Lines of the list about plans that were not measured this time."""
    return [line for line in entries(path).values() if tuple(line.split(";")[0].strip().split(", ")[:3]) not in measured]


def main():
    here = pathlib.Path(__file__).parent
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("program", help="the built fovea")
    parser.add_argument("--list", type=pathlib.Path, default=here / "roofline-exceptions" / f"{machine_name()}.txt", help="the accepted steps; this machine's")
    parser.add_argument("--network", action="append", default=[], help="only this one; may be repeated")
    parser.add_argument("--all", action="store_true", help="every registered network, not one of each family")
    parser.add_argument("--size", type=int, help="pixels a side, not what each network is meant for, without the list")
    parser.add_argument("--work", choices=["training", "inference"], help="only this")
    parser.add_argument("--precision", choices=["f32", "bf16", "int8"], help="only in this")
    parser.add_argument("--runs", type=int, default=5, help="runs of each plan, of which the median counts")
    parser.add_argument("--write", action="store_true", help="write the findings into the list, for reasons to be added")
    options = parser.parse_args()
    path = options.list
    if options.size and options.write:
        parser.error("--write lists what networks do at their own size: leave --size out")
    reasons = {} if options.size else read_exceptions(path)
    networks = json.loads(subprocess.check_output([options.program, "models", "--json"]))["models"]
    unknown = set(options.network) - {network["name"] for network in networks}
    if unknown:
        sys.exit(f"roofline: there is no network called {', '.join(sorted(unknown))}")
    wanted = options.network or (None if options.all else NETWORKS)
    lines, unlisted, gone, measured = [], [], [], set()
    for network in networks:
        name = network["name"]
        if wanted is not None and name not in wanted:
            continue
        for work, precision in WORK:
            if options.work not in (None, work) or options.precision not in (None, precision):
                continue
            size = options.size or network["size"]
            report = plan(options.program, name, size, work, precision, options.runs)
            if report is None:
                print(f"{name} {work} {precision}: not on this processor")
                continue
            measured.add((name, work, precision))
            found = far_steps(report)
            if any((name, work, precision) + step not in reasons for step in found):
                again = plan(options.program, name, size, work, precision, options.runs)
                other = far_steps(again)
                found = {step: min(found[step], other[step]) for step in found if step in other}
            bounds = sum(step.get("boundSeconds") or 0 for step in report["steps"])
            print(f"{name} {work} {precision}: {report['seconds'] * 1e3:.1f} ms, "
                  f"{bounds / report['seconds'] * 100:.0f} % of it at the ceilings, {len(found)} steps beyond", flush=True)
            for step, (seconds, bound) in found.items():
                key = (name, work, precision) + step
                reason = reasons.get(key, "")
                cost = f"{seconds * 1e3:.2f} ms, {seconds / report['seconds'] * 100:.1f} %, {seconds / bound:.0f} x"
                lines.append(f"{', '.join(key)}; {cost}; {reason}")
                if not reason:
                    unlisted.append(lines[-1])
            gone += [key for key in reasons if key[:3] == (name, work, precision) and key[3:] not in found]
    for key in gone:
        print(f"no longer beyond: {', '.join(key)}")
    if options.write:
        path.write_text(HEADER + "".join(line + "\n" for line in others(path, measured) + lines))
    if unlisted:
        print("\nbeyond five times their roofline and not listed with a reason:", *unlisted, sep="\n  ")
        sys.exit(1)
    print("no step is beyond five times its roofline, but for those listed")


main()
