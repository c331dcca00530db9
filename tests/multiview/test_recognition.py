from __future__ import annotations

import numpy as np
import pytest
from tests.multiview.known_room import SIZE_PX, room
from tests.multiview.test_people import clips, there

from neuropose.data import Camera, VideoMetadata
from neuropose.data.cameras import Clock
from neuropose.errors import MultiviewError
from neuropose.multiview import recognise_people, triangulate

RIG = room(count=2)


def test_the_lens_is_that_of_the_rig_and_not_of_the_predictions():
    guess = Camera.from_fov(*SIZE_PX, 100.0)
    seen = clips(RIG, [[(0, there)], [(4, there)]])
    wrong = {name: each.model_copy(update={"camera": guess}) for name, each in seen.items()}
    _, people = recognise_people(wrong, RIG, synchronous=True)
    right = recognise_people(seen, RIG, synchronous=True)[1].person()
    assert people.person().track_ids == {"cam1": (0,), "cam2": (4,)}
    assert people.person().apart_mm == right.apart_mm < 20.0
    # Triangulation takes the lens of the rig as well.
    found = triangulate(people.person().views(wrong), RIG)
    assert np.array_equal(found.points_mm, triangulate(right.views(seen), RIG).points_mm)


def test_videos_may_have_another_resolution():
    seen = clips(RIG, [[(0, there)], [(0, there)]])
    half = seen["cam2"].model_copy(
        update={
            "poses2d": np.array(seen["cam2"].poses2d) / 2.0,
            "metadata": VideoMetadata(frame_count=60, fps=30.0, width=640, height=360),
        }
    )
    found = {}
    for name, other in (("whole", seen["cam2"]), ("half", half)):
        both = {"cam1": seen["cam1"], "cam2": other}
        _, people = recognise_people(both, RIG, synchronous=True)
        found[name] = triangulate(people.person().views(both), RIG).points_mm
    assert np.nanmax(np.abs(found["half"] - found["whole"])) < 0.1


def test_clocks_that_are_assumed_are_found():
    late = room([Clock(), Clock(offset_s=0.3)], count=2)
    seen = clips(late, [[(0, there)], [(0, there)]])
    rig, people = recognise_people(seen, RIG)
    assert rig["cam2"].clock.offset_s == pytest.approx(0.3, abs=0.02)
    assert people.person().apart_mm < 30.0


def test_what_the_rig_lacks_is_refused():
    seen = clips(RIG, [[(0, there)], [(0, there)]])
    with pytest.raises(MultiviewError, match="no camera 'cam9'"):
        recognise_people({"cam1": seen["cam1"], "cam9": seen["cam2"]}, RIG)
    square = seen["cam2"].model_copy(
        update={"metadata": VideoMetadata(frame_count=60, fps=30.0, width=720, height=720)}
    )
    with pytest.raises(MultiviewError, match="720 × 720 pixels"):
        recognise_people({"cam1": seen["cam1"], "cam2": square}, RIG)
