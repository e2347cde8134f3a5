"""`python -m app`: the command line."""

from __future__ import annotations

import sys


def run() -> int:
    """Start the command line, or say in one line what it lacks."""
    if sys.version_info < (3, 11):  # noqa: UP036 - who starts it with an older one should read this line
        sys.stderr.write("Understudy needs Python 3.11 or newer; this is {}.{}.\n".format(*sys.version_info[:2]))
        return 1
    try:
        from app.cli.main import main
    except ModuleNotFoundError as exc:
        if (exc.name or "").partition(".")[0] in ("app", "storage"):
            raise
        sys.stderr.write(f"The package “{exc.name}” is missing.\nInstall it: pip install -r requirements.txt\n")
        return 1
    return main()


if __name__ == "__main__":
    raise SystemExit(run())
