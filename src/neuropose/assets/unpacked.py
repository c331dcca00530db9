"""Artefacts that are kept unpacked: a folder, and a list of what is in it."""

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


def unpack_artefact(archive: Path, folder: Path, must_hold: str | None = None) -> None:
    """Unpack an archive and list what is in it.

    Parameters
    ----------
    archive : Path
        A ``.tar.gz`` whose hash has been checked, if one is pinned.
    folder : Path
        Must not exist.
    must_hold : str, optional
        Name of a file that must be in it, once.

    Raises
    ------
    ArchiveError
        If it is damaged, or holds what it should not, or not what it should.
    """
    unpack(archive, folder)
    if any(folder.rglob(MANIFEST)):
        raise ArchiveError(f"the archive holds a file named {MANIFEST}")
    if must_hold is not None and len(list(folder.rglob(must_hold))) != 1:
        raise ArchiveError(f"the archive does not hold one {must_hold}, as it should")
    manifest = Manifest(archive_sha256=sha256_of(archive), files=file_hashes(folder))
    (folder / MANIFEST).write_text(manifest.model_dump_json())


def file_hashes(folder: Path) -> dict[str, str]:
    """SHA-256 of every file in a folder, by its path within it, sorted.

    Parameters
    ----------
    folder : Path
        Links in it are followed: what they lead to is part of it.

    Returns
    -------
    dict of str to str
        The manifest itself is left out.

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
