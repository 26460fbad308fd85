#!/usr/bin/env python3
"""Compares the main job with Polars and DuckDB at the same work: `benches/compare/compare.py [--rows N] [--rounds N]`.

Builds the benchmark, installs the two wheels beside it (in `target/`), makes the inputs, shows that all three write the
same upload file, cell by cell, and the same findings, and then runs them in turn: A B C A B C … Each run is a process
of its own; what is printed is its CPU time (user and system), wall time and peak memory.
"""

import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys
import time
import venv

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
TARGET = ROOT / "target" / "compare"
PYTHON = TARGET / "venv" / "bin" / "python"
HEADERS = ("CPU s", "wall s", "peak MB")


def main():
    arguments = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    arguments.add_argument("--rows", type=int, default=1_000_000)
    arguments.add_argument("--rounds", type=int, default=3)
    arguments = arguments.parse_args()
    bench = build()
    install()
    tenth = arguments.rows // 10
    inputs = {
        "normal": make(arguments.rows),
        "all faulty": make(arguments.rows, "--all-faulty"),
        "a tenth": make(tenth),
        "a tenth, all faulty": make(tenth, "--all-faulty"),
    }
    print("\nThe same results?")
    for name in ("a tenth", "a tenth, all faulty"):
        outs = {tool: run(command, inputs[name], tool)[0] for tool, command in tools(bench).items()}
        # A process begins with the peak memory of the one that starts it, so this one must stay small.
        told = subprocess.run([sys.executable, HERE / "same.py", *outs.values()], check=True, stdout=subprocess.PIPE, text=True)
        print(f"  {name}: {told.stdout.strip()}")
    print(f"\n{arguments.rows} rows, {arguments.rounds} rounds, one after another in each")
    alone = {"yardstick": [bench, "--yardstick"]}
    contest("normal", inputs["normal"], tools(bench) | alone, arguments.rounds)
    contest("all faulty", inputs["all faulty"], tools(bench), arguments.rounds)
    contest("a tenth", inputs["a tenth"], {"cld-agent": [bench, "--once"]}, arguments.rounds)


def build():
    """The benchmark's program."""
    order = ["cargo", "bench", "--no-run", "--bench", "main_job", "--message-format=json"]
    lines = subprocess.run(order, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True).stdout.splitlines()
    messages = [json.loads(line) for line in lines if line.startswith("{")]
    return next(m["executable"] for m in messages if m.get("target", {}).get("name") == "main_job" and m.get("executable"))


def install():
    if not PYTHON.exists():
        venv.create(PYTHON.parents[1], with_pip=True)
    subprocess.run([PYTHON, "-m", "pip", "install", "--quiet", "-r", HERE / "requirements.txt"], check=True)


def make(rows, *options):
    """The folder with an input of so many rows, made where it is not there yet."""
    folder = TARGET / "-".join([f"input-{rows}", *(option.strip("-") for option in options)])
    if not (folder / "made").exists():
        subprocess.run([sys.executable, HERE / "make_input.py", str(rows), folder, *options], check=True)
        (folder / "made").touch()
    size = (folder / "extract" / "events.csv").stat().st_size
    print(f"{folder.name}: {size / 1e6:.0f} MB, {size / rows:.0f} bytes a row")
    return folder


def tools(bench):
    return {
        "cld-agent": [bench, "--once"],
        "Polars": [PYTHON, HERE / "with_polars.py"],
        "DuckDB": [PYTHON, HERE / "with_duckdb.py"],
    }


def run(command, source, tool):
    """Where one run wrote its files, and its CPU seconds, wall seconds and peak memory in MB."""
    out = TARGET / f"out-{tool}"
    out.mkdir(exist_ok=True)
    if tool == "yardstick":
        out = TARGET / "out-cld-agent"
    environment = os.environ | {"POLARS_MAX_THREADS": "2"}
    began = time.monotonic()
    process = subprocess.Popen([*command, source, out], env=environment, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.monotonic() - began
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"{tool} failed with exit code {process.returncode}")
    return out, (usage.ru_utime + usage.ru_stime, wall, usage.ru_maxrss / 1024)


def contest(name, source, commands, rounds):
    figures = {tool: [] for tool in commands}
    for _ in range(rounds):
        for tool, command in commands.items():
            figures[tool].append(run(command, source, tool)[1])
    medians = {tool: [statistics.median(column) for column in zip(*runs)] for tool, runs in figures.items()}
    print(f"\n{name:12}" + "".join(f"{header:>10}" for header in HEADERS) + "   CPU to ours   each round's CPU s")
    for tool, median in medians.items():
        ratio = median[0] / medians["cld-agent"][0]
        each = " ".join(f"{run[0]:.2f}" for run in figures[tool])
        print(f"{tool:12}" + "".join(f"{figure:10.2f}" for figure in median) + f"{ratio:13.1f}×   {each}", flush=True)


if __name__ == "__main__":
    main()
