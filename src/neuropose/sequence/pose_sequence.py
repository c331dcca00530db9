"""`PoseSequence`: one subject's movement as frozen arrays, its joints by canonical name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import ArrayLike

from neuropose.data import Assumption, Source
from neuropose.errors import SequenceError
from neuropose.geometry import direction_name
from neuropose.io import read_c3d, read_trc
from neuropose.sequence.body_size import doubt_of_unit
from neuropose.sequence.data import (
    ReferenceFrame,
    SequenceData,
    SequenceGap,
)
from neuropose.sequence.position_error import LEVELLED_DEG, PositionError

if TYPE_CHECKING:
    from pathlib import Path

    from neuropose.data import MarkerRecording, Reconstruction, Subject, VideoPredictions


@dataclass(frozen=True, eq=False)
class PoseSequence(SequenceData):
    """One subject's movement: T frames, J joints. Make it with one of the ``from_`` methods.

    Parameters
    ----------
    time_s : ndarray of float64, shape (T,)
        Each frame's own time, seconds, strictly ascending. Not always evenly spaced:
        see `is_uniform`.
    positions_mm : ndarray of float64, shape (T, J, 3)
        mm, in `frame`. NaN: missing.
    joints : tuple of str
        Names of the J columns: canonical joints (`neuropose.skeletons.CANONICAL_JOINTS`), bony
        landmarks (`neuropose.skeletons.LANDMARKS`), then the source's other joints by their own
        names.
    frame : ReferenceFrame
        What the axes are fixed to.
    up : ndarray of float64, shape (3,), or None
        Unit vector away from the floor, in `frame`. None: not known, to be estimated.
    confidence : ndarray of float64, shape (T, J), or None
        0 to 1; of the least certain point where a joint is a mean of several. NaN: not known for
        this frame. None: the source has none.
    source : str
        Where the joints come from, as named in messages (``skeleton 'coco_19'``).
    aliases : mapping of str to str
        Other names of columns: what the source calls a joint that has a canonical name.
    first_frame : int or None
        Frame number of row 0 in the recording; the rows are consecutive frames. None: the rows
        are not frames (resampled).
    gaps : tuple of SequenceGap
        Runs of rows without the subject, and why.
    subject : neuropose.io.Subject or None
        How the person was chosen. None: the source holds one person only.
    warnings : tuple of str
        What a reader of any number computed from this should know.
    position_error : PositionError
        How far joints are from the truth. Default: `ONE_CAMERA` in the camera frame, `MARKERS` in
        that of the room (`neuropose.sequence.position_error`).
    assumptions : mapping of str to neuropose.data.Assumption
        What the numbers rest on (``camera``, ``rate``, ``unit``, ``vertical``, ``subject``), and
        whether it was given, read from the file or assumed.
    made_of : mapping of str to tuple of str
        For each derived column, the source's own joints whose mean it is. All other columns are
        joints of the source themselves. See `counted_once`.
    up_source : neuropose.data.Source
        Whether `up` was given, read from the file, or is assumed, as the axis along which trunk and
        legs stand.
    up_confirmed : bool
        Whether the caller has confirmed `up`, so that it is followed even if the body contradicts
        it (`neuropose.analyzer.vertical`).
    remedy : str
        What to do about a joint that the source does not have, for the hints of errors; ``JOINT``
        stands for its name.
    up_error_deg : float or None
        Standard error of `up` in either direction across it, if it was estimated together with the
        body, or stated for one camera. None: it is exact, or not known.
    draws_mm : ndarray of float32, shape (K, T, J, 3), or None
        Draws of the error of `positions_mm`, each over the whole movement: what is measured on
        `drawn` differs from what is measured here as this differs from the truth. None: not known;
        `position_error` stands for all recordings of this kind.
    corrections : tuple of neuropose.corrections.Correction
        What a person corrected. The positions have it; contacts are still to be corrected.

    Notes
    -----
    Arrays are copied into memory that NumPy cannot make writeable again: nothing changes a
    sequence. It is compared by identity.

    Examples
    --------
    >>> from neuropose.testing import synthetic_predictions
    >>> sequence = PoseSequence.from_predictions(synthetic_predictions(frame_count=60))
    >>> sequence.joint("left_knee").shape, round(sequence.sampling_rate_hz, 3)
    ((60, 3), 30.0)
    >>> sequence.has("left_heel", "left_toe"), sequence.joints[0]
    (True, 'pelvis')
    """

    def __repr__(self) -> str:
        return (
            f"<PoseSequence: {len(self.time_s)} frames of {len(self.joints)} joints, "
            f"{self.source}, {self.frame} frame>"
        )

    @classmethod
    def from_predictions(
        cls,
        predictions: VideoPredictions,
        subject: str | Subject = "longest",
        *,
        canonical: Mapping[str, Sequence[str]] | None = None,
        up: ArrayLike | str | None = None,
        confirm_up: bool = False,
    ) -> Self:
        """Build the sequence of one person in a video, from the first frame to the last.

        Parameters
        ----------
        predictions : VideoPredictions
            Tracked predictions, any skeleton.
        subject : str or Subject
            A strategy (``longest``, ``largest``, ``most_central``, ``track:N``), or a choice that
            was made before.
        canonical : mapping of str to sequence of str, optional
            For a skeleton that NeuroPose does not know: canonical joint names, and the joints
            whose mean each is. Default: what the skeleton says.
        up : array_like, shape (3,), or str, optional
            Direction away from the floor in the camera frame, if it was measured; ``-y`` is that
            of a level camera.
        confirm_up : bool
            See `up_confirmed`.

        Returns
        -------
        PoseSequence
            In the camera frame. Frames between the person's first and last in which they were not
            found are rows of NaN, listed in `gaps`.

        Raises
        ------
        SubjectError
            If the subject cannot be picked.
        SequenceError
            If `canonical` names joints that the skeleton lacks, or names that are not canonical.

        Examples
        --------
        >>> from neuropose.testing import synthetic_predictions
        >>> sequence = PoseSequence.from_predictions(synthetic_predictions(), "track:0")
        >>> sequence.subject.reason
        'named by the caller'
        """
        from neuropose.sequence.from_predictions import predicted_fields

        fields = predicted_fields(predictions, subject, canonical)
        error_deg = None if up is None else LEVELLED_DEG
        values: dict[str, Any] = {"up": up, "up_error_deg": error_deg, "up_confirmed": confirm_up}
        return cls(**fields, **values)

    @classmethod
    def from_reconstruction(
        cls,
        reconstruction: Reconstruction,
        *,
        up: ArrayLike | str | None = None,
        confirm_up: bool = False,
        draws: int | None = None,
    ) -> Self:
        """Build the sequence of a reconstructed body.

        Parameters
        ----------
        reconstruction : Reconstruction
            The movement of a body with constant lengths, and draws of its error.
        up : array_like, shape (3,), or str, optional
            Direction away from the floor; default: that of the reconstruction.
        confirm_up : bool
            See `up_confirmed`.
        draws : int, optional
            How many of the draws to take along; default: all, or as many as
            `neuropose.sequence.from_reconstruction.affordable_draws` says.

        Returns
        -------
        PoseSequence
            In the axes of the reconstruction. Where it could not be settled which side is which,
            the joints of both sides are NaN.

        Examples
        --------
        >>> from neuropose.testing import reconstructed, simulate_walk, walker_sequence
        >>> walk = reconstructed(walker_sequence(simulate_walk()), 10.0)
        >>> sequence = PoseSequence.from_reconstruction(walk)
        >>> sequence.draws_mm.shape, len(sequence.drawn(0))
        ((32, 360, 26, 3), 360)
        """
        from neuropose.sequence.from_reconstruction import (
            reconstructed_fields,
            stated_up_error_deg,
        )

        fields = reconstructed_fields(reconstruction, draws)
        if up is not None:
            error_deg = stated_up_error_deg(reconstruction)
            fields |= {"up": up, "up_source": Source.GIVEN, "up_error_deg": error_deg}
        return cls(**fields, up_confirmed=confirm_up)

    @classmethod
    def from_arrays(
        cls,
        time_s: ArrayLike,
        positions_mm: ArrayLike,
        joints: Sequence[str],
        *,
        confidence: ArrayLike | None = None,
        frame: ReferenceFrame | str = ReferenceFrame.LAB,
        up: ArrayLike | str | None = None,
        confirm_up: bool = False,
        source: str = "arrays",
        position_error: PositionError | None = None,
    ) -> Self:
        """Build a sequence from arrays.

        Parameters
        ----------
        time_s : array_like, shape (T,)
            Seconds, strictly ascending.
        positions_mm : array_like, shape (T, J, 3)
            mm; NaN where missing.
        joints : sequence of str
            J names; the measures find joints by their canonical names.
        confidence : array_like, shape (T, J), optional
            0 to 1.
        frame : ReferenceFrame or str
            ``camera`` or ``lab``.
        up : array_like, shape (3,), or str, optional
            Away from the floor, any length, or an axis by name (``z``, ``-y``).
        confirm_up : bool
            See `up_confirmed`.
        source : str
            Name of the source in messages.
        position_error : PositionError, optional
            How far joints are from the truth; default: that of one camera in the camera frame, that
            of markers in the room's.

        Returns
        -------
        PoseSequence

        Raises
        ------
        SequenceError
            If shapes, times, names or values do not fit.

        Examples
        --------
        >>> PoseSequence.from_arrays([0.0, 0.1], [[[0, 0, 0]], [[1, 0, 0]]], ["pelvis"]).duration_s
        0.1
        """
        values: dict[str, Any] = {
            "time_s": time_s,
            "positions_mm": positions_mm,
            "frame": frame,
            "confidence": confidence,
            "position_error": position_error,
            "assumptions": {
                "rate": Assumption(source=Source.GIVEN, value="the times of the frames"),
                "unit": Assumption(source=Source.GIVEN, value="mm"),
            },
            "up": up,
            "up_confirmed": confirm_up,
        }
        sequence = cls(joints=tuple(joints), source=source, **values)
        places_mm = dict(
            zip(sequence.joints, np.moveaxis(sequence.positions_mm, 1, 0), strict=True)
        )
        doubt = doubt_of_unit(places_mm, "mm")
        return sequence if doubt is None else replace(sequence, warnings=(doubt,))

    @classmethod
    def from_recording(
        cls,
        recording: MarkerRecording,
        *,
        markers: Mapping[str, Sequence[str]] | None = None,
        up: ArrayLike | str | None = None,
        confirm_up: bool = False,
    ) -> Self:
        """Build a sequence from motion capture, with its markers as canonical joints.

        Parameters
        ----------
        recording : MarkerRecording
            See `neuropose.io.read_c3d` and `neuropose.io.read_trc`.
        markers : mapping of str to sequence of str, optional
            Canonical joint names, and the markers whose mean each is. They take precedence over
            `neuropose.skeletons.marker_sets.MARKERS`. Every other marker keeps its own name.
        up : array_like, shape (3,), or str, optional
            Direction away from the floor; default: what the recording says, or else the axis along
            which trunk and legs stand, which is recorded as assumed.
        confirm_up : bool
            Whether the vertical is right even if the body contradicts it, as when somebody lies or
            crawls.

        Returns
        -------
        PoseSequence
            In the recording's own axes. Joints that are markers on the skin, hips that are
            estimated from pelvic markers, and a vertical in the file by which the body hangs upside
            down, which is not followed, are named in `warnings`.

        Raises
        ------
        SequenceError
            If `markers` names markers that do not exist, or joints that are not canonical.
        """
        from neuropose.sequence.from_markers import recorded_fields
        from neuropose.sequence.room_axis import is_upside_down, upright_axis

        fields = recorded_fields(recording, markers)
        if up is not None:
            fields |= {"up": up, "up_source": Source.GIVEN}
        sequence = cls(**fields, up_confirmed=confirm_up)
        if up is not None or (confirm_up and recording.up is not None):
            return sequence
        upside_down = is_upside_down(sequence)
        axis = upright_axis(sequence) if sequence.up is None or upside_down else None
        if axis is None:
            return sequence
        notes = sequence.warnings
        if upside_down:
            stated = direction_name(np.asarray(sequence.up))
            notes += (
                f"{sequence.source} says that up is {stated}, by which the body hangs upside down: "
                f"{direction_name(axis)} was taken",
            )
        return replace(sequence, up=axis, up_source=Source.ASSUMED, warnings=notes)

    @classmethod
    def from_c3d(
        cls,
        path: Path,
        *,
        markers: Mapping[str, Sequence[str]] | None = None,
        up: ArrayLike | str | None = None,
        confirm_up: bool = False,
        units: str | None = None,
        subject: str | None = None,
    ) -> Self:
        """Read a C3D file; see `from_recording` and `neuropose.io.read_c3d`.

        Parameters
        ----------
        path : Path
            The C3D file.
        markers : mapping of str to sequence of str, optional
            Marker names by canonical joint; default: recognised from the names in the file.
        up : array_like, shape (3,), or str, optional
            Direction away from the floor; default: what the file states, see `from_recording`.
        confirm_up : bool
            Follow the stated vertical even if the body contradicts it.
        units : str, optional
            Unit of length if the file does not state one, such as ``mm``.
        subject : str, optional
            Whose markers to use, of a file of several subjects.

        Returns
        -------
        PoseSequence

        Raises
        ------
        FileMissingError, FileReadError, FileFormatError, SubjectError, SequenceError
        """
        recording = read_c3d(path, units=units, subject=subject)
        return cls.from_recording(recording, markers=markers, up=up, confirm_up=confirm_up)

    @classmethod
    def from_trc(
        cls,
        path: Path,
        *,
        markers: Mapping[str, Sequence[str]] | None = None,
        up: ArrayLike | str | None = None,
        confirm_up: bool = False,
        units: str | None = None,
        subject: str | None = None,
    ) -> Self:
        """Read a TRC file; see `from_recording` and `neuropose.io.read_trc`.

        Parameters
        ----------
        path : Path
            The TRC file.
        markers : mapping of str to sequence of str, optional
            Marker names by canonical joint; default: recognised from the names in the file.
        up : array_like, shape (3,), or str, optional
            Default: the axis along which trunk and legs stand, which is recorded as assumed.
        confirm_up : bool
            Follow the stated vertical even if the body contradicts it.
        units : str, optional
            Unit of length if the file does not state one, such as ``mm``.
        subject : str, optional
            Whose markers to use, of a file of several subjects.

        Returns
        -------
        PoseSequence

        Raises
        ------
        FileMissingError, FileReadError, FileFormatError, SubjectError, SequenceError
        """
        recording = read_trc(path, units=units, subject=subject)
        return cls.from_recording(recording, markers=markers, up=up, confirm_up=confirm_up)

    def slice(self, start_s: float, end_s: float) -> Self:
        """Cut out a period of time.

        Parameters
        ----------
        start_s, end_s : float
            On the clock of `time_s`, both inclusive.

        Returns
        -------
        PoseSequence
            Its times are those of the whole; `gaps` count from its own first row.

        Raises
        ------
        SequenceError
            If no frame lies in it.

        Examples
        --------
        >>> from neuropose.testing import synthetic_predictions
        >>> sequence = PoseSequence.from_predictions(synthetic_predictions(frame_count=60))
        >>> part = sequence.slice(0.5, 1.0)
        >>> len(part), part.first_frame
        (16, 15)
        """
        first, stop = np.searchsorted(self.time_s, [start_s, np.nextafter(end_s, np.inf)])
        if first >= stop:
            raise SequenceError(
                f"there is no frame from {start_s:g} to {end_s:g} s",
                hint=f"the recording has {self.time_s[0]:g} to {self.time_s[-1]:g} s",
            )
        rows = np.s_[int(first) : int(stop)]
        return replace(
            self,
            time_s=self.time_s[rows],
            positions_mm=self.positions_mm[rows],
            confidence=None if self.confidence is None else self.confidence[rows],
            draws_mm=None if self.draws_mm is None else self.draws_mm[:, rows],
            first_frame=None if self.first_frame is None else self.first_frame + int(first),
            gaps=_clipped(self.gaps, int(first), int(stop)),
        )

    def select(self, *names: str) -> Self:
        """Keep some joints only.

        Parameters
        ----------
        *names : str
            Canonical names, or the source's own; they become the names of the columns, in this
            order.

        Returns
        -------
        PoseSequence

        Raises
        ------
        MissingJointsError
            If the source lacks one of them.
        """
        self.require(*names)
        columns = [self._columns[name] for name in names]
        return replace(
            self,
            joints=names,
            aliases={},
            made_of={
                name: self.made_of[self.joints[column]]
                for name, column in zip(names, columns, strict=True)
                if self.joints[column] in self.made_of
            },
            positions_mm=self.positions_mm[:, columns],
            confidence=None if self.confidence is None else self.confidence[:, columns],
            draws_mm=None if self.draws_mm is None else self.draws_mm[:, :, columns],
        )

    def with_positions(
        self, positions_mm: ArrayLike, *warnings: str, draws_mm: ArrayLike | None = None
    ) -> Self:
        """Return the same sequence with other positions (filtered ones, for example).

        Parameters
        ----------
        positions_mm : array_like, shape (T, J, 3)
            mm.
        *warnings : str
            Warnings to add.
        draws_mm : array_like, shape (K, T, J, 3), optional
            Draws of their error; default: not known.

        Returns
        -------
        PoseSequence

        Raises
        ------
        SequenceError
            If the shape differs.
        """
        return replace(
            self,
            positions_mm=np.asarray(positions_mm),
            draws_mm=None if draws_mm is None else np.asarray(draws_mm, np.float32),
            warnings=(*self.warnings, *warnings),
        )

    def resample(self, rate_hz: float) -> Self:
        """Resample to an even clock, by linear interpolation between adjacent frames.

        Parameters
        ----------
        rate_hz : float
            Frames per second of the result. No low-pass filter is applied: filter before you
            resample to a lower rate.

        Returns
        -------
        PoseSequence
            From the first time on. NaN where one of the two frames around is missing; the
            confidence is the lower one of the two. The sequence as it is if that is its rate
            (`neuropose.filters.even_rate_hz`).

        Raises
        ------
        SequenceError
            If the rate is not a positive number.

        Examples
        --------
        >>> from neuropose.testing import synthetic_predictions
        >>> sequence = PoseSequence.from_predictions(synthetic_predictions(frame_count=31))
        >>> len(sequence.resample(100.0))
        101
        """
        from neuropose.sequence.resampling import resampled_fields

        return replace(self, **resampled_fields(self, rate_hz))


def _clipped(gaps: tuple[SequenceGap, ...], first: int, stop: int) -> tuple[SequenceGap, ...]:
    return tuple(
        SequenceGap(max(gap.first, first) - first, min(gap.last, stop - 1) - first, gap.reason)
        for gap in gaps
        if gap.last >= first and gap.first < stop
    )
