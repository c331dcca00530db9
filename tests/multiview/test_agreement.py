"""Agreement of views: fine, doubted, refused, by how far rays and landmarks are apart."""

from __future__ import annotations

import pytest

from neuropose.errors import ReconstructionError
from neuropose.multiview.agreement import doubts_of_views, require_agreement


def test_views_that_agree() -> None:
    assert doubts_of_views(34.0) == doubts_of_views(34.0, 39.0) == ()
    require_agreement(60.0, 90.0)


@pytest.mark.parametrize("found", [(40.0,), (40.0, 20.0), (20.0, 50.0)])
def test_views_that_are_doubted(found: tuple[float, ...]) -> None:
    (doubt,) = doubts_of_views(*found)
    assert f"by {found[0]:.0f} mm" in doubt
    assert ("from where they see its landmarks" in doubt) == (len(found) == 2)
    require_agreement(*found)


@pytest.mark.parametrize(
    ("found", "how"), [((61.0,), "miss each other by 61 mm"), ((20.0, 95.0), "the body is 95 mm")]
)
def test_views_that_are_refused(found: tuple[float, ...], how: str) -> None:
    with pytest.raises(ReconstructionError, match=how) as caught:
        require_agreement(*found)
    assert "named as its camera" in str(caught.value.hint)
