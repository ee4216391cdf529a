"""ModelScope as a Hub: the small `modelscope-hub`, its session, its login, its cache. req: A2

Enters: a repository and a file as listed. Leaves: the file in the client's cache. Does not know what it is for.
`modelscope` itself is not needed: it weighs 69 MB and imports torch where that is installed. Importing this client
takes 0.2 s.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tujian.engines.hubs import Listed, Source, Step, Watch, answered, failed, no_hub, quiet_bars, silent, size_of


class ModelScope:
    """modelscope.cn or MODELSCOPE_ENDPOINT; MODELSCOPE_CACHE, MODELSCOPE_API_TOKEN and proxies are the client's."""

    name: Source = "modelscope"
    title = "ModelScope"

    def __init__(self, endpoint: str | None = None, folder: Path | None = None) -> None:
        quiet_bars()
        from modelscope_hub import HubConfig

        self._config = HubConfig(endpoint=endpoint)
        self._config.cache_dir = folder or self._config.cache_dir
        self.folder = self._config.cache_dir

    def page(self, repository: str) -> str:
        return f"{self._config.endpoint}/models/{repository}/files"

    def list_files(self, repository: str) -> list[Listed]:
        with self._told(repository):
            found = self._client().list_repo_files(repository, "model")
            return [Listed(file.path, file.size, file.sha256 or "") for file in found if file.type != "tree"]

    def cached(self, repository: str, path: str) -> Path | None:
        found = self._snapshot(repository) / path
        return found if found.is_file() else None

    def partial_bytes(self, repository: str, file: Listed) -> int:
        return size_of(self._snapshot(repository) / f"{file.path}.incomplete")

    def fetch(self, repository: str, file: Listed, watch: Watch) -> Path:
        from modelscope_hub import NetworkError

        with self._told(repository):
            while True:
                had = self.partial_bytes(repository, file)
                try:
                    return self._fetched(repository, file, watch)
                except NetworkError:  # also after an hour, the client's limit for a file, which a slow line needs
                    if self.partial_bytes(repository, file) <= had:
                        raise

    def _fetched(self, repository: str, file: Listed, watch: Watch) -> Path:
        # no checksum is passed: the client would fetch a wrong file three times before it says so
        return self._client().downloader.download_file(
            repository,
            "model",
            file.path,
            file_size=file.size_bytes,
            progress_callbacks=[_follower(file, watch)],
        )

    def _client(self) -> Any:  # noqa: ANN401 - the client is only imported when a hub is asked
        from modelscope_hub import HubApi

        logging.getLogger("modelscope_hub").setLevel(logging.ERROR)  # retries are no news; what fails is told here
        return HubApi(self._config)

    def _snapshot(self, repository: str) -> Path:
        """The folder of a repository: where older clients (modelscope <= 1.37) put it, else where this one does."""
        owner, name = repository.split("/")
        older = name.replace(".", "___")
        for folder in (self.folder / "models" / owner / older, self.folder / "hub" / "models" / owner / older):
            if folder.is_dir() and any(folder.iterdir()):
                return folder
        return self.folder / "models" / f"{owner}--{name}" / "snapshots" / "master"

    @contextmanager
    def _told(self, repository: str) -> Iterator[None]:
        """What the client raises, as FetchFailed."""
        import modelscope_hub as client

        try:
            yield
        except client.NotExistError as error:
            raise failed(self, repository, "不存在", "does not exist") from error
        except (client.AuthenticationError, client.PermissionDeniedError) as error:
            zh, en = "需要登录（MODELSCOPE_API_TOKEN）", "wants a login (MODELSCOPE_API_TOKEN)"
            raise failed(self, repository, zh, en) from error
        except client.NetworkError as error:
            raise silent(self, repository) from error
        except client.FileIntegrityError as error:
            raise failed(self, repository, "给的文件与清单不符", "gave a file that is not as listed") from error
        except client.APIError as error:
            raise answered(self, repository, error.status_code) from error
        except (client.HubError, ValueError, TypeError, KeyError, AttributeError) as error:
            raise no_hub(self, repository) from error


def _follower(file: Listed, watch: Watch) -> type:
    """ModelScope wants a class; this one adds up the pieces and tells `watch`."""
    from modelscope_hub import ProgressCallback

    class Follower(ProgressCallback):
        done_bytes = 0

        def update(self, size: int) -> None:
            self.done_bytes += size
            watch(Step(file.path, "fetch", self.done_bytes, file.size_bytes))

    return Follower
