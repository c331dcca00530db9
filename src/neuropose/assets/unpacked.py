"""Artefacts that are kept unpacked: a folder, and a list of what is in it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, StringConstraints, ValidationError

from neuropose.assets.archive import unpack
from neuropose.assets.workspace import sha256_of

MANIFEST = ".neuropose-manifest.json"
_Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]


class Manifest(BaseModel):
    """What an unpacked archive consists of.

    Parameters
    ----------
    archive_sha256 : str
        Of the archive that it came from.
    files : dict of str to str
        SHA-256 of each file, by its path within the folder.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    archive_sha256: _Sha256
    files: dict[str, _Sha256]


def unpack_artefact(archive: Path, folder: Path) -> None:
    """Unpack an archive and list what is in it.

    Parameters
    ----------
    archive : Path
        A ``.tar.gz`` whose hash has been checked, if one is pinned.
    folder : Path
        Must not exist.

    Raises
    ------
    ArchiveError
        If it is damaged, or holds what it should not.
    """
    unpack(archive, folder)
    manifest = Manifest(archive_sha256=sha256_of(archive), files=file_hashes(folder))
    (folder / MANIFEST).write_text(manifest.model_dump_json())


def file_hashes(folder: Path) -> dict[str, str]:
    """SHA-256 of every file in a folder, by its path within it, sorted.

    Parameters
    ----------
    folder : Path

    Returns
    -------
    dict of str to str
        The manifest itself is left out.

    Raises
    ------
    OSError
        If a file cannot be read.
    """
    paths = sorted(path for path in folder.rglob("*") if path.is_file() and path.name != MANIFEST)
    return {path.relative_to(folder).as_posix(): sha256_of(path) for path in paths}


def read_manifest(folder: Path) -> Manifest | None:
    """Read the list of what is in a folder.

    Parameters
    ----------
    folder : Path

    Returns
    -------
    Manifest or None
        None if there is none, or it makes no sense.
    """
    try:
        return Manifest.model_validate_json((folder / MANIFEST).read_bytes())
    except (OSError, ValidationError):
        return None


def is_intact(folder: Path, archive_sha256: str | None) -> bool:
    """Whether a folder holds what was unpacked into it, bit for bit.

    Parameters
    ----------
    folder : Path
    archive_sha256 : str or None
        Of the archive that it must come from; None: of any, recorded when it was first fetched.

    Returns
    -------
    bool
    """
    manifest = read_manifest(folder)
    return (
        manifest is not None
        and archive_sha256 in (None, manifest.archive_sha256)
        and file_hashes(folder) == manifest.files
    )
