"""The tables, and what they are to show."""

import datetime
import json
import os
import pathlib
import platform
import subprocess

from measure import US, Row
from peers import SDK
from settings import Setting

HEAD = (
    f"{'':<38}{'answer':>10}{'events':>9}{'of':>9}{'time, s':>9}{'to ours':>10}{'calls':>7}{'throttled':>10}"
    f"{'sessions':>9}{'CPU us/event':>14}{'to ours':>10}{'MiB':>7}"
)
SHOWN = ["awscli", "boto3", "botocore", "botocove", "c7n", "c7n_org", "trailscraper"]


def machine(tools: pathlib.Path, binaries: pathlib.Path, versions_of: list[str]) -> str:
    """The first lines: when, on what, of what."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    lines = [
        f"{datetime.date.today()}, {os.cpu_count()} cores, {memory:.0f} GiB, {platform.system()}, "
        f"Python {platform.python_version()}, load {os.getloadavg()[0]:.1f} at the start",
        f"Trailplane: {first_line([binaries / 'trailplane', '--version'])}",
    ]
    for name in versions_of:
        frozen = subprocess.run(
            [tools / f"compare-{name}" / "bin" / "python", "-m", "pip", "list", "--format", "json"],
            capture_output=True, check=True, text=True,
        )
        shown = [f"{p['name']} {p['version']}" for p in json.loads(frozen.stdout) if p["name"] in SHOWN]
        lines.append(f"environment {name}: {', '.join(shown)}")
    return "\n".join(lines)


def first_line(command: list) -> str:
    return subprocess.run(command, capture_output=True, check=True, text=True).stdout.splitlines()[0]


def table(setting: Setting, rows: list[Row]) -> str:
    ours = rows[0]
    lines = [f"\n{setting.name}: {setting.title}; {ours.expected:,} events", HEAD]
    for row in rows:
        lines.append(line(row, ours))
        if row.client:
            lines.append(f"{'  its client':<38}{cpu_and_memory(row, row.client, ours):>93}")
    if len({row.events for row in rows if row.complete}) > 1:
        lines.append("  THE COMPLETE ANSWERS DIFFER: not the same events")
    notes = [f"  {row.name}: {row.said}" for row in rows if row.said]
    return "\n".join(lines + notes)


def line(row: Row, ours: Row) -> str:
    answer = "complete" if row.complete else "NOT ALL"
    # An answer that stops early is no faster for it.
    ratio = f"{row.wall / ours.wall:.2f} x" if row.complete else "-"
    return (
        f"{row.name:<38}{answer:>10}{row.found:>9}{row.expected:>9}{row.wall:>9.1f}{ratio:>10}{row.calls:>7}"
        f"{row.throttled:>10}{row.sessions:>9}{cpu_and_memory(row, row.cost, ours)}"
    )


def cpu_and_memory(row: Row, cost, ours: Row) -> str:
    each = row.per_event(cost)
    return f"{each:>14.1f}{each / ours.per_event(ours.cost):>8.2f} x{cost.memory:>7.0f}"


def aims(tables: dict[str, list[Row]]) -> str:
    """The figures that this comparison serves."""
    lines = ["\nto reach"]
    for name, what, wanted, reached, value, compared in AIMS:
        if name not in tables:
            continue
        whole = {row.name: row for row in tables[name] if row.complete}
        if len(whole.keys() & set(compared)) < len(compared):
            lines.append(f"  {what:<60}{'-':>7}   {wanted:<9}an answer is not complete")
            continue
        ratio = value(*(whole[one] for one in compared))
        verdict = "reached" if reached(ratio) else "MISSED"
        lines.append(f"  {what:<60}{ratio:>7.2f}   {wanted:<9}{verdict}")
    return "\n".join(lines)


def times(one: Row, other: Row) -> float:
    return one.wall / other.wall


def cpu(one: Row, other: Row) -> float:
    return one.per_event(one.cost) / other.per_event(other.cost)


SERIAL = "boto3, standard retries"
AIMS = [
    ("busy-4s", "4 s a call: a serial pager's time (boto3) by ours", ">= 7", lambda r: r >= 7, times, (SERIAL, US)),
    # A hundredth is what two runs differ by.
    ("busy-100ms", "0.1 s a call: a serial pager's time (boto3) by ours", ">= 1", lambda r: r >= 0.99, times, (SERIAL, US)),
    ("cpu", "CPU an event: our service's by the bare Rust SDK's", "<= 1.5", lambda r: r <= 1.5, cpu, (US, SDK)),
    ("cpu", "CPU an event: boto3's by our service's", ">= 10", lambda r: r >= 10, cpu, (SERIAL, US)),
]
