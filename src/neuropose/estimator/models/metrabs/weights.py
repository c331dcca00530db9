"""Where the weights of a MeTRAbs model are, and their hashes."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

from neuropose import assets
from neuropose.checksums import sha256_of
from neuropose.errors import AssetError, ModelLoadError
from neuropose.estimator.model import LoadOptions

_GRAPH = "saved_model.pb"
_URL_SCHEMES = ("http://", "https://")


@dataclass(frozen=True, slots=True)
class Weights:
    """A SavedModel on this machine.

    Parameters
    ----------
    folder : Path
        Holds ``saved_model.pb``.
    sha256 : dict of str to str
        SHA-256 of the archive it came from, by the archive's name; for a folder, of every file in
        it.
    """

    folder: Path
    sha256: dict[str, str]


def find_weights(names: tuple[str, ...], options: LoadOptions) -> Weights:
    """Find the weights, and fetch and unpack them first if necessary.

    Parameters
    ----------
    names : tuple of str
        Name of the pinned artefact, or empty.
    options : LoadOptions
        Where the cache is; without a pinned artefact, the path or URL of the weights.

    Returns
    -------
    Weights

    Raises
    ------
    AssetError
        If they cannot be obtained, or the archive is damaged or unsafe.
    ModelLoadError
        If there is no SavedModel, or more than one.
    """
    location = options.location
    if names:
        return _from_archive(assets.find_artefact(names[0]), options)
    if location is None:
        raise ModelLoadError(
            "model 'metrabs' needs weights", hint="use metrabs:PATH or metrabs:URL"
        )
    if location.lower().startswith(_URL_SCHEMES):
        return _from_archive(_artefact(location, None, assets.UrlSource(location)), options)
    path = Path(os.path.expanduser(location))  # noqa: PTH111 - an unknown user is not an error here
    path = path.parent if path.name == _GRAPH else path
    try:
        if path.is_dir():
            folder = _graph_folder(path)
            return Weights(folder, assets.file_hashes(folder))
        sha256 = sha256_of(path)
    except OSError as error:
        raise ModelLoadError(
            f"the weights {location} cannot be read: {error.strerror}", hint="check the path"
        ) from error
    return _from_archive(_artefact(path.name, sha256, assets.FileSource(path)), options)


def _artefact(location: str, sha256: str | None, source: assets.Source) -> assets.Artefact:
    """Name an archive from elsewhere so that it is never mistaken for another one in the cache."""
    stem = location.rpartition("/")[2].partition("?")[0].removesuffix(".gz").removesuffix(".tgz")
    letters = (c for c in stem.removesuffix(".tar") if c.isascii() and (c.isalnum() or c in "-_"))
    plain = "".join(letters)[:80]
    mark = sha256 or hashlib.sha256(location.encode()).hexdigest()
    return assets.metrabs_artefact(f"{plain or 'metrabs'}-{mark[:12]}", sha256, (source,))


def _from_archive(artefact: assets.Artefact, options: LoadOptions) -> Weights:
    try:
        unpacked = assets.fetch(artefact, options.model_cache_dir, report=options.report)
    except AssetError as error:
        if options.location is not None:
            error.hint = "get the .tar.gz or its folder by hand, and use metrabs:PATH"
        raise
    manifest = assets.read_manifest(unpacked)
    assert manifest is not None  # `fetch` has checked it
    folder = _graph_folder(unpacked)
    return Weights(folder, {f"{artefact.name}.tar.gz": manifest.archive_sha256})


def _graph_folder(folder: Path) -> Path:
    if (folder / _GRAPH).is_file():
        return folder
    models = sorted(path.parent for path in folder.rglob(_GRAPH))
    if len(models) != 1:
        raise ModelLoadError(
            f"the weights hold {len(models) or 'no'} SavedModel{'s' if models else ''}: one folder "
            f"with {_GRAPH} is expected",
            hint="use the folder or the .tar.gz of a released MeTRAbs model",
        )
    return models[0]
