"""Whether several folders hold the same upload file and findings: same.py OURS OTHER…"""

import csv
import pathlib
import sys

from national import RULES


def same(outs):
    """Compares upload files cell by cell, and findings as sets over the rules that all three look for."""
    ours, *others = outs
    cells = 0
    for theirs in others:
        with (
            open(ours / "upload.csv", encoding="windows-1252", newline="") as one,
            open(theirs / "upload.csv", encoding="utf-8", newline="") as other,
        ):
            for row, (left, right) in enumerate(zip(csv.reader(one), csv.reader(other), strict=True)):
                if left != right:
                    sys.exit(f"row {row} differs in {theirs.name}: {set(left) ^ set(right)}")
                cells += len(left)
    found = [findings(out, RULES) for out in (ours, *others)]
    for theirs, out in zip(found[1:], others):
        if found[0] != theirs:
            sys.exit(f"findings differ in {out.name}: {sorted(found[0] ^ theirs)[:10]}")
    return f"yes, {cells // len(others)} cells and {len(found[0])} findings of {len(RULES)} rules"


def findings(out, rules):
    with open(out / "findings.csv", encoding="utf-8", newline="") as file:
        return {(line[0], line[1], line[2], line[3], line[4]) for line in csv.reader(file) if line[2] in rules}


if __name__ == "__main__":
    print(same([pathlib.Path(folder) for folder in sys.argv[1:]]))
