"""What a pose model can be asked for: declared by its loader, checked on the loaded model.

A loader declares it in three optional attributes:

- ``inference_options``: names of the fields of `InferenceOptions` that it supports; default:
  `VISIBLE_OPTIONS`.
- ``skeletons``: names of all skeletons that it provides; if omitted, known only after loading.
- ``devices``: kinds of device that it can run on, ``cpu`` and ``gpu``; if omitted, known only after
  loading.

A request that it cannot meet is refused before anything is loaded. Everything else is checked again
on the loaded model, so that an option is never silently ignored.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any

from neuropose.errors import DeviceError, ModelLoadError, did_you_mean
from neuropose.estimator.model import LoadOptions, ModelInfo, PoseModel

VISIBLE_OPTIONS = frozenset({"skeleton", "uncertainty"})
"""Options whose effect shows in the `ModelInfo` of a loaded model."""
_DEVICES = {"cpu": "the CPU", "gpu": "a GPU"}


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a pose model can be asked for.

    Parameters
    ----------
    options : frozenset of str
        Fields of `InferenceOptions` that it supports.
    skeletons : tuple of str or None
        Names of all skeletons that it provides; None if not known before loading.
    devices : tuple of str or None
        Kinds of device, ``cpu`` and ``gpu``; None if not known before loading.
    """

    options: frozenset[str] = VISIBLE_OPTIONS
    skeletons: tuple[str, ...] | None = None
    devices: tuple[str, ...] | None = None


def declared_capabilities(load: Callable[[LoadOptions], PoseModel]) -> Capabilities:
    """Read what a loader declares.

    Parameters
    ----------
    load : callable
        The loader.

    Returns
    -------
    Capabilities

    Raises
    ------
    ModelLoadError
        If it declares anything other than names.

    Examples
    --------
    >>> def load(options): ...
    >>> load.devices = ("cpu",)
    >>> declared_capabilities(load).devices
    ('cpu',)
    """
    options = _names(load, "inference_options")
    return Capabilities(
        VISIBLE_OPTIONS if options is None else frozenset(options),
        _names(load, "skeletons"),
        _names(load, "devices"),
    )


def require_possible(name: str, can: Capabilities, options: LoadOptions) -> None:
    """Raise if a model cannot do what is asked, before it is loaded.

    Parameters
    ----------
    name : str
        Name of the model.
    can : Capabilities
        What its loader declares.
    options : LoadOptions
        What is asked of it.

    Raises
    ------
    DeviceError
        If it cannot run on such a device.
    ModelLoadError
        If it does not have the skeleton, provides no uncertainty, or does not support an option.

    Examples
    --------
    >>> from pathlib import Path
    >>> try:
    ...     require_possible("acme", Capabilities(devices=("cpu",)), LoadOptions(Path(), "gpu"))
    ... except DeviceError as error:
    ...     print(error)
    model 'acme' runs on the CPU, not on 'gpu'
    """
    kind = options.device.partition(":")[0]
    if can.devices is not None and kind not in ("auto", *can.devices):
        runs_on = " or ".join(_DEVICES.get(device, device) for device in can.devices)
        raise DeviceError(
            f"model {name!r} runs on {runs_on}, not on {options.device!r}",
            hint=f"use --device {' or '.join(can.devices)}",
        )
    asked = options.inference.asked_for()
    skeleton = asked.get("skeleton")
    if skeleton is not None and can.skeletons is not None and skeleton not in can.skeletons:
        raise _no_skeleton(name, skeleton, can.skeletons)
    if "uncertainty" in asked and "uncertainty" not in can.options:
        raise _no_uncertainty(name)
    unheeded = [option for option in asked if option not in can.options]
    if unheeded:
        heeded = ", ".join(sorted(can.options)) or "no options"
        raise ModelLoadError(
            f"model {name!r} does not support {', '.join(unheeded)}",
            hint=f"leave it out, on the command line and in the settings; {name} supports {heeded}",
        )


def require_as_asked(name: str, info: ModelInfo, options: LoadOptions) -> None:
    """Raise if a loaded model is not what was asked for.

    Parameters
    ----------
    name : str
        Name under which it is registered.
    info : ModelInfo
        What it declares about itself.
    options : LoadOptions
        What was asked of it.

    Raises
    ------
    DeviceError
        If it runs on another device.
    ModelLoadError
        If it provides a different skeleton, or no uncertainty.

    Examples
    --------
    >>> from pathlib import Path
    >>> from neuropose.testing import FakeModel
    >>> require_as_asked("fake", FakeModel().info, LoadOptions(Path(), "cpu"))
    """
    given, asked = info.device, options.device
    if asked not in ("auto", given, given.partition(":")[0]):
        raise DeviceError(
            f"model {name!r} runs on {given!r}, not on {asked!r}",
            hint="use --device auto, or another model",
        )
    skeleton, known = options.inference.skeleton, [one.name for one in info.skeletons]
    if skeleton is not None and skeleton not in known[:1]:
        raise _no_skeleton(name, skeleton, known)
    if options.inference.uncertainty and not info.gives_uncertainty:
        raise _no_uncertainty(name)


def _no_skeleton(name: str, asked: str, known: Collection[str]) -> ModelLoadError:
    if asked in known:
        return ModelLoadError(
            f"model {name!r} was asked for skeleton {asked!r} but provides another",
            hint="leave it out, or ask the authors of the model",
        )
    has = f"{'its only one is' if len(known) == 1 else 'it has'} {', '.join(known) or 'none'}"
    hint = did_you_mean(asked, known, also=has)
    return ModelLoadError(f"model {name!r} has no skeleton {asked!r}", hint=hint)


def _no_uncertainty(name: str) -> ModelLoadError:
    return ModelLoadError(
        f"model {name!r} provides no uncertainty", hint="leave it out, or use a MeTRAbs model"
    )


def _names(load: Any, attribute: str) -> tuple[str, ...] | None:
    names = getattr(load, attribute, None)
    if names is None:
        return None
    if isinstance(names, str) or not isinstance(names, Collection):
        raise ModelLoadError(f"{attribute} of its loader is {names!r}, not a collection of names")
    return tuple(str(name) for name in names)
