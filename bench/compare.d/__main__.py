"""Runs the peers and Trailplane over the same sandbox, and prints ratios. bench/compare starts it."""

import argparse
import concurrent.futures
import os
import pathlib
import shutil
import signal
import sys
import tempfile
import time

import measure
import peers
import processes
import report
import settings

ENVIRONMENTS = ["boto3", "c7n", "trailscraper"]


def main() -> int:
    names = [setting.name for setting in settings.SETTINGS]
    parser = argparse.ArgumentParser(prog="bench/compare")
    parser.add_argument("--tools", type=pathlib.Path, required=True)
    parser.add_argument("--binaries", type=pathlib.Path, required=True)
    parser.add_argument("--small", action="store_true", help="a tenth of the size: to see that it runs")
    parser.add_argument("settings", nargs="*", metavar="SETTING", help=f"among {', '.join(names)}; all if none is named")
    chosen = parser.parse_args()
    wrong = [name for name in chosen.settings if name not in names]
    if wrong:
        parser.error(f"no setting is called {', '.join(wrong)}; there are {', '.join(names)}")
    wanted = [s for s in settings.SETTINGS if not chosen.settings or s.name in chosen.settings]
    tools, binaries = chosen.tools.resolve(), chosen.binaries.resolve()
    with tempfile.TemporaryDirectory(prefix="compare-") as folder:
        tempfile.tempdir = folder
        end_with_us(folder)
        run(tools, binaries, wanted, chosen.small)
    return 0


def end_with_us(folder: str) -> None:
    """On a signal: leaves neither processes nor files behind."""

    def end(number, _frame) -> None:
        processes.end_all()
        shutil.rmtree(folder, ignore_errors=True)
        os._exit(128 + number)

    signal.signal(signal.SIGINT, end)
    signal.signal(signal.SIGTERM, end)


def run(tools: pathlib.Path, binaries: pathlib.Path, wanted: list, small: bool) -> None:
    print(report.machine(tools, binaries, ENVIRONMENTS), flush=True)
    tables = {}
    for setting in wanted:
        setting = setting.small() if small else setting
        rows = compare(measure.Run(tools, binaries, setting, int(time.time()) - settings.SETTLED_SECONDS))
        tables[setting.name] = rows
        print(report.table(setting, rows), flush=True)
    print(report.aims(tables))


def compare(run: measure.Run) -> list[measure.Row]:
    """Every row of one setting, ours first and always alone."""
    rows = [measure.us(run)]
    cells = run.setting.accounts * run.setting.regions
    chosen = [one for one in peers.PEERS if cells == 1 or not one.one_cell]
    at_once = len(chosen) if run.setting.side_by_side else 1
    with concurrent.futures.ThreadPoolExecutor(at_once) as threads:
        rows += threads.map(lambda one: measure.peer(run, one), chosen)
    return rows


if __name__ == "__main__":
    sys.exit(main())
