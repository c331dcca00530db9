"""Pose models by name, found through the entry-point group ``neuropose.models``.

The embedded models are registered the same way as third-party ones. An entry point names a loader,
``load(options: LoadOptions) -> PoseModel``; `neuropose.estimator.loader.ModelLoader` has all that a
loader can say of itself.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Any

from neuropose.config import Settings
from neuropose.errors import (
    ModelError,
    ModelLoadError,
    NeuroPoseError,
    UnknownModelError,
    did_you_mean,
)
from neuropose.estimator.capabilities import (
    Capabilities,
    declared_capabilities,
    require_as_asked,
    require_possible,
)
from neuropose.estimator.loader import own_options, require_recorded
from neuropose.estimator.model import InferenceOptions, LoadOptions, PoseModel

ENTRY_POINT_GROUP = "neuropose.models"


@dataclass(frozen=True, slots=True)
class RegisteredModel:
    """A pose model that an installed package provides.

    Parameters
    ----------
    name : str
        The name that `load_model` accepts.
    package : str
        The distribution that provides it; several, which is an error, are separated by commas.
    artefacts : tuple of str
        Names of the weights files that it needs, as in `neuropose.assets`; empty if not known.
    license : str or None
        Licence of the weights.
    takes_location : bool
        Whether it is used as ``NAME:PATH`` or ``NAME:URL``.
    obstacle : str or None
        Why it cannot run here, in one line, if it cannot.
    error : str or None
        Why the plug-in is broken, in one line, if it is.
    capabilities : Capabilities
        What it can be asked for.
    """

    name: str
    package: str
    artefacts: tuple[str, ...] = ()
    license: str | None = None
    takes_location: bool = False
    obstacle: str | None = None
    error: str | None = None
    capabilities: Capabilities = field(default_factory=Capabilities)


def available() -> tuple[RegisteredModel, ...]:
    """Return every registered model, by name; a broken plug-in is listed with its error.

    Returns
    -------
    tuple of RegisteredModel

    Warns
    -----
    RuntimeWarning
        For every plug-in that cannot be imported.

    Examples
    --------
    >>> [model.name for model in available()][:3]
    ['blazepose', 'blazepose-heavy', 'blazepose-lite']
    """
    models = []
    for name, points in sorted(_points_by_name().items()):
        try:
            load, capabilities = _import(name, points)
        except ModelLoadError as error:
            warnings.warn(str(error), RuntimeWarning, stacklevel=2)
            reason = _reason(error.__cause__) if error.__cause__ else error.message
            models.append(RegisteredModel(name, _packages(points), error=reason))
            continue
        models.append(
            RegisteredModel(
                name,
                _packages(points),
                artefacts=tuple(getattr(load, "artefacts", ())),
                license=getattr(load, "license", None),
                takes_location=_takes_location(load),
                obstacle=getattr(load, "obstacle", None),
                capabilities=capabilities,
            )
        )
    return tuple(models)


def load_model(
    name: str = "blazepose",
    *,
    model_cache_dir: Path | None = None,
    device: str = "auto",
    report: Callable[[str], None] | None = None,
    inference: InferenceOptions | None = None,
    model_options: Mapping[str, Any] | None = None,
) -> PoseModel:
    """Load a pose model; its weights are fetched if they are missing.

    Parameters
    ----------
    name : str
        A name from ``neuropose models list``; for some models ``NAME:PATH`` or ``NAME:URL``.
    model_cache_dir : Path, optional
        Where weights are kept; default: the setting of that name.
    device : str
        ``auto``, ``cpu``, ``gpu`` or ``gpu:N``.
    report : callable, optional
        Called with one line of text when something takes long.
    inference : InferenceOptions, optional
        How to run it.
    model_options : mapping of str to value, optional
        Options that only this model has, by name.

    Returns
    -------
    PoseModel

    Raises
    ------
    UnknownModelError
        If no model has this name.
    ModelLoadError
        If the model's package is broken, several packages provide a model of this name, or the
        model cannot do what is asked according to its loader or its `ModelInfo`.
    AssetError
        If its weights cannot be obtained.
    DeviceError
        If it cannot run on the device, or runs on a different one.

    Examples
    --------
    >>> model = load_model("blazepose")  # doctest: +SKIP
    """
    points = _points_by_name()
    full_name = name
    name, _, location = full_name.partition(":")
    if name not in points:
        raise UnknownModelError(
            f"there is no model {name!r}",
            hint=did_you_mean(name, points, also=f"known models: {', '.join(sorted(points))}"),
        )
    load, can = _import(name, points[name])
    if _takes_location(load) is not bool(location):
        raise UnknownModelError(
            f"model {full_name!r}: {name} loads weights that are "
            + ("said after a colon" if _takes_location(load) else "its own, not any others"),
            hint=f"use {name}:PATH or {name}:URL" if _takes_location(load) else f"use {name}",
        )
    options = LoadOptions(
        model_cache_dir=model_cache_dir or Settings.load().model_cache_dir,
        device=device,
        report=report,
        location=location or None,
        inference=inference or InferenceOptions(),
        model_options=own_options(name, load, model_options or {}),
    )
    require_possible(name, can, options)
    try:
        model = load(options)
    except NeuroPoseError:
        raise
    except Exception as error:
        raise ModelLoadError(
            f"model {name!r} cannot be loaded: {_reason(error)}",
            hint="see neuropose doctor",
        ) from error
    if not isinstance(model, PoseModel):
        raise ModelLoadError(
            f"the plug-in of model {name!r} returned a {type(model).__name__}, not a pose model",
            hint="reinstall or remove the package that provides it; see neuropose models list",
        )
    try:
        require_as_asked(name, model.info, options)
        require_recorded(name, model.info, options.model_options)
    except ModelError:
        model.close()
        raise
    return model


def _takes_location(load: Callable[[LoadOptions], PoseModel]) -> bool:
    return bool(getattr(load, "takes_location", False))


def _points_by_name() -> dict[str, list[EntryPoint]]:
    points: dict[str, list[EntryPoint]] = {}
    for point in entry_points(group=ENTRY_POINT_GROUP):
        points.setdefault(point.name, []).append(point)
    return points


def _packages(points: list[EntryPoint]) -> str:
    return ", ".join(
        sorted(point.dist.name if point.dist is not None else "unknown" for point in points)
    )


def _import(
    name: str, points: list[EntryPoint]
) -> tuple[Callable[[LoadOptions], PoseModel], Capabilities]:
    if len(points) > 1:
        raise ModelLoadError(
            f"model {name!r} is provided by several packages: {_packages(points)}",
            hint="remove all but one of them",
        )
    try:
        load: Callable[[LoadOptions], PoseModel] = points[0].load()
        return load, declared_capabilities(load)
    except Exception as error:
        raise ModelLoadError(
            f"the plug-in of model {name!r} is broken: {_reason(error)}",
            hint="reinstall or remove the package that provides it; see neuropose models list",
        ) from error


def _reason(error: BaseException | None) -> str:
    """Return one line, even for an error with an empty or very long message."""
    lines = str(error).strip().splitlines()
    return ": ".join([type(error).__name__, *lines[:1]])
