"""netCDF in the layout of the movement package (0.17): one data set for 3D, one for 2D."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from neuropose.data import VideoPredictions
from neuropose.export.content import Content, Kind, Part
from neuropose.export.exporter import Exporter, Written
from neuropose.export.files import library, whole_file
from neuropose.export.options import ExportOptions
from neuropose.export.preparing import place
from neuropose.export.tidy import CAMERA_AXES, individual_names, said_of_one, takes_everybody

_DIMS = ("time", "space", "keypoint", "individual")
_PER_POINT = ("time", "keypoint", "individual")


def write_netcdf(content: Content, path: Path, options: ExportOptions) -> Written:
    """Write the data sets that ``movement.io`` loads.

    Parameters
    ----------
    content : Content
        With predictions or a movement.
    path : Path
        The file of positions in space. Those in the picture are in a file of the same name that
        ends in ``.2d.nc``.
    options : ExportOptions
        Default: the axes of the recording, millimetres.

    Returns
    -------
    Written

    Raises
    ------
    MissingLibraryError
        If xarray or h5netcdf is not installed (extra ``netcdf``).
    """
    xarray = library("xarray", "netcdf", "netCDF")
    library("h5netcdf", "netcdf", "netCDF")
    notes: tuple[str, ...] = ()
    if takes_everybody(content, options):
        assert content.predictions is not None
        sets = _of_everybody(xarray, content.predictions, options)
    else:
        sets, notes = _of_one(xarray, content, options)
    files = [path, path.with_suffix(".2d.nc")][: len(sets)]
    for file, dataset in zip(files, sets, strict=True):
        with whole_file(file) as temporary:
            dataset.to_netcdf(temporary, engine="h5netcdf")
    return Written(tuple(files), notes)


def _of_everybody(
    xarray: Any, predictions: VideoPredictions, options: ExportOptions
) -> tuple[Any, ...]:
    arrays = predictions.to_arrays()
    individuals = individual_names([int(track) for track in arrays.track_ids], options)
    time_s = _ascending(arrays.time_s, predictions.metadata.fps)
    coords = {
        "time": time_s,
        "keypoint": list(predictions.skeleton.joints),
        "individual": list(individuals),
    }
    confidence = (_PER_POINT, arrays.confidence.transpose(0, 2, 1))
    attrs = _attributes(predictions.metadata.fps)
    space = {"space_unit": "mm", "axes": CAMERA_AXES}
    return tuple(
        xarray.Dataset(
            {
                "position": (_DIMS, poses.transpose(0, 3, 2, 1), described),
                "confidence": confidence,
            },
            coords={**coords, "space": axes},
            attrs=attrs,
        )
        for poses, axes, described in (
            (arrays.poses3d, ["x", "y", "z"], space),
            (arrays.poses2d, ["x", "y"], {"space_unit": "px", "axes": "x right, y down"}),
        )
    )


def _of_one(
    xarray: Any, content: Content, options: ExportOptions
) -> tuple[tuple[Any, ...], tuple[str, ...]]:
    assert content.movement is not None
    placed = place(content.movement, options, up="own", unit="mm")
    movement = placed.movement
    described = {"space_unit": placed.unit, "axes": placed.axes}
    confidence = movement.confidence
    if confidence is None:
        confidence = np.full(placed.positions.shape[:2], np.nan)
    variables: dict[str, Any] = {
        "position": (_DIMS, placed.positions.transpose(0, 2, 1)[..., None], described),
        "confidence": (_PER_POINT, confidence[..., None]),
    }
    if placed.errors is not None:
        errors = placed.errors.transpose(0, 2, 1)[..., None]
        variables["position_standard_error"] = (_DIMS, errors, described)
    dataset = xarray.Dataset(
        variables,
        coords={
            "time": movement.time_s,
            "space": ["x", "y", "z"],
            "keypoint": list(movement.names),
            "individual": [options.label],
        },
        attrs=_attributes(placed.rate_hz),
    )
    return (dataset,), (*placed.notes, *said_of_one(content))


def _attributes(rate_hz: float) -> dict[str, Any]:
    return {
        "source_software": "NeuroPose",
        "ds_type": "poses",
        "fps": float(rate_hz),
        "time_unit": "seconds",
    }


def _ascending(time_s: Any, fps: float) -> Any:
    """Return times without gaps: an index over time cannot have NaN in it."""
    unknown = np.isnan(time_s)
    return np.where(unknown, np.arange(len(time_s)) / fps, time_s)


EXPORTER = Exporter(
    name="netcdf",
    title="positions for the movement package (0.17) and xarray, 2D in a file of its own",
    suffix=".nc",
    takes=(Kind.PEOPLE, Kind.MOVEMENT),
    holds=frozenset({Part.CONFIDENCE, Part.ERRORS, Part.PIXELS, Part.PEOPLE}),
    write=write_netcdf,
    extra="netcdf",
    modules=("xarray", "h5netcdf"),
)
