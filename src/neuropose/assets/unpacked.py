"""Artefacts that are stored unpacked: a folder and a manifest of its files."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, StringConstraints, ValidationError

from neuropose.assets.archive import unpack
from neuropose.checksums import sha256_of
from neuropose.errors import ArchiveError

MANIFEST = ".neuropose-manifest.json"
_Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]


class Manifest(BaseModel):
    """The contents of an unpacked archive.

    Parameters
    ----------
    archive_sha256 : str
        SHA-256 of the archive it came from.
    files : dict of str to str
        SHA-256 of each file, by its path within the folder.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    archive_sha256: _Sha256
    files: dict[str, _Sha256]


def unpack_artefact(archive: Path, folder: Path, must_hold: str | None = None) -> None:
    """Unpack an archive and write the manifest of its files.

    Parameters
    ----------
    archive : Path
        A ``.tar.gz``; its hash has been checked, if one is pinned.
    folder : Path
        The folder to create; must not exist.
    must_hold : str, optional
        Name of a file that it must contain exactly once.

    Raises
    ------
    ArchiveError
        If it is damaged, contains what it must not, or lacks what it must.
    """
    unpack(archive, folder)
    if any(folder.rglob(MANIFEST)):
        raise ArchiveError(f"the archive holds a file named {MANIFEST}")
    if must_hold is not None and len(list(folder.rglob(must_hold))) != 1:
        raise ArchiveError(f"the archive does not hold one {must_hold}, as it should")
    manifest = Manifest(archive_sha256=sha256_of(archive), files=file_hashes(folder))
    (folder / MANIFEST).write_text(manifest.model_dump_json())


def file_hashes(folder: Path) -> dict[str, str]:
    """Return the SHA-256 of every file in a folder, by its path within it, sorted.

    Parameters
    ----------
    folder : Path
        The folder. Links in it are followed, and their targets count as part of it.

    Returns
    -------
    dict of str to str
        Hashes by path, without the manifest itself.

    Raises
    ------
    OSError
        If a file cannot be read.
    """
    hashes: dict[str, str] = {}
    seen: set[str] = set()
    for place, folders, files in os.walk(folder, followlinks=True):
        real = os.path.realpath(place)
        if real in seen:  # links in a circle
            folders.clear()
            continue
        seen.add(real)
        for path in (Path(place, name) for name in files):
            relative = path.relative_to(folder).as_posix()
            if relative != MANIFEST:
                hashes[relative] = sha256_of(path)
    return dict(sorted(hashes.items()))


def read_manifest(folder: Path) -> Manifest | None:
    """Read the manifest of a folder.

    Parameters
    ----------
    folder : Path
        Folder of the unpacked archive.

    Returns
    -------
    Manifest or None
        None if there is none, or it is invalid.
    """
    try:
        return Manifest.model_validate_json((folder / MANIFEST).read_bytes())
    except (OSError, ValidationError):
        return None


def is_intact(folder: Path, archive_sha256: str | None) -> bool:
    """Return whether a folder is bit for bit as it was unpacked.

    Parameters
    ----------
    folder : Path
        Folder of the unpacked archive.
    archive_sha256 : str or None
        SHA-256 of the archive it must come from; None accepts any archive.

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
