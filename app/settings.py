"""One frozen Settings, built once from the environment."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from platformdirs import user_data_path

from app.domain.errors import UserError
from app.domain.message import Message

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True, slots=True)
class Settings:
    """Where things are and how long to wait.

    Times are seconds. `environment` is what keys are read from, by name and at the moment of use; it
    is hidden from repr, as is everything that may hold a secret.
    """

    home: Path
    database_url: str = field(repr=False)
    pgvector_url: str | None = field(default=None, repr=False)
    openai_base_url: str | None = field(default=None, repr=False)
    ollama_host: str | None = None
    endpoints_file: Path | None = None
    prices_file: Path | None = None
    models_dir: Path | None = None
    first_token_timeout: float = 120.0
    idle_timeout: float = 60.0
    connect_timeout: float = 5.0
    gguf_idle_unload: float = 300.0
    gguf_context: int = 4096
    local_only: bool = False
    max_file_mb: int = 500
    environment: Mapping[str, str] = field(default_factory=dict, repr=False)
    key_variables: tuple[str, ...] = ()

    @property
    def models_folder(self) -> Path:
        return self.models_dir or self.home / "models"

    def secret(self, variable: str) -> str | None:
        """The value of an environment variable that holds a key; None when unset or blank."""
        return self.environment.get(variable, "").strip() or None

    def secrets(self) -> tuple[str, ...]:
        """Every value that must never be shown, longest first: what redaction looks for.

        Variables whose name says that they hold a key, and those that endpoints.toml names.
        """
        named = {k for k in self.environment if _secret_name(k)} | set(self.key_variables)
        values = {v for k in named if len(v := self.environment.get(k, "").strip()) >= 6}
        return tuple(sorted(values, key=len, reverse=True))


def _secret_name(variable: str) -> bool:
    name = variable.upper()
    return any(part in name for part in ("API_KEY", "APIKEY", "TOKEN", "SECRET", "PASSWORD"))


def _seconds(environment: Mapping[str, str], variable: str, default: float) -> float:
    raw = environment.get(variable, "").strip()
    if not raw:
        return default
    try:
        value = float(raw)
    except ValueError:
        value = -1.0
    if not 0 < value < 86_400:
        raise UserError(
            Message("{variable} is “{value}”, which is not a number of seconds.", variable=variable, value=raw[:80]),
            Message("Set it to a number above 0, for example {example}.", example=f"{default:g}"),
        )
    return value


def _whole(environment: Mapping[str, str], variable: str, default: int) -> int:
    raw = environment.get(variable, "").strip()
    if not raw:
        return default
    if not raw.isascii() or not raw.isdigit() or not 0 < int(raw) < 2**31:
        raise UserError(
            Message("{variable} is “{value}”, which is not a whole number.", variable=variable, value=raw[:80]),
            Message("Set it to a number above 0, for example {example}.", example=str(default)),
        )
    return int(raw)


def load(environment: Mapping[str, str] | None = None) -> Settings:
    """Read the settings from `environment` (the process's own by default). Raises UserError."""
    env = dict(os.environ if environment is None else environment)
    home = Path(env["UNDERSTUDY_HOME"]).expanduser() if env.get("UNDERSTUDY_HOME") else user_data_path("understudy")
    home = home.absolute()

    def path(variable: str, default: Path) -> Path:
        return Path(env[variable]).expanduser() if env.get(variable) else default

    return Settings(
        home=home,
        database_url=env.get("DATABASE_URL") or f"sqlite:///{(home / 'understudy.db').as_posix()}",
        pgvector_url=env.get("PGVECTOR_URL", "").strip() or None,
        openai_base_url=env.get("OPENAI_BASE_URL") or None,
        ollama_host=env.get("OLLAMA_HOST") or None,
        endpoints_file=path("UNDERSTUDY_ENDPOINTS", home / "endpoints.toml"),
        prices_file=path("UNDERSTUDY_PRICES", home / "prices.toml"),
        models_dir=path("UNDERSTUDY_MODELS", home / "models"),
        first_token_timeout=_seconds(env, "UNDERSTUDY_FIRST_TOKEN_TIMEOUT", 120.0),
        idle_timeout=_seconds(env, "UNDERSTUDY_IDLE_TIMEOUT", 60.0),
        gguf_idle_unload=_seconds(env, "UNDERSTUDY_GGUF_UNLOAD", 300.0),
        gguf_context=_whole(env, "UNDERSTUDY_GGUF_CONTEXT", 4096),
        max_file_mb=_whole(env, "UNDERSTUDY_MAX_FILE_MB", 500),
        local_only=env.get("UNDERSTUDY_LOCAL_ONLY", "").strip().lower() in ("1", "true", "yes", "on"),
        environment=env,
    )
