"""One sitting: Fovea and the peers in turn, row after row. `make bench` runs it; --help says what it can be told.

For each row a scout first tries the peers' modes for a moment each and keeps the best (PyTorch's settings one after the
other, each with the best before it); that mode and Fovea then take turns. What counts is the median of the pairwise
ratios: these are of neighbouring moments, so a machine's slow spells cancel out. Each turn is the median of its runs.
Whatever is written stands in table.py.
"""

import argparse
import datetime
import json
import pathlib
import signal
import statistics
import sys

import table
from contenders import Failed, Ours, Places, Shots, make_ready, tcmalloc_path
from rows import Row, chosen, described, modes, variations


def say(text: str) -> None:
    print(f"{datetime.datetime.now():%H:%M:%S} {text}", file=sys.stderr, flush=True)


def value(row: Row, answer: dict) -> float:
    """What is compared: less is better."""
    return answer["peak_bytes" if row.work == "memory" else "seconds"]


def attempt(contender, seconds: float, tries: int = 3) -> dict:
    for left in reversed(range(tries)):
        try:
            return contender.turn(seconds)
        except Failed as failure:
            if left == 0:
                raise
            say(f"  once more: {failure}")
    raise AssertionError


class Scout:
    """The search for a peer's best mode of one row. Holds the best peer found so far, ready for its turns."""

    def __init__(self, places: Places, row: Row, arguments: argparse.Namespace) -> None:
        self.places, self.row, self.arguments = places, row, arguments
        self.records: list[dict] = []
        self.best: tuple[float, dict, object] | None = None
        #: The best value and mode of each peer.
        self.best_of: dict[str, tuple[float, dict]] = {}
        self.versions: dict = {}

    def look(self, mode: dict) -> None:
        record = {"mode": described(mode), "settings": mode}
        self.records.append(record)
        contender = None
        try:
            contender = make_ready(self.places, self.row, mode, self.arguments.ready_limit)
            answer = attempt(contender, self.arguments.scout_seconds)
        except Failed as failure:
            record["error"] = str(failure)
            say(f"  {record['mode']}: {failure}")
            if contender:
                contender.stop()
            return
        self.versions |= getattr(contender, "versions", {})
        found = value(self.row, answer)
        record |= {"value": found, "ready_seconds": round(getattr(contender, "ready_seconds", 0), 1)}
        say(f"  {record['mode']}: {table.shown(self.row.work, found)}")
        if mode["peer"] not in self.best_of or found < self.best_of[mode["peer"]][0]:
            self.best_of[mode["peer"]] = (found, mode)
        if self.best and self.best[0] <= found:
            contender.stop()
            return
        if self.best:
            self.best[2].stop()
        self.best = (found, mode, contender)

    def run(self) -> None:
        row, arguments = self.row, self.arguments
        if row.work == "predict":
            peer = row.name.rsplit("-", 1)[1]
            mode = {"peer": peer, "precision": "f32", "tcmalloc": False}
            mode |= {"compile": None, "channels_last": False, "converted": False} if peer == "torch" else {}
            return self.look(mode)
        for mode in modes(row):
            self.consider(mode)
        for setting, values in variations(row) if "torch" in self.best_of else []:
            for one in values:
                self.consider(self.best_of["torch"][1] | {setting: one})
        if self.best and self.best[1]["peer"] != "torch":
            self.consider(self.best[1] | {"tcmalloc": True})

    def consider(self, mode: dict) -> None:
        """Tries a mode that was not tried yet and may be tried."""
        mode = mode | {"tcmalloc": mode["tcmalloc"] and tcmalloc_path() is not None}
        if any(record["settings"] == mode for record in self.records):
            return
        if any(word in described(mode) for word in self.arguments.without):
            self.records.append({"mode": described(mode), "settings": mode, "error": table.LEFT_OUT})
        else:
            self.look(mode)


def our_best(places: Places, row: Row, seconds: float) -> Ours:
    """Fovea at its best: many pictures may go through in smaller batches, as they may for a peer in several requests."""
    batches = [row.batch, 8, 4] if row.work == "inference" and row.batch > 8 else [row.batch]
    found = [Ours(places, row, precision, batch) for precision in row.precisions for batch in batches]
    if len(found) == 1:
        return found[0]
    return min(found, key=lambda ours: value(row, attempt(ours, seconds)))


def measure(places: Places, row: Row, arguments: argparse.Namespace, earlier: dict | None) -> dict:
    """Everything about one row, as JSON."""
    scout = Scout(places, row, arguments)
    if earlier and arguments.scouted:
        scout.records = earlier["scout"]
        scout.best = (0, earlier["peer"]["settings"], None)
        contender = make_ready(places, row, earlier["peer"]["settings"], 2 * arguments.ready_limit)
        scout.best = (0, earlier["peer"]["settings"], contender)
        scout.versions = earlier["versions"] | getattr(contender, "versions", {})
    else:
        scout.run()
    if not scout.best:
        raise Failed("no mode of any peer could be measured")
    _, mode, peer = scout.best
    try:
        ours = our_best(places, row, arguments.scout_seconds)
        ours_turns, peer_turns = [], []
        for pair in range(arguments.pairs):
            turns = [(ours, ours_turns), (peer, peer_turns)]
            for contender, answers in turns if pair % 2 == 0 else reversed(turns):
                answers.append(attempt(contender, arguments.seconds))
            times = [value(row, answers[-1]) for answers in (ours_turns, peer_turns)]
            say(f"  pair {pair + 1}: ours {table.shown(row.work, times[0])}, peer {table.shown(row.work, times[1])}")
    finally:
        peer.stop()
    ratios = [value(row, theirs) / value(row, own) for own, theirs in zip(ours_turns, peer_turns)]
    shares = [turn["share"] for turn in ours_turns if "share" in turn]
    libraries = [turn["library"] for turn in ours_turns if turn.get("library")]
    return {
        "name": row.name, "title": row.title, "work": row.work, "batch": row.batch, "bar": row.bar, "avx2": row.avx2,
        "date": f"{datetime.datetime.now():%Y-%m-%d %H:%M}", "commit": arguments.commit,
        "ours": {"precision": ours.precision, "batch": ours.batch, "values": [value(row, turn) for turn in ours_turns]},
        "peer": {"mode": described(mode), "settings": mode, "values": [value(row, turn) for turn in peer_turns]},
        "ratios": ratios, "ratio": statistics.median(ratios) if ratios else None,
        "share": statistics.median(shares) if shares else None,
        "ceiling": statistics.median(turn["ceiling"] for turn in ours_turns if "ceiling" in turn) if shares else None,
        "versions": scout.versions | ({"fovea": libraries[0]} if libraries else {}), "scout": scout.records,
        "seconds": arguments.seconds,
    }  # fmt: skip


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("rows", nargs="*", help="names or patterns such as 'train-*'; all rows unless given")
    parser.add_argument("--list", action="store_true", help="print the names of the rows")
    parser.add_argument("--program", default=".build/release/fovea")
    parser.add_argument("--python", default=sys.executable, help="the interpreter that has the peers")
    parser.add_argument("--folder", default=".bench", help="for files that are made once, and the log")
    parser.add_argument("--output", default="docs", help="the folder whose performance.md and performance/ are brought up to date")
    parser.add_argument("--pairs", type=int, default=5, help="turns that each side gets; 0 only scouts")
    parser.add_argument("--seconds", type=float, default=5, help="length of a turn")
    parser.add_argument("--scout-seconds", type=float, default=2, help="length of a turn of the scout")
    parser.add_argument("--ready-limit", type=float, default=300, help="seconds in which a peer must be ready")
    parser.add_argument("--without", nargs="+", default=[], help="leave out modes whose description has a word")
    parser.add_argument("--scouted", action="store_true", help="take the best modes that are written down already")
    parser.add_argument("--quick", action="store_true", help="one short pair for each row, written to FOLDER alone")
    parser.add_argument("--commit", default="unknown", help="what Fovea was built from")
    arguments = parser.parse_args()
    if arguments.quick:
        arguments.pairs, arguments.seconds, arguments.scout_seconds = 1, 1, 0.5
        arguments.output = arguments.folder
    return arguments


def main() -> None:
    arguments = parse()
    if arguments.list:
        print("\n".join(row.name for row in chosen(arguments.rows)))
        return
    path = pathlib.Path(arguments.output)
    table.refuse_other_machine(path)
    folder = pathlib.Path(arguments.folder).resolve()
    folder.mkdir(parents=True, exist_ok=True)
    places = Places(program=str(pathlib.Path(arguments.program).resolve()), python=arguments.python, folder=folder)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("bench: stopped"))
    failures = 0
    for row in chosen(arguments.rows):
        say(f"{row.name}: {row.title}")
        try:
            record = measure(places, row, arguments, table.load(table.path_here(path))["rows"].get(row.name))
        except Failed as failure:
            failures += 1
            say(f"  failed: {failure}")
            continue
        table.add(path, record)
        if record["ratio"]:
            say(f"  median ratio {record['ratio']:.2f}")
    if failures:
        sys.exit(f"bench: {failures} rows have no figure")


if __name__ == "__main__":
    main()
