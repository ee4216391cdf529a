"""Hugging Face as a Hub: `huggingface_hub`, its session, its login, its cache. req: A2

Enters: a repository and a file as listed. Leaves: the file in the client's cache. Does not know what it is for.

The client's parts are used, not `hf_hub_download` alone: since 2.x that throws a partial file away when it is stopped
(its pull request 4228), and of 5 GB on a slow line every byte counts. So the bytes come through the client's session,
addresses and retries, and `hf_hub_download` then takes the finished blob into its cache without fetching anything.
Xet's transfer is not used: it cannot go on where it was stopped. Importing the client takes 0.3 s.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tujian.engines.hubs import Listed, Source, Step, Watch, answered, failed, no_hub, quiet_bars, silent, size_of
from tujian.errors import FetchFailed

LISTING_TIMEOUT_S = 20.0  # a list of files is a few kB
TRIES = 5  # without a single new byte; as the client's own
PAUSE_S = 1.0  # before the next of them


class HuggingFace:
    """huggingface.co or the mirror in HF_ENDPOINT; HF_HOME, HF_HUB_CACHE, HF_TOKEN and proxies are the client's."""

    name: Source = "hf"
    title = "Hugging Face"

    def __init__(self, endpoint: str | None = None, folder: Path | None = None) -> None:
        quiet_bars()
        from huggingface_hub import constants

        self._endpoint = (endpoint or constants.ENDPOINT).rstrip("/")
        self._timeout_s = constants.HF_HUB_DOWNLOAD_TIMEOUT
        self.folder = folder or Path(constants.HF_HUB_CACHE).expanduser()

    def page(self, repository: str) -> str:
        return f"{self._endpoint}/{repository}/tree/main"

    def list_files(self, repository: str) -> list[Listed]:
        from huggingface_hub import HfApi

        with self._told(repository):
            found = HfApi(endpoint=self._endpoint).model_info(
                repository, files_metadata=True, timeout=LISTING_TIMEOUT_S
            )
            return [
                Listed(file.rfilename, file.size or 0, (file.lfs.sha256 if file.lfs else file.blob_id) or "")
                for file in found.siblings or ()
            ]

    def cached(self, repository: str, path: str) -> Path | None:
        if not self._repository(repository).is_dir():
            return None  # before the client is imported: this is asked at every start
        from huggingface_hub import try_to_load_from_cache

        found = try_to_load_from_cache(repository, path, cache_dir=self.folder)
        return Path(found) if isinstance(found, str) else None

    def partial_bytes(self, repository: str, file: Listed) -> int:
        return size_of(self._blob(repository, file, ".incomplete"))

    def fetch(self, repository: str, file: Listed, watch: Watch) -> Path:
        from huggingface_hub import get_hf_file_metadata, hf_hub_download, hf_hub_url
        from huggingface_hub.utils import WeakFileLock

        blob = self._blob(repository, file)
        with self._told(repository):
            url = hf_hub_url(repository, file.path, endpoint=self._endpoint)
            facts = get_hf_file_metadata(url, timeout=LISTING_TIMEOUT_S, endpoint=self._endpoint)
            if facts.etag != file.checksum:  # the blob's name in the cache: another one would not be found again
                raise failed(self, repository, "刚刚换了文件", "has just changed its files")
            lock = self.folder / ".locks" / blob.parents[1].name / f"{blob.name}.lock"
            for folder in (blob.parent, lock.parent):
                folder.mkdir(parents=True, exist_ok=True)
            with WeakFileLock(lock):  # the client's own: two pulls at once must not write one file
                if not blob.exists():
                    self._fill(repository, url, file, watch)
            return Path(hf_hub_download(repository, file.path, cache_dir=self.folder, endpoint=self._endpoint))

    def _repository(self, repository: str) -> Path:
        """Its folder in the cache, named as the client names it."""
        return self.folder / f"models--{repository.replace('/', '--')}"

    def _blob(self, repository: str, file: Listed, ending: str = "") -> Path:
        return self._repository(repository) / "blobs" / f"{file.checksum}{ending}"

    def _fill(self, repository: str, url: str, file: Listed, watch: Watch) -> None:
        """Appends to the partial file until it has its size, over as many connections as that takes."""
        import httpx2

        blob, partial = self._blob(repository, file), self._blob(repository, file, ".incomplete")
        if size_of(partial) > file.size_bytes:
            partial.unlink()
        tries = TRIES
        while (had := size_of(partial)) < file.size_bytes:
            broken = None
            try:
                self._append(url, partial, file, watch)
            except httpx2.TransportError as error:
                broken = error
            tries = TRIES if size_of(partial) > had else tries - 1  # an answer of no bytes is no progress either
            if tries == 0:
                raise silent(self, repository) from broken
            if size_of(partial) < file.size_bytes:
                time.sleep(PAUSE_S)
        partial.touch()  # a file of no bytes
        partial.replace(blob)

    def _append(self, url: str, partial: Path, file: Listed, watch: Watch) -> None:
        """What one connection gives. Raises httpx2.TransportError when that breaks, HfHubHTTPError on a refusal."""
        from huggingface_hub.utils import build_hf_headers, hf_raise_for_status, http_stream_backoff

        had = size_of(partial)
        headers = build_hf_headers() | {"Accept-Encoding": "identity"} | ({"Range": f"bytes={had}-"} if had else {})
        trying: dict[str, Any] = {"max_retries": 2, "retry_on_exceptions": (), "timeout": self._timeout_s}
        with http_stream_backoff("GET", url, headers=headers, **trying) as response:
            hf_raise_for_status(response)
            goes_on = response.status_code == 206  # else this server knows no ranges and begins anew
            with partial.open("ab" if goes_on else "wb") as content:
                for piece in response.iter_bytes():
                    content.write(piece)
                    watch(Step(file.path, "fetch", min(content.tell(), file.size_bytes), file.size_bytes))
                    if content.tell() > file.size_bytes:
                        break  # endless: the checksum will tell

    @contextmanager
    def _told(self, repository: str) -> Iterator[None]:
        """What the client raises, as FetchFailed."""
        import httpx2
        from huggingface_hub import errors

        try:
            yield
        except (errors.RepositoryNotFoundError, errors.RemoteEntryNotFoundError, errors.RevisionNotFoundError) as error:
            if isinstance(error, errors.GatedRepoError):
                raise self._locked(repository) from error
            raise failed(self, repository, "不存在或需要登录", "does not exist or wants a login") from error
        except errors.HfHubHTTPError as error:
            status = error.response.status_code
            raise self._locked(repository) if status in (401, 403) else answered(self, repository, status) from error
        except errors.OfflineModeIsEnabled as error:
            raise failed(
                self, repository, "没有去问：HF_HUB_OFFLINE 已设置", "was not asked: HF_HUB_OFFLINE is set"
            ) from error
        except (httpx2.TransportError, errors.LocalEntryNotFoundError) as error:
            raise silent(self, repository) from error
        except (ValueError, TypeError, KeyError, errors.FileMetadataError) as error:
            raise no_hub(self, repository) from error

    def _locked(self, repository: str) -> FetchFailed:
        return failed(self, repository, "需要登录或授权（HF_TOKEN）", "wants a login or its terms accepted (HF_TOKEN)")
