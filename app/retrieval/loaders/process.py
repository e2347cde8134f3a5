"""Reads files in a process of their own, so that a file which crashes or hangs its parser hurts nobody else."""

from __future__ import annotations

import contextlib
import json
import os
import queue
import re
import subprocess
import sys
import threading
import time
from collections import deque
from dataclasses import asdict
from pathlib import Path
from typing import Any

from app.domain.errors import UserError
from app.domain.loading import Cancelled, FileFormat, Heading, LoadedDocument, LoadingLimits, OnPage
from app.domain.message import Message
from app.retrieval.loaders.dispatch import check, too_large_inside

SCRIPT = Path(__file__).with_name("worker.py")
_LISTEN = 0.1  # seconds between two looks at whether somebody cancelled
_FILES = 100  # then a fresh process: parsers do not give all of their memory back

# What the worker may know of our environment: what finds libraries, and no key.
_PASSED_ON = re.compile(
    r"^(PATH|LD_\w+|DYLD_\w+|HOME|USERPROFILE|APPDATA|SYSTEMROOT|WINDIR|COMSPEC|TEMP|TMP|TMPDIR|LANG|LC_\w+|PYTHON\w+)$",
    re.IGNORECASE,
)
# getattr: the names exist on Windows alone, where a console window would open and Ctrl-C reach the worker.
_WINDOWS_FLAGS: int = getattr(subprocess, "CREATE_NO_WINDOW", 0) | getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0)


class ProcessLoader:
    """A Loader with one worker process, started at the first file and again after a crash.

    Files are read one after the other: reading is faster than embedding, and memory stays bounded.
    """

    def __init__(self, limits: LoadingLimits | None = None) -> None:
        self._limits = limits or LoadingLimits()
        self._turn = threading.Lock()
        self._worker: _Worker | None = None
        self._closed = False

    def load(
        self, path: Path, name: str, *, on_page: OnPage | None = None, cancelled: threading.Event | None = None
    ) -> LoadedDocument:
        check(path, self._limits)
        while not self._turn.acquire(timeout=_LISTEN):
            if cancelled is not None and cancelled.is_set():
                raise Cancelled
        try:
            if self._closed:
                raise Cancelled
            return self._load(path, name, on_page, cancelled)
        finally:
            self._turn.release()

    def close(self) -> None:
        self._closed = True
        worker = self._worker
        if worker is not None:
            worker.kill()

    def _load(self, path: Path, name: str, on_page: OnPage | None, cancelled: threading.Event | None) -> LoadedDocument:
        worker = self._worker
        if worker is None or not worker.alive or worker.files >= _FILES:
            if worker is not None:
                worker.kill()
            worker = self._worker = _Worker()
        worker.ask({"path": str(path.absolute()), "name": name, "limits": asdict(self._limits)})
        done = 0
        started = heard = time.monotonic()
        while True:
            try:
                line = worker.lines.get(timeout=_LISTEN)
            except queue.Empty:
                now = time.monotonic()
                if cancelled is not None and cancelled.is_set():
                    worker.kill()
                    raise Cancelled from None
                if now - heard > self._limits.silence or now - started > self._limits.total:
                    worker.kill()
                    raise _too_slow(now - started, done) from None
                continue
            heard = time.monotonic()
            if line is None:
                raise self._died(worker)
            match json.loads(line):
                case {"page": [int(done), int(pages)]}:
                    if on_page is not None:
                        on_page(done, pages)
                case {"document": dict(body)}:
                    return _document(body)
                case {"error": {"message": dict(message), "remedy": dict(remedy)}}:
                    raise UserError(Message.from_dict(message), Message.from_dict(remedy))
                case {"crash": str(kind)}:
                    raise _crashed(kind)

    def _died(self, worker: _Worker) -> UserError | Cancelled:
        worker.kill()
        if self._closed:
            return Cancelled()
        if "MemoryError" in worker.last_words or "bad_alloc" in worker.last_words:
            return too_large_inside(self._limits)
        return _crashed(f"exit {worker.returncode}")


class _Worker:
    def __init__(self) -> None:
        self.files = 0
        self.lines: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self._log: deque[str] = deque(maxlen=20)
        self._process = subprocess.Popen(
            [sys.executable, "-P", str(SCRIPT)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            close_fds=True,
            # numpy, which openpyxl imports when it is there, would reserve memory for a thread on every core.
            env={k: v for k, v in os.environ.items() if _PASSED_ON.match(k)} | {"OPENBLAS_NUM_THREADS": "1"},
            # Ctrl-C in the terminal is for the app, which ends its children in its own order.
            start_new_session=True,
            creationflags=_WINDOWS_FLAGS,
        )
        self._logged = threading.Thread(target=self._read_log, name="understudy-loader-log", daemon=True)
        self._logged.start()
        threading.Thread(target=self._read_lines, name="understudy-loader", daemon=True).start()

    @property
    def alive(self) -> bool:
        return self._process.poll() is None

    @property
    def returncode(self) -> int | None:
        return self._process.returncode

    @property
    def last_words(self) -> str:
        self._logged.join(1)
        return "\n".join(self._log)

    def ask(self, wanted: dict[str, Any]) -> None:
        assert self._process.stdin is not None
        self.files += 1
        with contextlib.suppress(OSError):  # it died: the end of its lines says so
            self._process.stdin.write(json.dumps(wanted).encode() + b"\n")
            self._process.stdin.flush()

    def kill(self) -> None:
        with contextlib.suppress(OSError, subprocess.TimeoutExpired):
            self._process.kill()
            self._process.wait(5)
        if self._process.stdin:
            with contextlib.suppress(OSError):
                self._process.stdin.close()

    def _read_lines(self) -> None:
        assert self._process.stdout is not None
        with self._process.stdout as out:
            for line in iter(out.readline, b""):
                self.lines.put(line)
        self.lines.put(None)

    def _read_log(self) -> None:
        assert self._process.stderr is not None
        with self._process.stderr as log:
            for line in iter(lambda: log.readline(4096), b""):
                self._log.append(line.decode("utf-8", "replace").rstrip())


def _document(body: dict[str, Any]) -> LoadedDocument:
    return LoadedDocument(
        FileFormat(body["format"]),
        body["text"],
        tuple(body["page_starts"]),
        tuple(Heading(**heading) for heading in body["headings"]),
        tuple(Message.from_dict(notice) for notice in body["notices"]),
    )


def _too_slow(seconds: float, done: int) -> UserError:
    return UserError(
        Message(
            "Reading it was given up after {seconds} s, at page {page}: its parser got stuck.",
            seconds=f"{seconds:.0f}",
            page=done + 1,
        ),
        Message("Save it anew from the program that wrote it, or print it to a PDF, and add that."),
    )


def _crashed(kind: str) -> UserError:
    return UserError(
        Message("It is damaged in a way that its parser did not survive ({kind}).", kind=kind),
        Message("Save it anew from the program that wrote it, or print it to a PDF, and add that."),
    )
