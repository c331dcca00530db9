"""Agreement of views: fine, doubted, refused, by how far rays and landmarks are apart."""

from __future__ import annotations

import numpy as np
import pytest

from neuropose.errors import ReconstructionError
from neuropose.multiview import MatchedPerson
from neuropose.multiview.agreement import (
    doubts_of_unused,
    doubts_of_views,
    require_agreement,
)


def test_views_that_agree() -> None:
    assert doubts_of_views(34.0) == doubts_of_views(34.0, 39.0) == ()
    require_agreement(50.0, 45.0)
    require_agreement(37.0, 65.0)


@pytest.mark.parametrize("found", [(40.0,), (40.0, 20.0), (20.0, 50.0)])
def test_views_that_are_doubted(found: tuple[float, ...]) -> None:
    (doubt,) = doubts_of_views(*found)
    assert f"by {found[0]:.0f} mm" in doubt
    assert ("from where they see its landmarks" in doubt) == (len(found) == 2)
    require_agreement(*found)


@pytest.mark.parametrize(
    ("found", "how"),
    [
        ((51.0,), "miss each other by 51 mm"),
        ((20.0, 66.0), "the body is 66 mm"),
        ((38.0, 46.0), "by 38 mm, and the body is 46 mm"),
    ],
)
def test_views_that_are_refused(found: tuple[float, ...], how: str) -> None:
    with pytest.raises(ReconstructionError, match=how) as caught:
        require_agreement(*found)
    assert "named as its camera" in str(caught.value.hint)


def test_a_camera_without_the_person_is_named() -> None:
    rows = {name: np.zeros(3, np.int64) for name in ("front", "side")}
    person = MatchedPerson(rows, dict.fromkeys(rows, (0,)), 0.1, 10.0)
    assert doubts_of_unused(rows, person) == ()
    (doubt,) = doubts_of_unused(("front", "back", "side"), person)
    assert doubt.startswith("back is not used: nobody in its view is where other cameras see")
