#!/usr/bin/env python3
"""Archives and tables as Python's own writers make them: tar in its three formats, zip with and without zip64, CSV.

    python3 Tests/Golden/archives.py        writes Tests/Golden/archives/, the same bytes each time

"Pictures" are a few words of text under a picture's name: the readers must find them, nobody decodes them here.
"""

import csv
import io
import json
import pathlib
import tarfile
import zipfile

folder = pathlib.Path(__file__).parent / "archives"
folder.mkdir(exist_ok=True)

# Names beyond the 100 bytes of a plain header, beyond the 255 of ustar's prefix, and beyond ASCII.
LONG = "deep/" + "a" * 80 + "/" + "b" * 60 + "/picture"
LONGEST = "deeper/" + "/".join(["c" * 60] * 5) + "/picture"
KEYS = {
    "ustar": ["0001", "0002", LONG],
    "pax": ["0001", "0002", LONG, LONGEST, "Grüße/日本"],
    "gnu": ["0001", "0002", LONG, LONGEST, "Grüße/日本"],
}
FORMATS = {"ustar": tarfile.USTAR_FORMAT, "pax": tarfile.PAX_FORMAT, "gnu": tarfile.GNU_FORMAT}


def add(tar, name, content):
    info = tarfile.TarInfo(name)
    info.size = len(content)
    info.mtime = 1.5 if tar.format == tarfile.PAX_FORMAT else 1  # a fraction puts a pax header before every member
    tar.addfile(info, io.BytesIO(content))


expected = {}
for kind, keys in KEYS.items():
    with tarfile.open(folder / f"{kind}.tar", "w", format=FORMATS[kind]) as tar:
        samples = []
        for number, key in enumerate(keys):
            label = ["cat", "dog"][number % 2]
            content = f"picture {number}".encode()
            add(tar, key + ".jpg", content)
            if number % 3 == 0:
                add(tar, key + ".cls", label.encode())
            else:
                add(tar, key + ".json", json.dumps({"label": label, "caption": "Ein Tier"}).encode())
            samples.append({"path": key + ".jpg", "label": label, "content": content.decode()})
        link = tarfile.TarInfo("link.jpg")
        link.type, link.linkname = tarfile.SYMTYPE, "0001.jpg"
        tar.addfile(link)
        expected[f"{kind}.tar"] = samples


def pack(name, members, limit=None):
    before = zipfile.ZIP64_LIMIT
    if limit is not None:
        zipfile.ZIP64_LIMIT = limit  # every size and offset beyond it is written in zip64's wide fields
    with zipfile.ZipFile(folder / name, "w") as archive:
        for number, (path, content) in enumerate(members):
            info = zipfile.ZipInfo(path, (2020, 1, 1, 0, 0, 0))
            info.compress_type = zipfile.ZIP_DEFLATED if number % 2 else zipfile.ZIP_STORED
            archive.writestr(info, content)
    zipfile.ZIP64_LIMIT = before
    expected[name] = [
        {"path": path, "label": path.split("/")[-2], "content": content} for path, content in members
        if path.endswith(".jpg") and "__MACOSX" not in path
    ]


pictures = [
    (f"flowers/{label}/{number}.jpg", f"{label} {number} " * 20) for label in ["daisy", "Grüße", "rose"]
    for number in range(4)
]
pack("classes.zip", pictures + [("flowers/notes.txt", "notes"), ("__MACOSX/flowers/daisy/._0.jpg", "litter")])
pack("wide.zip", [(f"{label}/{n}.jpg", f"{label} {n} " * 9) for label in "ab" for n in range(3)], limit=20)

rows = [
    ("bilder/eins.jpg", "Katze"), ("bilder/zwei; drei.jpg", 'Hund "Rex"'), ("bilder/vier.jpg", "Zeile\numbrochen"),
    ("bilder/fünf.jpg", "Katze"),
]
for name, delimiter, encoding, quoting, end in [
    ("semicolons.csv", ";", "utf-8-sig", csv.QUOTE_MINIMAL, "\r\n"),
    ("quoted.csv", ",", "utf-8", csv.QUOTE_ALL, "\n"),
    ("tabs.csv", "\t", "utf-16", csv.QUOTE_MINIMAL, "\r\n"),
]:
    with open(folder / name, "w", encoding=encoding, newline="") as file:
        writer = csv.writer(file, delimiter=delimiter, quoting=quoting, lineterminator=end)
        writer.writerow(["Filename", "Class"])
        writer.writerows(rows)
    expected[name] = [{"path": path, "label": label, "content": ""} for path, label in rows]

(folder / "expected.json").write_text(json.dumps(expected, ensure_ascii=False, indent=1, sort_keys=True) + "\n")
