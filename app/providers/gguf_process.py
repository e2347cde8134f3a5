"""One llama.cpp server in a process of its own: started, watched, ended. Blocking; knows no event loop."""

from __future__ import annotations

import contextlib
import json
import os
import re
import secrets
import subprocess
import sys
import threading
from collections import deque
from pathlib import Path
from typing import Literal

SCRIPT = Path(__file__).with_name("gguf_child.py")
CAUSE = re.compile(r"error loading model: (?:error loading model \w+: )?(.+)")
SEVERE = re.compile(r"^[\d.]+ E (.+)")

# What the child may know of our environment: what finds libraries and devices, and no key.
_PASSED_ON = re.compile(
    r"^(PATH|LD_\w+|DYLD_\w+|HOME|USERPROFILE|APPDATA|SYSTEMROOT|WINDIR|COMSPEC|TEMP|TMP|TMPDIR|LANG|LC_\w+|PYTHON\w+"
    r"|OMP_\w+|GGML_\w+|CUDA_\w+|NVIDIA_\w+|HIP_\w+|HSA_\w+|ROCR_\w+|VK_\w+)$",
    re.IGNORECASE,
)

# getattr: the names exist on Windows alone, where a console window would open and Ctrl-C reach the child.
_WINDOWS_FLAGS: int = getattr(subprocess, "CREATE_NO_WINDOW", 0) | getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0)

Failure = Literal["no_wheel", "not_loaded", "died", "closed"]


class StartFailed(Exception):
    """The child did not come up. `detail` is what it said last."""

    def __init__(self, failure: Failure, detail: str) -> None:
        super().__init__(detail)
        self.failure: Failure = failure
        self.detail = detail


class ChildProcess:
    """A server for one file, with `slots` answers at a time and `window` tokens of context for each.

    `key` is what callers must show; it reaches the child by stdin alone.
    """

    def __init__(self, path: Path, *, window: int, slots: int) -> None:
        self.path, self.window, self.slots = path, window, slots
        self.address = ""
        self.key = secrets.token_urlsafe(32)
        self._lock = threading.Lock()
        self._closed = False
        self._process: subprocess.Popen[bytes] | None = None
        self._log: deque[str] = deque(maxlen=40)
        self._draining: threading.Thread | None = None
        self._drained = threading.Event()

    def __repr__(self) -> str:
        return f"ChildProcess({self.path.name!r}, window={self.window}, slots={self.slots}, pid={self.pid})"

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    @property
    def alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        """Load the file; returns when the server answers. Raises StartFailed."""
        try:
            process = self._spawn()
        except OSError as exc:  # no process or no memory to be had
            raise StartFailed("died", str(exc)) from None
        assert process.stdin is not None and process.stdout is not None
        wanted = {
            "path": str(self.path),
            "window": self.window,
            "slots": self.slots,
            # One core is left to the app while tokens come: with none, the threads wait for each other
            # while somebody else has their core, and on a busy machine a tenth of the speed is left.
            "threads": max(1, _cores() - 1),
            "batch_threads": _cores(),
            "key": self.key,
        }
        line = b""
        with contextlib.suppress(OSError, ValueError):  # it died or was closed before it read: no line comes
            process.stdin.write(json.dumps(wanted).encode() + b"\n")
            process.stdin.flush()
            line = process.stdout.readline()
        try:
            said = json.loads(line)
        except ValueError:
            said = None
        if not isinstance(said, dict):
            said = {}
        self.address = said.get("address", "")
        if self.address:
            return
        closed = self._closed
        self.close()
        self._drained.wait(2)
        if closed:
            raise StartFailed("closed", "")
        raise StartFailed(said.get("kind", "died"), self.last_words() or said.get("error", ""))

    def wait(self, seconds: float) -> bool:
        """Whether the process is gone within `seconds`."""
        if self._process is None:
            return True
        try:
            self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            return False
        return True

    def last_words(self) -> str:
        """The cause of a failed load or a crash, from the log; empty when it said nothing."""
        lines = list(self._log)
        for pattern in (CAUSE, SEVERE):
            for line in reversed(lines):
                if (match := pattern.search(line)) and "exiting due to" not in line:
                    return match.group(1).strip()[:300]
        return lines[-1].strip()[:300] if lines else ""

    def close(self) -> None:
        """End the process now, whatever it is doing. Any thread, any number of times; also while it starts."""
        with self._lock:
            self._closed = True
            process = self._process
        if process is None:
            return
        # It has nothing to save, and killing is the one thing that works in mid-load on every platform.
        with contextlib.suppress(OSError, subprocess.TimeoutExpired):
            process.kill()
            process.wait(5)
        # What it said last is worth reading, and its pipe ends with it.
        # (Closed while it starts, it has said nothing yet.)
        draining = self._draining
        if draining is not None and draining.is_alive() and draining is not threading.current_thread():
            draining.join(1)
        for pipe in (process.stdin, process.stdout):
            if pipe:
                with contextlib.suppress(OSError, ValueError):
                    pipe.close()

    def _spawn(self) -> subprocess.Popen[bytes]:
        with self._lock:
            if self._closed:
                raise StartFailed("closed", "")
            self._process = subprocess.Popen(
                # -P: modules beside the script (openai, gguf …) must not pass for packages.
                [sys.executable, "-P", str(SCRIPT)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                close_fds=True,
                env={k: v for k, v in os.environ.items() if _PASSED_ON.match(k)},
                # Ctrl-C in the terminal is for the app, which ends its children in its own order.
                start_new_session=True,
                creationflags=_WINDOWS_FLAGS,
            )
        self._draining = threading.Thread(target=self._drain, name=f"log of {self.path.name}", daemon=True)
        self._draining.start()
        return self._process

    def _drain(self) -> None:
        """Keep the end of the log, and keep the pipe from filling up, which would stop the server."""
        assert self._process is not None and self._process.stderr is not None
        with self._process.stderr as log:
            for line in iter(lambda: log.readline(4096), b""):
                if line.strip():
                    self._log.append(line.decode("utf-8", "replace").rstrip())
        self._drained.set()


def _cores() -> int:
    """The processor cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0)) or 1
    return os.cpu_count() or 1
