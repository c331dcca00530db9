"""Formats by name, found through the entry-point group ``neuropose.exporters``.

The formats that come with NeuroPose are registered in the same way as those of other packages: an
entry point names an `Exporter`.
"""

from __future__ import annotations

import warnings
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Any

from neuropose.errors import InstallationError, NeuroPoseError, OutputError, did_you_mean
from neuropose.export.content import Part, content_of
from neuropose.export.exporter import Exporter, Written
from neuropose.export.options import ExportOptions

ENTRY_POINT_GROUP = "neuropose.exporters"


def exporters() -> tuple[Exporter, ...]:
    """Return every format, by name; a broken plug-in is left out with a warning.

    Returns
    -------
    tuple of Exporter

    Warns
    -----
    RuntimeWarning
        For every plug-in that cannot be imported.

    Examples
    --------
    >>> "trc" in [exporter.name for exporter in exporters()]
    True
    """
    found = []
    for name in sorted(_points()):
        try:
            found.append(find_exporter(name))
        except NeuroPoseError as error:
            warnings.warn(str(error), RuntimeWarning, stacklevel=2)
    return tuple(found)


def find_exporter(name: str) -> Exporter:
    """Return a format.

    Parameters
    ----------
    name : str
        A name from `neuropose export --list`.

    Returns
    -------
    Exporter

    Raises
    ------
    OutputError
        If no format has this name.
    InstallationError
        If the package that provides it is broken, several packages provide it, or the installation
        of NeuroPose is older than its code.
    """
    points = _points()
    if not points:
        raise InstallationError(
            "no format is registered, not even those of NeuroPose",
            hint="install NeuroPose again: an older installation is in its place",
        )
    if name not in points:
        raise OutputError(
            f"there is no format {name!r}",
            hint=did_you_mean(name, points, also=f"known formats: {', '.join(sorted(points))}"),
        )
    if len(points[name]) > 1:
        packages = sorted(each.dist.name for each in points[name] if each.dist is not None)
        raise InstallationError(
            f"format {name!r} is provided by several packages: {', '.join(packages)}",
            hint="remove all but one of them",
        )
    try:
        exporter = points[name][0].load()
    except Exception as error:
        raise InstallationError(
            f"the plug-in of format {name!r} is broken: {type(error).__name__}: {error}",
            hint="reinstall or remove the package that provides it",
        ) from error
    if not isinstance(exporter, Exporter):
        raise InstallationError(
            f"the plug-in of format {name!r} is a {type(exporter).__name__}, not an Exporter",
            hint="reinstall or remove the package that provides it",
        )
    return exporter


def export(what: Any, path: Path | str, to: str, **options: Any) -> Written:
    """Write something in a format that other programs read.

    Parameters
    ----------
    what : VideoPredictions, Reconstruction, PoseSequence, MarkerRecording, Report or mapping
        As in `content_of`.
    path : Path or str
        File or folder to write.
    to : str
        Name of the format.
    **options
        Fields of `ExportOptions`, or of `content_of` (``report``, ``subject``, ``vertical``).

    Returns
    -------
    Written
        The files, and what was left out or assumed.

    Raises
    ------
    OutputError
        If there is no such format, it cannot hold this, or it cannot be written.
    MissingLibraryError
        If an extra of NeuroPose is not installed.

    Examples
    --------
    >>> import tempfile
    >>> from neuropose.testing import synthetic_predictions
    >>> path = Path(tempfile.mkdtemp()) / "walk.trc"
    >>> export(synthetic_predictions(), path, "trc", unit="mm").notes[-1]
    'left out: confidence, positions in the picture, warnings and assumptions'
    """
    exporter = find_exporter(to)
    chosen = ExportOptions.model_validate(
        {name: options.pop(name) for name in tuple(options) if name in ExportOptions.model_fields}
    )
    content = content_of(what, angles=Part.ANGLES in exporter.holds, **options)
    return exporter.export(content, Path(path), chosen)


def _points() -> dict[str, list[EntryPoint]]:
    points: dict[str, list[EntryPoint]] = {}
    for point in entry_points(group=ENTRY_POINT_GROUP):
        points.setdefault(point.name, []).append(point)
    return points
