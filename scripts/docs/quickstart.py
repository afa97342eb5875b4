"""docs/quickstart.md works as it stands: the server is started, and each block is pasted into bash.

Two things differ from a reader's terminal. The program has been built by then, so that it stands for `cargo run --locked --`;
and the ports are free ones, for others may run here.
"""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

SERVE = re.compile(r"^<!-- serve -->\n```sh\n(.*?)\n```$", re.MULTILINE | re.DOTALL)
RUN = re.compile(r"^<!-- run: ([^\n]+) -->\n```sh\n(.*?)\n```$", re.MULTILINE | re.DOTALL)
SHELL = re.compile(r"^```sh$", re.MULTILINE)
BUILD = "cargo run --locked --"
GRPC, ADMIN = "127.0.0.1:50051", "127.0.0.1:9464"
# Where the program says that it listens.
LISTENS = re.compile(r"^ *gRPC +(\S+)\n *admin \(HTTP\) +http://([^/\s]+)/", re.MULTILINE)
SECONDS = 120


@contextmanager
def serving(command: str, program: Path, log: Path) -> Iterator[tuple[str, str]]:
    """Runs the server, with ports of its own, and tells where gRPC and the admin port are."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("TRAILPLANE_")}
    environment = inherited | {"TRAILPLANE_GRPC__LISTEN": "127.0.0.1:0", "TRAILPLANE_ADMIN__LISTEN": "127.0.0.1:0"}
    words = [str(program), *command.removeprefix(BUILD).split()]
    with log.open("w") as out, subprocess.Popen(words, env=environment, stdout=out, stderr=out) as server:
        try:
            yield listening(server, log)
        finally:
            server.terminate()
            try:
                server.wait(SECONDS)
            except subprocess.TimeoutExpired:
                server.kill()


def listening(server: subprocess.Popen[bytes], log: Path) -> tuple[str, str]:
    """Waits until the server says where it listens."""
    until = time.monotonic() + SECONDS
    while time.monotonic() < until and server.poll() is None:
        if found := LISTENS.search(log.read_text()):
            return found[1], found[2]
        time.sleep(0.05)
    raise RuntimeError(f"the server does not say where it listens:\n{log.read_text()}")


def works(page: Path, program: Path, tools: Path) -> list[str]:
    """The blocks that fail, or do not show what the page says that they show."""
    text = page.read_text()
    commands, blocks = SERVE.findall(text), RUN.findall(text)
    if len(commands) != 1 or not commands[0].startswith(BUILD) or not blocks:
        return ["one block must start the server, and others ask it"]
    if len(SHELL.findall(text)) != 1 + len(blocks):
        return ["there is a block that is not run"]
    wrong = []
    with tempfile.TemporaryDirectory(prefix="trailplane-quickstart-") as work:
        with serving(commands[0], program, Path(work) / "log") as (grpc, admin):
            for shows, block in blocks:
                wrong += pasted(block.replace(GRPC, grpc).replace(ADMIN, admin), shows, tools)
    return wrong


def pasted(block: str, shows: str, tools: Path) -> list[str]:
    """What is wrong with one block."""
    environment = os.environ | {"PATH": f"{tools}:{os.environ['PATH']}"}
    command = ["bash", "-eu", "-o", "pipefail", "-c", block]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=SECONDS, check=False)
    if done.returncode != 0:
        return [f"{block}\nended with {done.returncode}:\n{done.stderr}"]
    return [] if shows in done.stdout else [f"{block}\ndoes not show {shows}:\n{done.stdout[:2000]}"]
