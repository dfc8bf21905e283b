"""The table of a sitting: performance.json with everything, performance.md for people.

The Markdown between two marks is written anew from the JSON each time; what stands around it is written by people and
stays. Rows that a sitting does not measure keep their figures and their dates.
"""

import json
import os
import pathlib
import platform
import statistics

from rows import every_row

BEGIN, END = "<!-- measured: begin -->", "<!-- measured: end -->"


def load(folder: pathlib.Path) -> dict:
    path = folder / "performance.json"
    return json.loads(path.read_text()) if path.exists() else {"schema": 1, "rows": {}}


def refuse_other_machine(folder: pathlib.Path) -> None:
    """Ends the program if the folder's table is another machine's: rows of two processors compare with nothing."""
    written, here = load(folder).get("machine"), machine()
    if written and written != here:
        words = ["{processor}, {cores} cores, {system}".format(**one) for one in (written, here)]
        raise SystemExit(f"{folder / 'performance.json'} was measured on {words[0]}; this is {words[1]}: give another --output")


def add(folder: pathlib.Path, record: dict) -> None:
    """Brings both files up to date with a row."""
    everything = load(folder)
    everything["machine"] = machine()
    everything["rows"][record["name"]] = rounded(record)
    order = [row.name for row in every_row()]
    everything["rows"] = dict(sorted(everything["rows"].items(), key=lambda item: order.index(item[0])))
    (folder / "performance.json").write_text(json.dumps(everything, indent=1) + "\n")
    path = folder / "performance.md"
    text = path.read_text() if path.exists() else f"# Performance\n\n{BEGIN}\n{END}\n"
    before, rest = text.split(BEGIN, 1)
    after = rest.split(END, 1)[1]
    path.write_text(before + BEGIN + "\n" + markdown(everything) + END + after)


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


def markdown(everything: dict) -> str:
    here = everything["machine"]
    rows = [record for record in everything["rows"].values() if record["ratio"]]
    if not rows:
        return "Nothing was measured yet.\n"
    versions: dict = {}
    for record in rows:
        versions |= record["versions"]
    text = f"{here['processor']}, {here['cores']} cores, {here['system']}. "
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
    text = "<details><summary>Every mode of the peers that was tried</summary>\n\n"
    for record in rows:
        text += f"**{record['title']}**\n\n"
        tried = [one for one in record["scout"] if "value" in one]
        for one in sorted(tried, key=lambda one: one["value"]):
            text += f"- {one['mode']}: {shown(record['work'], one['value'])}\n"
        for one in record["scout"]:
            if "error" in one:
                text += f"- {one['mode']}: {one['error']}\n"
        text += "\n"
    return text + "</details>\n"
