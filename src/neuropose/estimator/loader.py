"""What a plug-in registers: a function that loads a model, and what it can be asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ValidationError

from neuropose.errors import ModelLoadError, did_you_mean
from neuropose.estimator.model import LoadOptions, ModelInfo, PoseModel


@dataclass(frozen=True)
class ModelLoader:
    """A loader of a pose model, to be named by an entry point of ``neuropose.models``.

    A plain function with these attributes does as well.

    Parameters
    ----------
    load : callable
        Loads the model, as `LoadOptions` say.
    license : str or None
        Licence of the weights. None: not known.
    artefacts : tuple of str
        Weights of `neuropose.assets` that it needs.
    inference_options : tuple of str
        Fields of `InferenceOptions` that it supports; all others are refused.
    skeletons : tuple of str or None
        Names of all skeletons that it provides. None: known once it is loaded.
    devices : tuple of str or None
        Kinds of device that it runs on, ``cpu`` and ``gpu``. None: known once it is loaded.
    takes_location : bool
        Whether it is used as ``NAME:PATH`` or ``NAME:URL``.
    obstacle : str or None
        Why it cannot run here, in one line, if it cannot.
    model_options : type or None
        Pydantic model of the options that only this model has (``--model-option KEY=VALUE``), with
        their types and defaults. None: it has none. The loader finds an instance in
        `LoadOptions.model_options`, and must repeat the values in `ModelInfo.settings`, so that
        they are in the provenance.

    Examples
    --------
    >>> from neuropose.testing import FakeModel
    >>> loader = ModelLoader(lambda options: FakeModel(), license="MIT", devices=("cpu",))
    >>> loader.devices
    ('cpu',)
    """

    load: Callable[[LoadOptions], PoseModel]
    license: str | None = None
    artefacts: tuple[str, ...] = ()
    inference_options: tuple[str, ...] = ("skeleton", "uncertainty")
    skeletons: tuple[str, ...] | None = None
    devices: tuple[str, ...] | None = None
    takes_location: bool = False
    obstacle: str | None = None
    model_options: type[BaseModel] | None = None

    def __call__(self, options: LoadOptions) -> PoseModel:
        """Load the model.

        Parameters
        ----------
        options : LoadOptions
            What is asked of it.

        Returns
        -------
        PoseModel
        """
        return self.load(options)


def own_options(
    name: str, load: Callable[[LoadOptions], PoseModel], given: Mapping[str, Any]
) -> BaseModel | None:
    """Check the options that only one model has.

    Parameters
    ----------
    name : str
        Name of the model.
    load : callable
        Its loader.
    given : mapping of str to value
        What was asked for.

    Returns
    -------
    BaseModel or None
        An instance of the loader's `ModelLoader.model_options`; None if it has none.

    Raises
    ------
    ModelLoadError
        If it has no such option, or a value is not allowed.

    Examples
    --------
    >>> class Options(BaseModel):
    ...     smoothing: float = 0.5
    >>> loader = ModelLoader(lambda options: None, model_options=Options)
    >>> own_options("acme", loader, {"smoothing": "0.8"})
    Options(smoothing=0.8)
    """
    kind: type[BaseModel] | None = getattr(load, "model_options", None)
    if kind is None:
        if given:
            raise ModelLoadError(
                f"model {name!r} has no options of its own, such as {next(iter(given))}",
                hint="leave --model-option out",
            )
        return None
    unknown = [key for key in given if key not in kind.model_fields]
    if unknown:
        known = list(kind.model_fields)
        hint = did_you_mean(unknown[0], known, instead=f"it has {', '.join(known) or 'none'}")
        raise ModelLoadError(f"model {name!r} has no option {unknown[0]!r}", hint=hint)
    try:
        return kind(**given)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        key = ".".join(map(str, first["loc"]))
        raise ModelLoadError(
            f"option {key} of model {name!r} is not allowed: {first['msg'].lower()}",
            hint=f"change --model-option {key}=…",
        ) from None


def require_recorded(name: str, info: ModelInfo, options: BaseModel | None) -> None:
    """Raise if a loaded model does not say which options of its own it was loaded with.

    Parameters
    ----------
    name : str
        Name of the model.
    info : ModelInfo
        What it declares about itself.
    options : BaseModel or None
        Its options.

    Raises
    ------
    ModelLoadError
        If an option is not in its settings, or with another value: results could not be reproduced.
    """
    for key, value in () if options is None else options.model_dump(mode="json").items():
        if key not in info.settings or info.settings[key] != value:
            raise ModelLoadError(
                f"model {name!r} does not record its option {key} in ModelInfo.settings",
                hint="ask the authors of the model",
            )
