"""A client for other programs of the lab: what became of the jobs, and their results."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar
from urllib.parse import quote

import requests
from pydantic import ValidationError

from neuropose.dashboard.contract import Job, JobList, Machine, Refusal, SummarySince
from neuropose.dashboard.openapi import MOST_SIZE, PREFIX
from neuropose.data import JobResults, JobState
from neuropose.data.metadata import Contract
from neuropose.errors import InterfacerError, JobError
from neuropose.interfacer.machine.summary import Summary
from neuropose.io import load_job_results

_Answer = TypeVar("_Answer", bound=Contract)
PATIENCE_S = 30.0
_PIECE_BYTES = 1 << 20


class Client:
    """Asks a dashboard; it changes nothing.

    Parameters
    ----------
    address : str
        Where the dashboard is, such as ``https://gait.lab.example:8642``.
    token : str, optional
        From ``neuropose dashboard allow NAME --token``; on the machine itself, none may be needed.
    certificate : Path, optional
        The certificate of the dashboard, or of whoever signed it, if this machine does not know it.
    patience_s : float
        Longest silence to wait through, in seconds.

    Examples
    --------
    >>> with Client("http://127.0.0.1:1") as client:  # where no dashboard is
    ...     for job in client.jobs(state="failed"):
    ...         print(job.name, job.entry.error)
    Traceback (most recent call last):
    neuropose.errors.InterfacerError: http://127.0.0.1:1/api/v1 cannot be reached: ConnectionError
    """

    def __init__(
        self,
        address: str,
        token: str | None = None,
        *,
        certificate: Path | None = None,
        patience_s: float = PATIENCE_S,
    ) -> None:
        self._address = address.rstrip("/") + PREFIX
        self._patience_s = patience_s
        self._session = requests.Session()
        self._session.trust_env = False  # no proxy, no password of another file
        self._session.headers["Accept"] = "application/json"
        if token is not None:
            self._session.headers["Authorization"] = f"Bearer {token}"
        if certificate is not None:
            self._session.verify = str(certificate)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection."""
        self._session.close()

    def jobs(self, state: JobState | str | None = None, search: str = "") -> Iterator[Job]:
        """Give jobs: those in work, then the queue, then those that ended last.

        Parameters
        ----------
        state : JobState or str, optional
            Only jobs in this state.
        search : str
            Only jobs whose name or number has this in it.

        Yields
        ------
        Job

        Raises
        ------
        InterfacerError
            If the dashboard cannot be reached or refuses.
        """
        page = pages = 1
        while page <= pages:
            asked: dict[str, str | int] = {"page": page, "size": MOST_SIZE, "search": search}
            if state is not None:
                asked["state"] = JobState(state).value
            found = self._get("/jobs", JobList, **asked)
            yield from found.jobs
            page, pages = page + 1, found.pages

    def job(self, key: str | int) -> Job:
        """Return one job.

        Parameters
        ----------
        key : str or int
            Its key, which is its number in the log.

        Returns
        -------
        Job

        Raises
        ------
        JobError
            If there is none.
        InterfacerError
            If the dashboard cannot be reached or refuses.
        """
        return self._get(f"/jobs/{_part(key)}", Job)

    def results(self, key: str | int) -> JobResults:
        """Return the results of a job.

        Parameters
        ----------
        key : str or int
            Its key, which is its number in the log.

        Returns
        -------
        JobResults

        Raises
        ------
        JobError
            If there is no such job, or it has no results.
        InterfacerError
            If the dashboard cannot be reached or refuses.
        FileFormatError
            If the results cannot be read by this version.
        """
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "results.json"
            with self._answer(f"/jobs/{_part(key)}/results", {}) as answer, path.open("wb") as file:
                for piece in answer.iter_content(_PIECE_BYTES):
                    file.write(piece)
            return load_job_results(path)

    def machine(self) -> Machine:
        """Return the state of the machine that does the work.

        Returns
        -------
        Machine

        Raises
        ------
        InterfacerError
            If the dashboard cannot be reached or refuses.
        """
        return self._get("/machine", Machine)

    def summary(self, since: datetime) -> Summary:
        """Return what happened since a moment.

        Parameters
        ----------
        since : datetime
            With an offset.

        Returns
        -------
        Summary

        Raises
        ------
        InterfacerError
            If the dashboard cannot be reached or refuses.
        """
        return self._get("/summary", SummarySince, since=since.isoformat()).summary

    def _get(self, path: str, kind: type[_Answer], **asked: str | int) -> _Answer:
        with self._answer(path, asked) as answer:
            content = answer.content
        try:
            return kind.model_validate_json(content)
        except ValidationError as error:
            raise InterfacerError(
                f"{self._address} does not answer as a dashboard of this version does",
                hint="check the address, and that both have the same version of NeuroPose",
            ) from error

    def _answer(self, path: str, asked: dict[str, str | int]) -> requests.Response:
        try:
            answer = self._session.get(
                self._address + path,
                params=asked,
                timeout=self._patience_s,
                stream=True,
                allow_redirects=False,
            )
        except requests.RequestException as error:
            raise InterfacerError(
                f"{self._address} cannot be reached: {type(error).__name__}",
                hint="check address and certificate, and that neuropose dashboard runs there",
            ) from error
        if answer.status_code == requests.codes.ok:
            return answer
        with answer:
            raise _refusal(answer)


def _refusal(answer: requests.Response) -> InterfacerError:
    try:
        told = Refusal.model_validate_json(answer.content)
    except ValidationError:
        told = Refusal(error=f"the dashboard answers {answer.status_code}")
    is_job = answer.status_code == requests.codes.not_found
    return (JobError if is_job else InterfacerError)(told.error, hint=told.hint)


def _part(key: str | int) -> str:
    """Return a key as part of a path."""
    return quote(str(key), safe="")
