"""Artefacts behind a URL: downloads that resume after a break and report progress."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING
from urllib.parse import urlsplit

from neuropose.assets.sources import Report, Source
from neuropose.errors import AssetUnavailableError

if TYPE_CHECKING:
    import requests

_CHUNK_BYTES = 1 << 16
_LONG_BYTES = 50e6
_MOST_USELESS = 2
"""Number of consecutive attempts without new data after which to give up."""


@dataclass(frozen=True, slots=True)
class UrlSource:
    """A file behind a URL, downloaded by pooch.

    Parameters
    ----------
    url : str
        An ``http`` or ``https`` URL.
    connect_timeout_s : float
        Connection timeout; short, so that an unreachable host is quickly skipped.
    read_timeout_s : float
        Longest silence in the middle of a download.
    """

    url: str
    connect_timeout_s: float = 5.0
    read_timeout_s: float = 30.0

    @property
    def label(self) -> str:
        """The URL, without user name, password and query, any of which may be secret."""
        parts = urlsplit(self.url)
        netloc = parts.netloc.rpartition("@")[2]
        return parts._replace(netloc=netloc, query="", fragment="").geturl()

    def fetch(self, folder: Path, wanted: Collection[Source], report: Report) -> dict[Source, Path]:
        """Download the file; resume an interrupted download if the server supports it.

        Parameters
        ----------
        folder : Path
            Where to put it.
        wanted : collection of Source
            Not used: a URL is one file.
        report : callable
            Called with the progress, and when the download resumes after a break.

        Returns
        -------
        dict of Source to Path
            The one file.

        Raises
        ------
        AssetUnavailableError
            With the reason for the failure.
        """
        del wanted
        import requests

        path = folder / "download"
        best = useless = 0
        with path.open("wb") as file:
            while True:
                there = file.tell()
                try:
                    self._download(file, there, report)
                    return {self: path}
                except (requests.RequestException, ValueError) as error:  # a header is invalid
                    useless = 0 if file.tell() > best else useless + 1
                    best = max(best, file.tell())
                    if file.tell() == 0 or useless == _MOST_USELESS:
                        raise AssetUnavailableError(self._reason(error, file.tell())) from error
                    report(f"the connection broke off after {file.tell() / 1e6:.1f} MB; resuming")

    def _download(self, file: IO[bytes], there: int, report: Report) -> None:
        """Download the missing part of the file; the whole file if the server cannot resume."""
        import requests
        from pooch import HTTPDownloader

        def begin(response: requests.Response, **_: object) -> None:
            # If a server marks a .tar.gz as encoded, it would be unpacked on the way.
            response.raw.headers.discard("Content-Encoding")
            if response.status_code == requests.codes.ok:  # not the requested part
                file.seek(0)
                file.truncate()

        HTTPDownloader(
            progressbar=_Progress(report),
            chunk_size=_CHUNK_BYTES,
            timeout=(self.connect_timeout_s, self.read_timeout_s),
            headers={
                "Accept-Encoding": "identity",
                **({"Range": f"bytes={there}-"} if there else {}),
            },
            hooks={"response": begin},
        )(self.url, file, None)

    def _reason(self, error: Exception, there: int) -> str:
        import requests

        if isinstance(error, requests.HTTPError) and error.response is not None:
            return f"answered {error.response.status_code} {error.response.reason}".rstrip()
        if there:
            return f"the connection broke off {_MOST_USELESS} times in a row"
        if isinstance(error, requests.ConnectTimeout):
            return f"no connection within {self.connect_timeout_s:g} s"
        if isinstance(error, requests.ReadTimeout):
            return f"no answer within {self.read_timeout_s:g} s"
        if isinstance(error, requests.exceptions.SSLError):
            return "its certificate is not accepted"
        if isinstance(error, requests.exceptions.ProxyError):
            return "the proxy refuses it"
        if "resolve" in str(error):
            return "host not found (no internet?)"
        return "no connection"


class _Progress:
    """Reports every tenth of a long download; used by `pooch` as a progress bar."""

    def __init__(self, report: Report) -> None:
        self.total = 0
        self._report = report
        self._done = 0
        self._tenths = 0

    def update(self, size: int) -> None:
        self._done = min(self._done + size, self.total)
        if self.total >= _LONG_BYTES and self._done * 10 // self.total > self._tenths:
            self._tenths = self._done * 10 // self.total
            self._report(f"{self._done / 1e6:.0f} of {self.total / 1e6:.0f} MB")

    def reset(self) -> None:
        self._done = 0

    def close(self) -> None:
        pass
