"""A second PostgreSQL, reached by URL as a team's own would be, for the length of one command.

    python -m tests.servers.second_postgres pytest tests/integration/test_passages_store.py

Another version than the embedded one, over TCP with a password, and a user without special rights:
pgvector is switched on by the administrator. The command finds it in UNDERSTUDY_TEST_PGVECTOR_URL.
"""

from __future__ import annotations

import os
import secrets
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import psycopg

from storage.postgres import embedded, sandbox
from tests.servers.base import free_port

VERSION = 16
ADMINISTRATOR, USER, DATABASE = "administrator", "tester", "documents"


@contextmanager
def second_postgres() -> Iterator[str]:
    """Its address with user and password."""
    home = Path(tempfile.mkdtemp(prefix="understudy-second-"))
    binaries, owner = embedded._binaries(VERSION), sandbox.owner()
    if owner is not None:
        sandbox.let_in(owner, home, binaries)
        os.chown(home, owner.uid, owner.gid)
    who = {} if owner is None else {"user": owner.uid, "group": owner.gid, "extra_groups": []}

    def run(program: str, *arguments: str) -> None:
        # Into a file: the server keeps what it inherits, and a pipe would stay open as long as it runs.
        with (home / "output").open("w") as output:
            subprocess.run(
                [str(binaries / program), "-D", "data", *arguments],
                cwd=home,
                env={**os.environ, "LC_ALL": "C"},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                check=True,
                **who,
            )

    password, port = secrets.token_hex(8), free_port()
    (home / "password").write_text(password)
    try:
        run("initdb", "-U", ADMINISTRATOR, "--auth=scram-sha-256", "--pwfile=password", "--encoding=UTF8")
        options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c fsync=off"
        run("pg_ctl", "-w", "-l", "log", "-o", options, "start")
        try:
            at = f"127.0.0.1:{port}"
            with psycopg.connect(f"postgresql://{ADMINISTRATOR}:{password}@{at}/postgres", autocommit=True) as server:
                server.execute(f"CREATE ROLE {USER} LOGIN PASSWORD '{password}'".encode())
                server.execute(f"CREATE DATABASE {DATABASE} OWNER {USER}".encode())
            with psycopg.connect(f"postgresql://{ADMINISTRATOR}:{password}@{at}/{DATABASE}", autocommit=True) as server:
                server.execute("CREATE EXTENSION vector")
            yield f"postgresql://{USER}:{password}@{at}/{DATABASE}"
        finally:
            run("pg_ctl", "-w", "-m", "immediate", "stop")
    finally:
        shutil.rmtree(home, ignore_errors=True)


def main(command: Sequence[str]) -> int:
    with second_postgres() as url:
        return subprocess.run(command, env={**os.environ, "UNDERSTUDY_TEST_PGVECTOR_URL": url}, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
