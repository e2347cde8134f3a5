"""The child process: llama.cpp's server for one GGUF file. Run by path; imports xllamacpp and the stdlib alone.

Protocol with the parent: one JSON line on stdin (what to load, and the key that callers must show),
one JSON line on stdout — ``{"address": …}`` once the server answers, ``{"error": …, "kind": …}`` when it
cannot — and then silence. The parent never writes again: the end of stdin, which every way of dying
brings about, is the signal to go. llama.cpp's own log goes to stderr.
"""

from __future__ import annotations

import json
import os
import sys

# Nothing is served to a browser: a page of any origin is told that another one, which cannot exist, is meant.
NO_ORIGIN = "https://understudy.invalid"


def die_with_parent() -> None:
    """Let the kernel end this process when stdin closes, also while C++ holds the interpreter lock.

    Loading a large file takes minutes and lets no Python code run; SIGIO's default is to terminate.
    """
    try:
        import fcntl

        fcntl.fcntl(0, fcntl.F_SETOWN, os.getpid())
        fcntl.fcntl(0, fcntl.F_SETFL, fcntl.fcntl(0, fcntl.F_GETFL) | os.O_ASYNC)
    except (ImportError, AttributeError, OSError):
        pass  # Windows: the read below ends the process once the file is loaded


def main() -> None:
    # Whatever C++ prints must not land between our two lines.
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)

    def say(**line: str) -> None:
        answers.write(json.dumps(line) + "\n")
        answers.flush()

    line = sys.stdin.buffer.readline()
    if not line.endswith(b"\n"):
        os._exit(0)
    wanted = json.loads(line)
    die_with_parent()
    try:
        import xllamacpp
    except ImportError as exc:
        say(kind="no_wheel", error=str(exc))
        os._exit(3)
    params = xllamacpp.CommonParams()
    params.model.path = wanted["path"]
    params.n_ctx = wanted["window"] * wanted["slots"]
    # Separate caches: with one unified cache two long answers starve each other, and both fail.
    params.n_parallel = wanted["slots"]
    params.kv_unified = False
    params.ctx_shift = False
    params.cache_ram_mib = 0
    params.cpuparams.n_threads = wanted["threads"]
    params.cpuparams_batch.n_threads = wanted["batch_threads"]
    params.hostnames = ["127.0.0.1"]
    params.api_keys = [wanted["key"]]
    params.cors_origins = NO_ORIGIN
    params.cors_credentials = False
    params.ui = False
    params.endpoint_slots = False
    params.verbosity = 1
    try:
        server = xllamacpp.Server(params)
    except Exception as exc:
        say(kind="not_loaded", error=str(exc))
        os._exit(4)
    say(address=server.listening_address)
    sys.stdin.buffer.read()
    os._exit(0)


if __name__ == "__main__":
    try:
        main()
    finally:
        # Whatever went wrong (a parent that died while the file loaded leaves nobody to write to): an
        # ordinary exit would wait for the server's threads, which wait for requests, for ever.
        os._exit(1)
