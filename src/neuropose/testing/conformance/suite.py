"""`check_model`: the suite that every pose model must pass."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import partial
from typing import Any

from neuropose.config import Settings
from neuropose.data import Camera
from neuropose.errors import ModelError
from neuropose.estimator.model import LoadOptions, Picture, PoseModel
from neuropose.testing.conformance.model_bench import Bench, LoadedBy, Loader, walking_pictures
from neuropose.testing.conformance.model_checks import CHECKS, Check

MODEL_CHECKS: tuple[str, ...] = tuple(CHECKS)
"""Names of all checks in the order in which they run; see `check_model` for what they require."""


class ModelConformanceError(ModelError, AssertionError):  # numpydoc ignore=PR01
    """A pose model violates its contract.

    Attributes
    ----------
    failures : tuple of str
        One line for each, beginning with the name of the check.
    """

    def __init__(
        self, message: str, *, hint: str | None = None, failures: tuple[str, ...] = ()
    ) -> None:
        super().__init__(message, hint=hint)
        self.failures = failures

    def __str__(self) -> str:
        return "\n  ".join([self.message, *self.failures])

    def __reduce__(self) -> tuple[object, ...]:
        return partial(type(self), hint=self.hint, failures=self.failures), (self.message,)


def check_model(
    model: PoseModel | Loader,
    *,
    options: LoadOptions | None = None,
    pictures: Sequence[Picture] | None = None,
    camera: Camera | None = None,
    checks: Collection[str] = MODEL_CHECKS,
) -> None:
    """Check that a pose model satisfies its contract; a plug-in's test needs only this call.

    Parameters
    ----------
    model : PoseModel or callable
        The model, or preferably its loader (the object that its entry point names), which is then
        checked too and called several times. The model is closed at the end, as that is part of the
        contract.
    options : LoadOptions, optional
        Options for the loader; default: the cache of the settings, any device.
    pictures : sequence of ndarray of uint8, shape (H, W, 3), optional
        At least six consecutive frames that show people; default: a rendered walking person.
    camera : Camera, optional
        Intrinsics of `pictures`; default: a field of view of 55°.
    checks : collection of str
        Which checks to run; default: all of `MODEL_CHECKS`.

    Raises
    ------
    ModelConformanceError
        If any rule is broken; lists all of them. It is also an `AssertionError`.
    ValueError
        If a check is not known, or there are fewer than six pictures.

    Notes
    -----
    The checks:

    - ``info``: the declared name, runtime, device, licence, hashes and skeletons are sane.
    - ``output``: shapes, types and values of every result, as declared; no failure on a sound
      picture.
    - ``count``: one result per picture, for none, one and many.
    - ``finds_people``: somebody is found in the pictures.
    - ``geometry``: boxes and 2D joints lie in the picture and agree; 3D joints are millimetres in
      front of the camera, and project onto the 2D joints.
    - ``picture_sizes``: tiny to 4K, upright, odd sides; black, white and noise.
    - ``repeatable``: the same video yields the same bits, whatever was seen before.
    - ``workers``: any number of workers yields the same bits.
    - ``threads``: two videos at once yield the same bits as one after the other.
    - ``read_only``: pictures are not changed; read-only ones are accepted.
    - ``own_results``: results do not change while the model goes on, nor share memory.
    - ``streaming``: at most 64 pictures are taken ahead of the results.
    - ``abandoned``: a video that is given up half way leaves no trace in the next.
    - ``stream_error``: an error of the decoder comes out, and leaves no trace.
    - ``resumable``: a model that returns states resumes from them with the same bits, with any
      number of workers, and refuses a damaged one. A model that returns none passes.
    - ``options``: a loader ignores no request. A missing skeleton and a missing device are refused;
      a skeleton, a device or an uncertainty that is not refused is provided; what the loader
      declares (`neuropose.estimator.capabilities`) is true; options that change the numbers
      without showing in the result are in ``info.settings``. A model that is passed already loaded
      passes.
    - ``close``: can be called twice.

    Examples
    --------
    >>> from neuropose.testing import FakeModel, check_model
    >>> check_model(FakeModel())
    """
    unknown = set(checks) - set(CHECKS)
    if unknown:
        raise ValueError(f"unknown checks {sorted(unknown)}; known: {', '.join(CHECKS)}")
    loaded, by = _load(model, options)
    bench = Bench(loaded, walking_pictures() if pictures is None else pictures, camera, by)
    failures = [
        f"{name}: {fault}"
        for name in MODEL_CHECKS
        if name in checks
        for fault in _faults(CHECKS[name], bench)
    ]
    if failures:
        rules = "a rule" if len(failures) == 1 else f"{len(failures)} rules"
        raise ModelConformanceError(
            f"the model breaks {rules} of its contract",
            hint="see neuropose.estimator.model.PoseModel",
            failures=tuple(failures),
        )


def _load(
    model: PoseModel | Loader, options: LoadOptions | None
) -> tuple[PoseModel, LoadedBy | None]:
    if isinstance(model, PoseModel) and not isinstance(model, type):
        return model, None
    loader: Any = model
    if not callable(loader):
        raise ModelConformanceError(
            "this is not a pose model",
            hint="pass an object with info, predict and close, or a function that loads one",
        )
    by = LoadedBy(loader, options or LoadOptions(Settings.load().model_cache_dir))
    loaded = by.load(by.options)
    if not isinstance(loaded, PoseModel):
        raise ModelConformanceError(
            f"the loader returned {type(loaded).__name__}, not a pose model"
        )
    return loaded, by


def _faults(check: Check, bench: Bench) -> list[str]:
    faults: list[str] = []
    try:
        faults.extend(check(bench))
    except Exception as error:
        text = str(error).splitlines() or [""]
        faults.append(f"raised {type(error).__name__}: {text[0]}")
    return faults
