"""Real Syncthings on this machine's loopback: no relays, no discovery, no announcement, no reports, no upgrades."""

from __future__ import annotations

import json
import secrets
import shutil
import socket
import subprocess
import time
import urllib.request
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

PATIENCE = 30
"""Seconds that a sync tool is given before a test gives up on it."""
CONFIG = """<configuration version="36">
<folder id="zb" path="{share}" type="sendreceive" rescanIntervalS="3600" fsWatcherEnabled="true" fsWatcherDelayS="1">
  <versioning type="simple"><param key="keep" val="5"></param></versioning>{devices}
  <maxConflicts>-1</maxConflicts>
</folder>{addresses}
<gui enabled="true" tls="false"><address>127.0.0.1:{gui}</address><apikey>{key}</apikey></gui>
<options>
  <listenAddress>tcp://127.0.0.1:{port}</listenAddress><globalAnnounceEnabled>false</globalAnnounceEnabled>
  <localAnnounceEnabled>false</localAnnounceEnabled><relaysEnabled>false</relaysEnabled><natEnabled>false</natEnabled>
  <startBrowser>false</startBrowser><urAccepted>-1</urAccepted><autoUpgradeIntervalH>0</autoUpgradeIntervalH>
  <crashReportingEnabled>false</crashReportingEnabled><stunKeepaliveStartS>0</stunKeepaliveStartS>
  <reconnectionIntervalS>1</reconnectionIntervalS><progressUpdateIntervalS>-1</progressUpdateIntervalS>
</options>
</configuration>"""


def free_port() -> int:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return int(listening.getsockname()[1])


def until(holds: Callable[[], object], what: str) -> None:
    end = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < end, f"in vain: {what}"
        time.sleep(0.1)


class Syncthing:
    """One side: a folder that it keeps the same as the other side's."""

    def __init__(self, place: Path) -> None:
        program = shutil.which("syncthing")
        if program is None:
            pytest.skip("needs Debian's syncthing")
        self._program = program
        self._home, self.share = place / "syncthing", place / "share"
        self.share.mkdir(parents=True)
        self._port, self._gui, self._key = free_port(), free_port(), secrets.token_hex(8)
        self._run("generate", "--no-default-folder", "--skip-port-probing")
        self._id = self._run("serve", "--device-id").strip()
        self._process: subprocess.Popen[bytes] | None = None

    def _run(self, *command: str) -> str:
        done = subprocess.run([self._program, *command, f"--home={self._home}"], capture_output=True, check=True)
        return done.stdout.decode()

    def introduce(self, other: Syncthing) -> None:
        both = (self, other)
        devices = "".join(f'<device id="{side._id}"></device>' for side in both)
        addresses = "".join(
            f'<device id="{side._id}"><address>tcp://127.0.0.1:{side._port}</address></device>' for side in both
        )
        config = CONFIG.format(
            share=self.share, devices=devices, addresses=addresses, gui=self._gui, key=self._key, port=self._port
        )
        (self._home / "config.xml").write_text(config)

    def start(self) -> None:
        command = [self._program, "serve", "--no-browser", "--no-restart", "--no-upgrade", f"--home={self._home}"]
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        until(self._answers, "a Syncthing that answers")

    def stop(self) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.wait(PATIENCE)
            self._process = None

    def _answers(self) -> bool:
        with suppress(OSError):
            return self._ask("system/ping") == {"ping": "pong"}
        return False

    def _ask(self, what: str, method: str = "GET") -> object:
        request = urllib.request.Request(  # always our own loopback
            f"http://127.0.0.1:{self._gui}/rest/{what}", headers={"X-API-Key": self._key}, method=method
        )
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=PATIENCE) as answer:
            return json.loads(answer.read() or b"null")

    def look(self) -> None:
        """Have it look at its folder now, rather than when its watcher gets round to it."""
        self._ask("db/scan?folder=zb", "POST")

    def files(self) -> dict[str, bytes]:
        """What lies in the folder, Syncthing's own things left out."""
        with suppress(FileNotFoundError):  # it puts a new version of a file in place just now
            return {path.name: path.read_bytes() for path in self.share.iterdir() if not path.name.startswith(".")}
        return {}


def settle(*sides: Syncthing) -> None:
    """Wait until both sides hold the same."""
    for side in sides:
        side.look()
    until(lambda: sides[0].files() == sides[1].files(), "both sides of the share alike")
