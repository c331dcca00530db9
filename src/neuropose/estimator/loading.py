"""Loading an estimator with the settings."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from neuropose.config import Settings
from neuropose.estimator.core import Estimator
from neuropose.estimator.model import InferenceOptions
from neuropose.estimator.registry import load_model


def load_estimator(
    settings: Settings,
    *,
    model: str | None = None,
    device: str | None = None,
    workers: int | None = None,
    report: Callable[[str], None] | None = None,
    model_options: Mapping[str, Any] | None = None,
    **inference: Any,
) -> Estimator:
    """Load the model and make an estimator with the settings.

    Parameters
    ----------
    settings : Settings
        Model, device and inference options, unless overridden below.
    model, device : str, optional
        Take precedence over the settings.
    workers : int, optional
        Number of CPU cores; takes precedence over the settings.
    report : callable, optional
        Called with one line of text when something takes long.
    model_options : mapping of str to value, optional
        Options that only this model has, by name.
    **inference
        Fields of `InferenceOptions`; those that are not None take precedence over the settings.

    Returns
    -------
    Estimator

    Raises
    ------
    ModelError, AssetError
    """
    fields = {
        name: getattr(settings, name)
        for name, field in InferenceOptions.model_fields.items()
        if getattr(settings, name) != field.default  # others request nothing
    }
    given = {name: value for name, value in inference.items() if value is not None}
    loaded = load_model(
        model or settings.model,
        model_cache_dir=settings.model_cache_dir,
        device=device or settings.device,
        report=report,
        inference=InferenceOptions(**{**fields, **given}),
        model_options=model_options,
    )
    chosen = workers if workers is not None else settings.workers
    return Estimator(
        loaded,
        workers=None if chosen == "auto" else chosen,
        default_fov_degrees=settings.default_fov_degrees,
    )
