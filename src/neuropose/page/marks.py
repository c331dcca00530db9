"""What a page marks on its time line: events, stretches of the movement, and what is doubtful."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from neuropose.analyzer.prepared import PreparedRecording
from neuropose.analyzer.signals.turns import TurnSettings, find_turns
from neuropose.data import Exchange, Report, Table
from neuropose.errors import NeuroPoseError
from neuropose.page.wording import words
from neuropose.sequence.pose_sequence import PoseSequence
from neuropose.skeletons.sides import SIDES
from neuropose.viz.figures.events import stances


class Lane(StrEnum):
    """Where on the time line a mark is."""

    LEFT = "left"
    RIGHT = "right"
    BODY = "body"
    DOUBT = "doubt"
    """What a reader must know of the recording: gaps, exchanged sides."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A moment or a stretch on the time line.

    Parameters
    ----------
    lane : Lane
        Where it is drawn.
    kind : str
        What it is (``initial_contact``, ``turn``, ``gap`` …).
    label : str
        In words.
    start_s : float
        Seconds on the clock of the recording.
    end_s : float or None
        None: a moment.
    is_cycle : bool
        Whether it is something that can be looped: a stride, a rise, a repetition.
    """

    lane: Lane
    kind: str
    label: str
    start_s: float
    end_s: float | None = None
    is_cycle: bool = False


def marks(
    report: Report,
    sequence: PoseSequence,
    prepared: PreparedRecording | None = None,
    exchanges: Sequence[Exchange] = (),
) -> tuple[Mark, ...]:
    """Return everything that is marked on the time line of a recording.

    Parameters
    ----------
    report : Report
        What was measured.
    sequence : PoseSequence
        The recording.
    prepared : PreparedRecording, optional
        For turns. Default: none are marked.
    exchanges : sequence of Exchange
        Where the source took left for right.

    Returns
    -------
    tuple of Mark
        In order of time.
    """
    found = [*_events(report), *_stretches(report), *_gaps(sequence)]
    found += _exchanges(sequence, exchanges)
    if report.task == "gait":
        found += _stance(report)
        found += [] if prepared is None else _turns(prepared, report)
    return tuple(sorted(found, key=lambda mark: (mark.start_s, mark.lane, mark.kind)))


def _lane(side: object) -> Lane:
    return Lane(side) if isinstance(side, str) and side in SIDES else Lane.BODY


def _events(report: Report) -> Iterator[Mark]:
    for event in report.events:
        doubts = f" ({'; '.join(event.warnings)})" if event.warnings else ""
        name = words(event.name) if event.side is None else f"{event.side} {words(event.name)}"
        yield Mark(_lane(event.side), event.name, f"{name}{doubts}", event.time_s)


def _stance(report: Report) -> Iterator[Mark]:
    for side, start_s, end_s in stances(report):
        yield Mark(Lane(side), "stance", f"{side} stance", start_s, end_s)


def _stretches(report: Report) -> Iterator[Mark]:
    for name, table in report.tables.items():
        if {"start", "end"} <= {each.name for each in table.columns if each.unit == "s"}:
            yield from _rows(name, table)


def _rows(name: str, table: Table) -> Iterator[Mark]:
    names = [column.name for column in table.columns]
    kind = name.removesuffix("s") if name != "phases" else "phase"
    for number, cells in enumerate(table.rows, start=1):
        row = dict(zip(names, cells, strict=True))
        start_s, end_s = row["start"], row["end"]
        if not isinstance(start_s, (int, float)) or not isinstance(end_s, (int, float)):
            continue
        side, phase = row.get("side"), row.get("phase")
        what = words(str(phase)) if phase else f"{f'{side} ' if side else ''}{words(kind)} {number}"
        out = row.get("excluded") or row.get("note")
        label = f"{what} ({out})" if out else what
        yield Mark(_lane(side), kind, label, float(start_s), float(end_s), is_cycle=True)


def _gaps(sequence: PoseSequence) -> Iterator[Mark]:
    for gap in sequence.gaps:
        start_s, end_s = (float(sequence.time_s[row]) for row in (gap.first, gap.last))
        yield Mark(Lane.DOUBT, "gap", f"gap: {gap.reason}", start_s, end_s)


def _exchanges(sequence: PoseSequence, exchanges: Sequence[Exchange]) -> Iterator[Mark]:
    if sequence.first_frame is None:
        return
    frames = sequence.first_frame + np.arange(len(sequence))
    for each in exchanges:
        rows = np.flatnonzero((frames >= each.first) & (frames <= each.last))
        if not len(rows):
            continue
        start_s, end_s = (float(sequence.time_s[row]) for row in rows[[0, -1]])
        done = "put right" if each.settled else "not settled, no sided numbers here"
        label = f"left and right of the {words(each.limbs.value)} exchanged in the source: {done}"
        if each.limbs.value == "all":
            label = f"left and right exchanged in the source: {done}"
        yield Mark(Lane.DOUBT, "exchange", label, start_s, end_s)


def _turns(prepared: PreparedRecording, report: Report) -> Iterator[Mark]:
    settings = report.parameters.get("turning")
    try:
        turned_deg = prepared.heading.turned_deg
        how = TurnSettings() if settings is None else TurnSettings.model_validate(settings)
        turns = find_turns(prepared.time_s, turned_deg, how)
    except NeuroPoseError:
        return
    for turn in turns:
        towards = "left" if turn.angle_deg > 0.0 else "right"
        label = f"turn of {abs(turn.angle_deg):.0f}° to the {towards}"
        yield Mark(Lane.BODY, "turn", label, turn.first_s, turn.last_s)
