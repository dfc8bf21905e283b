"""The tables of sittings: a page and a JSON file for each machine, and one table over all of them.

`performance/MACHINE.json` holds everything, `performance/MACHINE.md` beside it says it to people, and `performance.md`
above them has a table of every machine's ratios between two marks; what stands around the marks is written by people and
stays. Rows that a sitting does not measure keep their figures and their dates. Run as a program, it writes the pages
of a folder anew from their JSON.
"""

import json
import os
import pathlib
import platform
import re
import statistics
import sys

from rows import every_row

BEGIN, END = "<!-- measured: begin -->", "<!-- measured: end -->"
#: What stands in the record of a mode that a sitting was told not to try.
LEFT_OUT = "left out"


def machine_name() -> str:
    """What files about this machine are called."""
    here = machine()
    words = re.sub(r"\((r|tm)\)|processor|cpu|@.*", "", here["processor"].lower())
    return re.sub(r"[^a-z0-9]+", "-", f"{words} {here['cores']} cores").strip("-")


def path_here(folder: pathlib.Path) -> pathlib.Path:
    """The JSON file of this machine."""
    return folder / "performance" / f"{machine_name()}.json"


def load(path: pathlib.Path) -> dict:
    return json.loads(path.read_text()) if path.exists() else {"schema": 1, "machine": machine(), "rows": {}}


def refuse_other_machine(folder: pathlib.Path) -> None:
    """Ends the program if this machine's table is another's: rows of two processors compare with nothing."""
    path, here = path_here(folder), machine()
    written = load(path)["machine"]
    if written != here:
        words = ["{processor}, {cores} cores, {system}".format(**one) for one in (written, here)]
        raise SystemExit(f"{path} was measured on {words[0]}; this is {words[1]}: give another --output")


def add(folder: pathlib.Path, record: dict) -> None:
    """Brings this machine's files and the table over all machines up to date with a row."""
    path = path_here(folder)
    everything = load(path)
    everything["rows"][record["name"]] = rounded(record)
    order = [row.name for row in every_row()]
    everything["rows"] = dict(sorted(everything["rows"].items(), key=lambda item: order.index(item[0])))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(everything, indent=1) + "\n")
    write_pages(folder)


def write_pages(folder: pathlib.Path) -> None:
    """Every page anew from its JSON."""
    paths = sorted((folder / "performance").glob("*.json"))
    for path in paths:
        path.with_suffix(".md").write_text(page(json.loads(path.read_text())))
    overview = folder / "performance.md"
    text = overview.read_text() if overview.exists() else f"# Performance\n\n{BEGIN}\n{END}\n"
    before, rest = text.split(BEGIN, 1)
    after = rest.split(END, 1)[1]
    overview.write_text(before + BEGIN + "\n" + every_ratio(paths) + END + after)


def rounded(value):
    """Five digits: no measurement has more."""
    if isinstance(value, float):
        return float(f"{value:.5g}")
    if isinstance(value, dict):
        return {key: rounded(one) for key, one in value.items()}
    return [rounded(one) for one in value] if isinstance(value, list) else value


def machine() -> dict:
    names = []
    information = pathlib.Path("/proc/cpuinfo")
    if information.exists():
        lines = information.read_text().splitlines()
        names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    processor = names[0] if names else platform.processor()
    return {"processor": processor, "cores": cores, "system": platform.system()}


def shown(work: str, value: float) -> str:
    if work == "memory":
        return f"{value * 1e-6:.0f} MB"
    return f"{value:.2f} s" if value >= 1 else f"{value * 1e3:.{2 if value < 0.02 else 1}f} ms"


def with_rate(record: dict, values: list[float]) -> str:
    middle = statistics.median(values)
    text = shown(record["work"], middle)
    if record["work"] in ("training", "inference") and record["batch"] > 1:
        text += f" ({record['batch'] / middle:,.0f}/s)"
    return text


def line(cells: list[str]) -> str:
    return "| " + " | ".join(cells) + " |\n"


def described(everything: dict) -> str:
    return "{processor}, {cores} cores, {system}".format(**everything["machine"])


def every_ratio(paths: list[pathlib.Path]) -> str:
    """A table of the ratios of every machine: a row of the sitting a line, a machine a column."""
    machines = [json.loads(path.read_text()) for path in paths]
    names = [row.name for row in every_row() if any(measured(one, row.name) for one in machines)]
    if not names:
        return "Nothing was measured yet.\n"
    titles = [f"[{described(one)}](performance/{path.stem}.md)" for one, path in zip(machines, paths)]
    text = line(["work", *titles, "bar"]) + line(["---"] * (len(machines) + 2))
    for name in names:
        records = [measured(one, name) for one in machines]
        known = next(record for record in records if record)
        cells = [ratio_cell(record) if record else "" for record in records]
        text += line([known["title"], *cells, f"{known['bar']:.2f}" if known["bar"] else ""])
    return text


def measured(everything: dict, name: str) -> dict | None:
    record = everything["rows"].get(name)
    return record if record and record["ratio"] else None


def ratio_cell(record: dict) -> str:
    missed = record["bar"] and record["ratio"] < record["bar"]
    return f"{record['ratio']:.2f} **missed**" if missed else f"{record['ratio']:.2f}"


def page(everything: dict) -> str:
    """One machine's page."""
    rows = [record for record in everything["rows"].values() if record["ratio"]]
    versions: dict = {}
    # What Fovea says of itself in a row that is held to AVX2 is of that row alone.
    for record in sorted(rows, key=lambda record: not record["avx2"]):
        versions |= record["versions"]
    text = f"# Performance: {described(everything)}\n\n"
    text += "Written by `make bench`; what it means stands in [performance.md](../performance.md).\n"
    text += ", ".join(f"{name} {version.split('-')[0]}" for name, version in sorted(versions.items())) + ".\n"
    text += "Measured " + " and ".join(sorted({record["date"][:10] for record in rows})) + ".\n\n"
    text += line(["work", "Fovea", "the best of the peers", "ratio (least to most)", "bar", ""])
    text += line(["---", "---", "---", "---", "---", "---"])
    for record in rows:
        ours = with_rate(record, record["ours"]["values"])
        if record["work"] == "training" and record["ours"]["precision"] not in record["title"]:
            ours += f", {record['ours']['precision']}"
        if record["ours"].get("batch", record["batch"]) != record["batch"]:
            ours += f", in batches of {record['ours']['batch']}"
        if record["share"]:
            ours += f", {100 * record['share']:.0f} % of the rate"
        bar, met = record["bar"], ""
        if bar:
            met = "met" if record["ratio"] >= bar else "**missed**"
        peer = f"{with_rate(record, record['peer']['values'])}, {record['peer']['mode']}"
        ratios = f"**{record['ratio']:.2f}** ({min(record['ratios']):.2f} to {max(record['ratios']):.2f})"
        text += line([record["title"], ours, peer, ratios, f"{bar:.2f}" if bar else "", met])
    return text + "\n" + shares(rows) + eight_bits(everything["rows"]) + scouts(rows)


def shares(rows: list[dict]) -> str:
    found = [record["ceiling"] for record in rows if record["ceiling"]]
    if not found:
        return ""
    rate = statistics.median(found) * 1e-9
    return (
        f"The rate is that of a single 3x3 convolution of 256 channels, 14 x 14, batch 32, in bf16, measured in each turn: "
        f"{rate:.0f} GFLOP/s in the median.\n\n"
    )


def eight_bits(rows: dict) -> str:
    """Fovea's own int8 against its own bf16."""
    lines = []
    for name, record in rows.items():
        half = rows.get(name.replace("-int8", "-bf16"))
        if name.endswith("-int8") and half and half["ratio"] and record["ratio"]:
            ratio = statistics.median(half["ours"]["values"]) / statistics.median(record["ours"]["values"])
            lines.append(f"{record['title'].removesuffix(', int8')}: {ratio:.2f}")
    return "Fovea's int8 against its own bf16: " + "; ".join(lines) + ".\n\n" if lines else ""


def scouts(rows: list[dict]) -> str:
    """Every mode of every peer that was tried, the best first."""
    text = "## Every mode of the peers that was tried\n\n"
    for record in rows:
        text += f"**{record['title']}**\n\n"
        tried = [one for one in record["scout"] if "value" in one]
        for one in sorted(tried, key=lambda one: one["value"]):
            text += f"- {one['mode']}: {shown(record['work'], one['value'])}\n"
        errors = [one for one in record["scout"] if "error" in one]
        text += "".join(f"- {one['mode']}: {one['error']}\n" for one in errors if one["error"] != LEFT_OUT)
        left_out = [one["mode"] for one in errors if one["error"] == LEFT_OUT]
        text += f"- not tried in this sitting: {'; '.join(left_out)}\n" if left_out else ""
        text += "\n"
    return text.rstrip("\n") + "\n"


if __name__ == "__main__":
    write_pages(pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else "docs"))
