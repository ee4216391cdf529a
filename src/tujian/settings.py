"""The one reader of the environment and of `TUJIAN_HOME/settings.toml`. Nothing else looks at either.

Order: what the command line passes, then `TUJIAN_*` in the environment, then the file, then these defaults.
"""

import os
import re
from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, TomlConfigSettingsSource

from tujian.errors import BadSettings, Said

DEFAULT_HOME = Path("~/.tujian")
MOST_OWN_BYTES = 5_000_000  # of a word list: some 200,000 names
Origin = Literal["default", "file", "environment", "command"]
LOOPBACK = ("127.0.0.1", "::1", "localhost")


class Settings(BaseSettings):
    """Everything a user may set; `TUJIAN_` and the field's name in capitals is the variable."""

    model_config = SettingsConfigDict(env_prefix="TUJIAN_", extra="ignore", frozen=True)

    home: Path = Field(default=DEFAULT_HOME, description="where answers, own tasks and settings.toml live")
    database: SecretStr | None = Field(
        default=None, description="URL of a PostgreSQL database (default: a file tujian.sqlite under home)"
    )
    lang: Literal["zh", "en"] = Field(default="zh", description="language of values, messages and the page")

    host: str = Field(default="127.0.0.1", description="address the server listens on")
    port: int = Field(default=7860, ge=0, le=65535, description="port of page and API (0: any free one)")
    token: SecretStr | None = Field(
        default=None, description="needed on every request once the server listens beyond loopback"
    )
    allowed_hosts: str = Field(default="", description="further Host names the server answers to, by commas")
    pictures_root: Path | None = Field(default=None, description="folder whose files API clients may name by path")

    max_upload_mb: float = Field(default=50, gt=0, description="largest picture taken, in MB")
    concurrency: int = Field(default=0, ge=0, description="pictures looked at together (0: one per core, at most 4)")
    queue: int = Field(default=32, ge=0, description="requests that may wait; more are answered 429")
    log: Literal["text", "json"] = Field(
        default="text", description="lines on stderr; text: what went wrong, json: every request too"
    )
    cache_mb: int = Field(default=512, ge=0, description="stored answers kept, in MB; the oldest go first")

    fetch_allow: str = Field(default="", description="private networks pictures may be fetched from, e.g. 10.1.0.0/16")

    decode_memory_mb: int = Field(default=1024, ge=256, description="memory the decode child may use")

    engine: Literal["auto", "none", "remote", "llama.cpp", "transformers"] = Field(
        default="auto", description="who looks besides perception; auto: engine_url, else the model chosen, else none"
    )
    model: str | None = Field(default=None, description="a model's name (tujian models list), GGUF file or folder")
    mmproj: Path | None = Field(default=None, description="the vision part of a GGUF model; found beside it by name")
    context: int = Field(default=0, ge=0, description="tokens a question may have (0: what memory allows, up to 8192)")
    engine_url: str | None = Field(
        None, description="an OpenAI-compatible server with a vision model, e.g. http://127.0.0.1:8080/v1"
    )
    engine_model: str | None = Field(default=None, description="model name there; without it the server's first one")
    engine_key: SecretStr | None = Field(default=None, description="API key for it")
    engine_slots: int = Field(
        default=0, ge=0, le=256, description="questions asked at once (0: 8, or what memory allows)"
    )
    engine_timeout_s: float = Field(default=120, gt=0, description="longest one answer of it may take")
    embedder: SecretStr | None = Field(
        default=None,
        description="a /v1/embeddings server for search, ADDRESS#MODEL, its key as https://:KEY@HOST/v1#MODEL",
    )

    @field_validator(
        "token", "database", "embedder", "engine_key", "engine_url", "engine_model", "model", "mmproj", mode="before"
    )
    @classmethod
    def _empty_is_none(cls, value: object) -> object:
        """`TUJIAN_TOKEN=` sets nothing: an empty token would let everybody in."""
        return None if value == "" else value

    @field_validator("token")
    @classmethod
    def _token_is_strong(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and not re.fullmatch(r"[!-~]{8,}", value.get_secret_value()):
            raise ValueError("at least 8 printable ASCII characters without blanks")
        return value

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        chosen = init_settings().get("home")  # whoever names a home means its file, too
        home = Path(chosen or _home_of_environment()).expanduser()
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls, home / "settings.toml")

    @property
    def home_dir(self) -> Path:
        """`home` with ~ resolved."""
        return self.home.expanduser()

    @property
    def database_place(self) -> Path | str:
        """Where the database is: a file, or a URL with its password."""
        return self.home_dir / "tujian.sqlite" if self.database is None else self.database.get_secret_value()

    @property
    def workers(self) -> int:
        """Pictures looked at together."""
        return self.concurrency or min(4, os.cpu_count() or 1)

    @property
    def is_loopback(self) -> bool:
        return self.host in LOOPBACK


def read_settings(**chosen: object) -> Settings:
    """Settings with `chosen` (None is "not chosen") over the environment and the file. Raises BadSettings."""
    try:
        return Settings(**{name: value for name, value in chosen.items() if value is not None})  # pyright: ignore[reportArgumentType]
    except ValidationError as error:
        raise BadSettings(zh=_why(error, "zh"), en=_why(error, "en")) from error
    except (
        ValueError,
        OSError,
        RecursionError,
    ) as error:  # no TOML, no UTF-8, a number of 5,000 digits, nested to kill
        raise BadSettings(
            zh=(f"settings.toml 读不了：{error}。", "请按 TOML 格式修改，或先移走这个文件。"),
            en=(f"settings.toml cannot be read: {error}.", "Mend its TOML, or move it away."),
        ) from error


def origins(settings: Settings) -> dict[str, Origin]:
    """Where each setting has its value from."""
    in_file = TomlConfigSettingsSource(Settings, settings.home_dir / "settings.toml")()
    env = {name.upper() for name in os.environ}
    again = read_settings(home=settings.home).model_copy(update={"home": _home_of_environment()})
    found: dict[str, Origin] = {}
    for name in Settings.model_fields:
        is_same = getattr(again, name) == getattr(settings, name)
        if name not in settings.model_fields_set:
            found[name] = "default"
        elif f"TUJIAN_{name}".upper() in env and is_same:
            found[name] = "environment"
        else:
            found[name] = "file" if name in in_file and is_same else "command"
    return found


def read_own(path: Path) -> str:
    """A text file of the user's own, "" where there is none. Raises BadSettings."""
    try:
        if not path.is_file():
            return ""
        if path.stat().st_size > MOST_OWN_BYTES:
            raise ValueError(f"> {MOST_OWN_BYTES // 1_000_000} MB")
        return path.read_text("utf-8-sig")  # editors on Windows put a mark first
    except (OSError, ValueError) as error:  # UnicodeDecodeError is a ValueError
        raise BadSettings(
            zh=(f"{path.name} 读不了：{error}。", "请另存为 UTF-8 文本。"),
            en=(f"{path.name} cannot be read: {error}.", "Save it as UTF-8 text."),
        ) from error


def _home_of_environment() -> Path:
    return Path(os.environ.get("TUJIAN_HOME", DEFAULT_HOME))


def _why(error: ValidationError, lang: str) -> Said:
    first = error.errors()[0]
    name = ".".join(str(part) for part in first["loc"])
    if lang == "zh":
        return Said(
            f"设置 {name} 不对：{first['msg']}。", f"请检查环境变量 TUJIAN_{name.upper()}、命令行选项或 settings.toml。"
        )
    return Said(
        f"Setting {name} is wrong: {first['msg']}.", f"Check TUJIAN_{name.upper()}, the command line or settings.toml."
    )
