"""What can be chosen about an export, in any format."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, FiniteFloat, PositiveFloat

from neuropose.data.metadata import Contract

Up = Literal["x", "y", "z", "-x", "-y", "-z", "own"]
Unit = Literal["mm", "cm", "m"]
OpenSimModel = Literal["rajagopal", "gait2392"]

PER_MM = {"mm": 1.0, "cm": 0.1, "m": 0.001}
"""Units of length in a millimetre."""


class ExportOptions(Contract):
    """Options of an export; None leaves the choice to the format.

    Parameters
    ----------
    up : {"x", "y", "z", "-x", "-y", "-z", "own"} or None
        Axis that points away from the floor. ``own``: the axes stay those of the recording.
    unit : {"mm", "cm", "m"} or None
        Unit of length.
    rate_hz : float or None
        Frames per second of an even clock. None: those of the recording.
    filter_hz : float or None
        Cutoff of a zero-phase Butterworth low-pass of order 4. None: nothing is smoothed.
    start_s, end_s : float or None
        Period of time, seconds of the recording. None: from its start, to its end.
    subject_label : str or None
        What the person is called in the files. None: ``subject``, and no name of the input.
    run : int or None
        Number of the recording, where a format counts them.
    model : {"rajagopal", "gait2392"}
        OpenSim model whose coordinates are written.
    """

    up: Up | None = None
    unit: Unit | None = None
    rate_hz: PositiveFloat | None = None
    filter_hz: PositiveFloat | None = None
    start_s: FiniteFloat | None = None
    end_s: FiniteFloat | None = None
    subject_label: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.+-]*$")] | None = None
    run: Annotated[int, Field(ge=1)] | None = None
    model: OpenSimModel = "rajagopal"

    @property
    def label(self) -> str:
        """What the person is called."""
        return self.subject_label or "subject"
