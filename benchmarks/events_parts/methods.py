"""Ways to find events: NeuroPose's, plain Zeni, and gaitkit's in an environment of its own."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Sequence
from itertools import product
from pathlib import Path

import numpy as np

from benchmarks import peers
from benchmarks.events_parts.scores import KINDS, Events
from neuropose.analyzer.tasks.gait import GaitAnalysis
from neuropose.skeletons.sides import SIDES

GAITKIT = ("bike", "ensemble")
"""Methods of gaitkit."""


def plain_zeni(analysis: GaitAnalysis) -> Events:
    return {
        (side, kind): np.array(
            [e.zeni_s for e in analysis.events if e.side == side and e.kind == kind]
        )
        for side, kind in product(SIDES, KINDS)
    }


def gaitkit(analyses: Sequence[GaitAnalysis]) -> dict[str, list[Events]]:
    """Run gaitkit's methods on walks; the events of each walk, by method."""
    walks = [_gaitkit_frames(analysis) for analysis in analyses]
    done = subprocess.run(
        [peers.gaitkit(), Path(__file__).with_name("run_gaitkit.py"), *GAITKIT],
        input=json.dumps([{"frames": frames, "fps": rate_hz} for frames, _, rate_hz in walks]),
        capture_output=True,
        text=True,
        check=True,
    )
    return {
        method: [
            {tuple(name.split("/")): start_s + np.array(times) for name, times in events.items()}
            for events, (_, start_s, _) in zip(found, walks, strict=True)
        ]
        for method, found in json.loads(done.stdout).items()
    }


def _gaitkit_frames(analysis: GaitAnalysis) -> tuple[list[dict[str, object]], float, float]:
    walk = analysis.walk
    assert walk is not None
    prepared = walk.prepared
    up, forward = np.array(prepared.vertical.up), np.nanmean(prepared.heading.forward, axis=0)
    axes = np.stack([forward, np.cross(up, forward), up])
    raw = prepared.raw
    points = {
        joint: np.nan_to_num(raw.joint(joint) @ axes.T)
        for part in ("hip", "knee", "ankle", "heel", "toe")
        for joint in (f"left_{part}", f"right_{part}")
        if raw.has(joint)
    }
    angles = {
        f"{side}_{joint}_angle": 0.0 for side in SIDES for joint in ("hip", "knee", "ankle")
    } | {"trunk_angle": 0.0, "pelvis_tilt": 0.0}
    frames: list[dict[str, object]] = [
        {
            "frame_index": number,
            **angles,
            "landmark_positions": {joint: list(at[number]) for joint, at in points.items()},
            "is_valid": 1,
        }
        for number in range(len(prepared.time_s))
    ]
    return frames, float(prepared.time_s[0]), prepared.rate_hz
