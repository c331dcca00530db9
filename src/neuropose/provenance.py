"""Provenance of a result: versions, model hash, settings, input hash."""

from __future__ import annotations

import platform
from collections.abc import Iterable, Mapping
from functools import cache
from importlib import metadata
from typing import Any

from neuropose._version import __version__
from neuropose.data import Provenance

POSE_LIBRARIES = ("ai-edge-litert", "av", "numpy", "opencv-python-headless", "scipy")
"""The libraries that affect poses; another version may change their last bits."""
ANALYSIS_LIBRARIES = ("llvmlite", "numba", "numpy", "pandas", "scipy")
"""The libraries that affect measures of poses."""
CLASSIFIER_LIBRARIES = (
    "aeon", "llvmlite", "numba", "numpy", "pandas", "scikit-learn", "scipy", "skops",
)  # fmt: skip
"""The libraries that affect a classifier's predictions."""


def library_versions(libraries: Iterable[str]) -> dict[str, str]:
    """Return the versions of Python and of libraries, and the kind of machine.

    Parameters
    ----------
    libraries : iterable of str
        Names of the libraries on the package index: `POSE_LIBRARIES`, `ANALYSIS_LIBRARIES` …

    Returns
    -------
    dict of str to str
        Versions by name, without libraries that are not installed.

    Examples
    --------
    >>> list(library_versions(["numpy", "no-such-library"]))
    ['python', 'machine', 'numpy']
    """
    versions = {"python": platform.python_version(), "machine": platform.machine()}
    found = {name: _installed(name) for name in libraries}
    return versions | {name: version for name, version in found.items() if version is not None}


@cache
def _installed(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def collect_provenance(
    *,
    model: str,
    model_sha256: Mapping[str, str],
    settings: Mapping[str, Any],
    input_sha256: str | None,
    model_license: str | None = None,
) -> Provenance:
    """Collect what is needed to reproduce a result.

    Parameters
    ----------
    model : str
        Name of the pose model.
    model_sha256 : mapping of str to str
        SHA-256 of each weights file.
    settings : mapping
        Every setting that the result depends on. Time and number of workers are not among them: the
        same video yields the same file.
    input_sha256 : str or None
        SHA-256 of the video; None if there is no file.
    model_license : str, optional
        Licence of the model.

    Returns
    -------
    Provenance

    Examples
    --------
    >>> collect_provenance(model="m", model_sha256={}, settings={}, input_sha256="0" * 64).model
    'm'
    """
    return Provenance(
        neuropose_version=__version__,
        model=model,
        model_sha256=dict(model_sha256),
        model_license=model_license,
        input_sha256=input_sha256,
        versions=library_versions(POSE_LIBRARIES),
        settings=dict(settings),
    )
