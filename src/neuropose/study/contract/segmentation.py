"""How a pipeline cuts recordings: not at all, into strides, or into repetitions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import model_validator

from neuropose.analyzer.signals.repetitions import RepetitionSettings
from neuropose.analyzer.signals.vocabulary import SIGNAL_WORDS, Signal
from neuropose.analyzer.tasks.gait import GaitSettings
from neuropose.data.metadata import Contract
from neuropose.skeletons.sides import Side


class WholeTrial(Contract):
    """The recording is not cut.

    Parameters
    ----------
    kind : {"trial"}
    """

    kind: Literal["trial"] = "trial"


class GaitCycles(Contract):
    """Strides of one side.

    Parameters
    ----------
    kind : {"gait_cycles"}
    side : {"left", "right"}
    settings : GaitSettings
        Settings of the gait analysis; `preparation` is that of the pipeline.
    """

    kind: Literal["gait_cycles"]
    side: Side
    settings: GaitSettings = GaitSettings()


class Bilateral(Contract):
    """Strides of both sides.

    Parameters
    ----------
    kind : {"bilateral"}
    settings : GaitSettings
        Settings of the gait analysis; `preparation` is that of the pipeline.
    """

    kind: Literal["bilateral"]
    settings: GaitSettings = GaitSettings()


class Repetitions(Contract):
    """Repetitions, from valley to valley of one signal.

    Parameters
    ----------
    kind : {"repetitions"}
    signal : SegmentSignal
        In the words of `neuropose.analyzer.signals.vocabulary`. They are also accepted here, beside
        `kind`, in place of `signal`: ``angle: right_elbow_flexion``.
    settings : RepetitionSettings
        Thresholds for a peak to count.
    """

    kind: Literal["repetitions"]
    signal: Signal
    settings: RepetitionSettings = RepetitionSettings()

    @model_validator(mode="before")
    @classmethod
    def _signal_beside_kind(cls, given: Any) -> Any:
        if not isinstance(given, Mapping):
            return given
        words = {*SIGNAL_WORDS, "axis", "inverted"}
        said = {name: given[name] for name in words if given.get(name) is not None}
        rest = {name: value for name, value in given.items() if name not in words}
        if said and rest.get("signal") is not None:
            raise ValueError("the signal is there twice: under signal, and beside it")
        return rest | {"signal": said} if rest.get("signal") is None else rest
