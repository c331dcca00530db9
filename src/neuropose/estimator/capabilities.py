"""What a pose model can be asked for: what its loader declares, and what the loaded model shows.

A loader declares it in three attributes, each of which may be left out:

- ``inference_options``: names of the fields of `InferenceOptions` that it heeds; left out:
  `VISIBLE_OPTIONS`.
- ``skeletons``: names of all skeletons that it can give; left out: known only when it is loaded.
- ``devices``: kinds of device that it can run on, ``cpu`` and ``gpu``; left out: known only when it
  is loaded.

What it cannot do is refused before anything is loaded. What it can is checked again on the model
that it loaded, so that an option is never ignored in silence.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any

from neuropose.errors import DeviceError, ModelLoadError, did_you_mean
from neuropose.estimator.model import LoadOptions, ModelInfo, PoseModel

VISIBLE_OPTIONS = frozenset({"skeleton", "uncertainty"})
"""Options of which the `ModelInfo` of a loaded model shows whether they were heeded."""
_DEVICES = {"cpu": "the CPU", "gpu": "a GPU"}


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a pose model can be asked for.

    Parameters
    ----------
    options : frozenset of str
        Fields of `InferenceOptions` that it heeds.
    skeletons : tuple of str or None
        All that it can give; None: not known before it is loaded.
    devices : tuple of str or None
        Kinds of device, ``cpu`` and ``gpu``; None: not known before it is loaded.
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
        If it declares something other than names.

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
    """Refuse what a model cannot do, before it is loaded.

    Parameters
    ----------
    name : str
        Of the model.
    can : Capabilities
        What its loader declares.
    options : LoadOptions
        What is asked of it.

    Raises
    ------
    DeviceError
        If it runs on no such device.
    ModelLoadError
        If it has no such skeleton, gives no uncertainty, or does not heed an option.

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
            f"model {name!r} does not heed {', '.join(unheeded)}",
            hint=f"leave it out, on the command line and in the settings; {name} heeds {heeded}",
        )


def require_as_asked(name: str, info: ModelInfo, options: LoadOptions) -> None:
    """Refuse a loaded model that is not what was asked for.

    Parameters
    ----------
    name : str
        Under which it is registered.
    info : ModelInfo
        What it declares of itself.
    options : LoadOptions
        What was asked of it.

    Raises
    ------
    DeviceError
        If it runs on another device.
    ModelLoadError
        If it gives another skeleton, or no uncertainty.

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
            f"model {name!r} was asked for skeleton {asked!r} and gives another",
            hint="leave it out, or ask those who make the model",
        )
    has = f"{'its only one is' if len(known) == 1 else 'it has'} {', '.join(known) or 'none'}"
    hint = did_you_mean(asked, known, also=has)
    return ModelLoadError(f"model {name!r} has no skeleton {asked!r}", hint=hint)


def _no_uncertainty(name: str) -> ModelLoadError:
    return ModelLoadError(
        f"model {name!r} gives no uncertainty", hint="leave it out, or use a MeTRAbs model"
    )


def _names(load: Any, attribute: str) -> tuple[str, ...] | None:
    names = getattr(load, attribute, None)
    if names is None:
        return None
    if isinstance(names, str) or not isinstance(names, Collection):
        raise ModelLoadError(f"{attribute} of its loader is {names!r}, not a collection of names")
    return tuple(str(name) for name in names)
