"""As much of a kubelet as one container needs: volumes as Kubernetes lays them out, processes, probes."""

from __future__ import annotations

import re
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

# How long anything may take that this machine does for itself. A bound, and no pause: what is waited for is asked for.
SECONDS = 60
Files = dict[str, str]
T = TypeVar("T")


class Volumes:
    """Folders for the mounts of a pod. Files of Secrets and ConfigMaps are behind a link that is swapped."""

    def __init__(self, work: Path, sources: dict[str, Files]) -> None:
        self.work, self.sources = work, sources
        # By path in the container, and by name.
        self.paths: dict[str, Path] = {}
        self.folders: dict[str, Path] = {}

    def mount(self, spec: dict[str, Any], container: dict[str, Any]) -> None:
        """Makes the folders of a container's mounts."""
        volumes = {volume["name"]: volume for volume in spec.get("volumes", [])}
        for mount in container.get("volumeMounts", []):
            folder = self.work / spec_name(mount["mountPath"])
            folder.mkdir(parents=True)
            self.paths[mount["mountPath"]] = self.folders[mount["name"]] = folder
            files = self.files(volumes[mount["name"]])
            if files is not None:
                write(folder, files)

    def files(self, volume: dict[str, Any]) -> Files | None:
        """What is in a volume; None if it is empty at first."""
        if "configMap" in volume:
            return self.sources[volume["configMap"]["name"]]
        if "secret" in volume:
            return self.chosen(volume["secret"]["secretName"], volume["secret"].get("items"))
        if "projected" in volume:
            found = [source["secret"] for source in volume["projected"]["sources"]]
            return {name: text for one in found for name, text in self.chosen(one["name"], one["items"]).items()}
        return None

    def chosen(self, name: str, items: list[dict[str, str]] | None) -> Files:
        """The keys of a Secret that are asked for, under the names that are asked for."""
        source = self.sources[name]
        return source if items is None else {item["path"]: source[item["key"]] for item in items}

    def here(self, text: str) -> str:
        """A text with the folders of this machine instead of those of the container."""
        either = "|".join(re.escape(path) for path in sorted(self.paths, key=len, reverse=True))
        whole = rf"(?<![\w./-])(?:{either})(?![\w.-])"
        return re.sub(whole, lambda found: str(self.paths[found[0]]), text) if either else text


def spec_name(path: str) -> str:
    """A folder's name for a path."""
    return path.strip("/").replace("/", "-")


def write(folder: Path, files: Files) -> None:
    """Puts files into a volume, or replaces all of them at once, as the kubelet does it."""
    data = Path(tempfile.mkdtemp(prefix="..", dir=folder))
    for name, text in files.items():
        (data / name).write_text(text)
    link = folder / "..data_tmp"
    link.symlink_to(data.name)
    link.rename(folder / "..data")
    for name in files:
        if not (folder / name).is_symlink():
            (folder / name).symlink_to(f"..data/{name}")


class Process:
    """A running container, or whatever else is started."""

    def __init__(self, command: list[str], variables: dict[str, str], log: Path) -> None:
        self.log = log
        with log.open("w") as output:
            self.child = subprocess.Popen(command, env=variables, stdout=output, stderr=subprocess.STDOUT)

    def find(self, pattern: str) -> str:
        """The first group of a pattern, once it is in the output."""
        return until(lambda: (found := re.search(pattern, self.log.read_text())) and found[1], pattern, self)

    def tail(self) -> str:
        """The end of the output."""
        return self.log.read_text()[-800:]

    def kill(self) -> None:
        """Ends it whatever it does."""
        if self.child.poll() is None:
            self.child.kill()
            self.child.wait(SECONDS)


def until(asked: Callable[[], T | None], what: str, process: Process | None = None) -> T:
    """Asks again and again until there is an answer. Raises TimeoutError after `SECONDS`."""
    last = time.monotonic() + SECONDS
    while not (answer := asked()):
        if time.monotonic() > last or (process and process.child.poll() is not None):
            raise TimeoutError(f"no {what}{': ' + process.tail() if process else ''}")
        time.sleep(0.05)
    return answer


def probe(action: dict[str, Any], addresses: dict[str, str]) -> int:
    """The status that a probe gets; 0 if nobody answers."""
    try:
        with urllib.request.urlopen(f"http://{addresses[action['port']]}{action['path']}", timeout=SECONDS) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code
    except OSError:
        return 0


def run(command: list[str], folder: Path | None = None) -> subprocess.CompletedProcess[str]:
    """A command that ends by itself."""
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=SECONDS, check=False)
