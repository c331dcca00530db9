"""The loops that numba compiles: compiled before somebody waits for them, and kept."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

from neuropose.cli.doctor.checks import Check
from neuropose.compiled import is_kept

_SIDE_PX = 16
_FRAMES = 12  # of movements that take next to no time once all is compiled


def check_loops(tell: Callable[[str], None]) -> Check:
    """Compile every loop that is not compiled yet, and see whether that can be kept.

    Parameters
    ----------
    tell : callable
        Called with a line before what may take long.

    Returns
    -------
    Check
    """
    try:
        found = list(_loops())
        if not all(is_kept(loop) for loop in found):
            tell(f"compiling {len(found)} loops, once, which takes some seconds")
        _run()
    except Exception as error:  # a broken library may raise anything
        reason = " ".join(f"{type(error).__name__}: {error}".split())
        fix = f"{sys.executable} -m pip install --force-reinstall numba llvmlite"
        return Check("compiled loops", "problem", reason, fix)
    lost = [loop.__name__ for loop in found if not is_kept(loop)]
    if lost:
        return Check(
            "compiled loops",
            "warning",
            f"{len(lost)} of {len(found)} cannot be kept, so every command compiles them again",
            "set NUMBA_CACHE_DIR to a folder that can be written",
        )
    return Check("compiled loops", "good", f"{len(found)}, kept for every command")


def _modules() -> tuple[ModuleType, ...]:
    from neuropose.analyzer.compare.dtw import kernels
    from neuropose.body import exchanges, kinematics
    from neuropose.estimator.models.blazepose import cropping

    return kernels, exchanges, kinematics, cropping


def _loops() -> Iterator[Any]:
    for module in _modules():
        for value in vars(module).values():
            if hasattr(value, "py_func") and value.__module__ == module.__name__:
                yield value


def _run() -> None:
    """Cut out parts of pictures, fit a body, and compare movements in every way."""
    import numpy as np
    from av import VideoFrame

    from neuropose.analyzer.compare.dtw import DtwSettings, dtw, dtw_matrix
    from neuropose.body import reconstruct
    from neuropose.estimator.models.blazepose.region import Region
    from neuropose.testing import synthetic_predictions
    from neuropose.video.stored_picture import StoredPicture

    region = Region(x_px=8.0, y_px=8.0, side_px=16.0, angle_rad=0.0)
    region.crop(StoredPicture(VideoFrame(16, 16, "yuv420p")), _SIDE_PX)
    region.crop(np.zeros((16, 16, 3), np.uint8), _SIDE_PX)
    reconstruct(synthetic_predictions(_FRAMES), draws=2)
    one = np.sin(np.arange(3.0 * _FRAMES)).reshape(_FRAMES, 3)
    dtw(one, one[1:])
    dtw(one, one[1:], path=False)
    dtw(one, one[1:], DtwSettings(step_pattern="symmetric2"), path=False)
    dtw_matrix([one, one[1:], one[2:]])
