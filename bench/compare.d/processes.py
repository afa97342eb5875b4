"""Processes, and what they cost: wall time, CPU, memory."""

import contextlib
import dataclasses
import os
import pathlib
import re
import signal
import subprocess
import threading
import time
import urllib.error
import urllib.request

READY_WITHIN = 60
# No row takes longer.
LIMIT = 1_200
SAMPLE_EVERY = 0.5


# Sessions of their own, which nobody else would end with us.
_running: set[int] = set()


def end_all() -> None:
    """Ends whatever was started and still runs."""
    for leader in list(_running):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(leader, signal.SIGKILL)


def start(command: list, env: dict, log: pathlib.Path, stdin: int) -> subprocess.Popen:
    with open(log, "wb") as output:
        child = subprocess.Popen(
            command, env=env, stdin=stdin, stdout=output, stderr=output, start_new_session=True
        )
    _running.add(child.pid)
    return child


@dataclasses.dataclass
class Cost:
    """What a process and its descendants took. Memory in MiB, the rest in seconds."""

    wall: float
    cpu: float
    memory: float
    code: int


def run(command: list, env: dict, log: pathlib.Path, stdin: str = "", several: bool = False) -> Cost:
    """Runs it to its end. What it prints goes into `log`. `several`: it starts processes of its own."""
    began = time.monotonic()
    child = start(command, env, log, subprocess.PIPE)
    with contextlib.closing(child.stdin) as pipe:
        pipe.write(stdin.encode())
    timer = threading.Timer(LIMIT, os.killpg, (child.pid, signal.SIGKILL))
    timer.start()
    family = Family(child.pid)
    with family if several else contextlib.nullcontext():
        cost = wait(child, began)
    timer.cancel()
    cost.memory = max(cost.memory, family.peak)
    return cost


def wait(child: subprocess.Popen, began: float) -> Cost:
    """Waits for its end. The usage is that of the process and of all descendants that were waited for."""
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    _running.discard(child.pid)
    cpu = usage.ru_utime + usage.ru_stime
    return Cost(time.monotonic() - began, cpu, usage.ru_maxrss / 1024, child.returncode)


class Family:
    """Samples the memory of a session of processes: pages that they share count once."""

    def __init__(self, session: int):
        self.peak = 0.0
        self._session = session
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._sample, daemon=True)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._ended.set()
        self._thread.join()

    def _sample(self):
        while not self._ended.wait(SAMPLE_EVERY):
            self.peak = max(self.peak, sum(map(proportional, self._members())) / 1024)

    def _members(self):
        for stat in pathlib.Path("/proc").glob("[0-9]*/stat"):
            with contextlib.suppress(OSError):
                # The name is in parentheses and may hold anything; the session is the fourth field after it.
                if int(stat.read_text().rpartition(")")[2].split()[3]) == self._session:
                    yield stat.parent


def proportional(process: pathlib.Path) -> int:
    """Its memory in KiB, with its part of what it shares; 0 if it has gone."""
    with contextlib.suppress(OSError):
        found = re.search(r"^Pss:\s+(\d+)", (process / "smaps_rollup").read_text(), re.MULTILINE)
        return int(found[1]) if found else 0
    return 0


class Server:
    """A process that says where it listens, ended at the end."""

    def __init__(self, command: list, env: dict, log: pathlib.Path):
        self._log = log
        self._began = time.monotonic()
        self._child = start(command, env, log, subprocess.DEVNULL)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self._child.returncode is None:
            self.end()

    def end(self) -> Cost:
        """Ends it, and tells what it took from its start on."""
        self._child.terminate()
        return wait(self._child, self._began)

    def address(self, label: str) -> str:
        """The loopback address that it prints on a line after `label`."""
        until = time.monotonic() + READY_WITHIN
        while time.monotonic() < until and self._child.poll() is None:
            # The line must be whole.
            found = re.search(label + r".*?(127\.0\.0\.1:[1-9]\d*)\D.*\n", self._log.read_text())
            if found:
                return found[1]
            time.sleep(0.01)
        raise RuntimeError("did not start:\n" + self._log.read_text())


def get(address: str, path: str) -> str:
    """The body of an answer with status 200."""
    with urllib.request.urlopen(f"http://{address}{path}", timeout=30) as answer:
        return answer.read().decode()


def ready(address: str) -> None:
    """Waits until the service at this admin address is."""
    until = time.monotonic() + READY_WITHIN
    while time.monotonic() < until:
        with contextlib.suppress(urllib.error.URLError, ConnectionError):
            get(address, "/readyz")
            return
        time.sleep(0.01)
    raise RuntimeError("not ready in time")
