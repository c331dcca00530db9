"""Checks of a loader: the model that it loads must honour every option it declares."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from neuropose.errors import ModelError
from neuropose.estimator.capabilities import (
    declared_capabilities,
    require_as_asked,
    require_possible,
)
from neuropose.estimator.collector import check_detections
from neuropose.estimator.model import InferenceOptions, LoadOptions, ModelInfo, PoseModel
from neuropose.testing.conformance.model_bench import Bench, LoadedBy

ABSENT_DEVICE = "gpu:4095"
ABSENT_SKELETON = "no_such_skeleton"
_MOST_SKELETONS = 2  # besides the first; a model may be slow to load
_CHANGED = {
    "num_aug": 3,
    "detector_threshold": 0.625,
    "max_detections": 1,
    "suppress_implausible_poses": False,
}
"""Non-default values of options that change the numbers without showing in the result."""


def loader_faults(bench: Bench, loaded: LoadedBy) -> Iterator[str]:
    """Request from a loader what it declares, and what no loader can provide.

    Parameters
    ----------
    bench : Bench
        The bench with the model that it loaded.
    loaded : LoadedBy
        How it was loaded.

    Yields
    ------
    str
        A line for every option that is ignored or wrongly declared.
    """
    info = bench.model.info
    can = declared_capabilities(loaded.load)
    unknown = sorted(can.options - InferenceOptions.model_fields.keys())
    if unknown:
        yield f"inference_options names {', '.join(unknown)}: there is no such option"
    names = [skeleton.name for skeleton in info.skeletons]
    if can.skeletons is not None and sorted(can.skeletons) != sorted(names):
        yield f"skeletons of the loader are {sorted(can.skeletons)}, those of info {sorted(names)}"
    if can.devices is not None and info.device.partition(":")[0] not in can.devices:
        yield f"devices of the loader are {list(can.devices)}, the device of info {info.device!r}"
    yield from _ignored(info, loaded.options)

    for skeleton in (ABSENT_SKELETON, *names[1 : 1 + _MOST_SKELETONS]):
        with _asking(loaded, skeleton=skeleton) as model:
            if model is not None:
                yield from _ignored(model.info, loaded.asking(skeleton=skeleton))
    with _asking(loaded, device=ABSENT_DEVICE) as model:
        if model is not None:
            yield from _ignored(model.info, loaded.asking(device=ABSENT_DEVICE))
    with _asking(loaded, uncertainty=True) as model:
        if model is not None:
            yield from _ignored(model.info, loaded.asking(uncertainty=True))
            for found in model.predict(iter(bench.pictures[:1]), bench.camera):
                check_detections(found, model.info)
    for option, value in _CHANGED.items():
        if option in can.options and getattr(loaded.options.inference, option) != value:
            with _asking(loaded, **{option: value}) as model:
                if model is not None and model.info.settings == info.settings:
                    yield f"{option} is supported, as its loader says, but not in info.settings"


@contextmanager
def _asking(loaded: LoadedBy, **changes: Any) -> Iterator[PoseModel | None]:
    """Load as `load_model` would; return None if it is refused."""
    options = loaded.asking(**changes)
    model = None
    try:
        require_possible("it", declared_capabilities(loaded.load), options)
        model = loaded.load(options)
    except Exception:  # `load_model` treats anything that a loader raises as a refusal
        model = None
    try:
        yield model
    finally:
        if model is not None:
            model.close()


def _ignored(info: ModelInfo, options: LoadOptions) -> Iterator[str]:
    try:
        require_as_asked(info.name, info, options)
    except ModelError as error:
        yield f"what was asked for is ignored: {error.message}"
