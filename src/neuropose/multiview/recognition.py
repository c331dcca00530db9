"""Who is the same person in all views of a rig, by clocks that may have to be found first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from neuropose.data import VideoPredictions
from neuropose.data.cameras import Clock, Rig
from neuropose.errors import SynchronisationError
from neuropose.multiview.names import require_cameras
from neuropose.multiview.people import PeopleMatch, match_people
from neuropose.multiview.synchronisation import synchronise
from neuropose.multiview.views import View

NOT_SYNCHRONISED = "the cameras are taken to be synchronous"
"""How the warning begins if clocks cannot be told."""
_KNOWN = 2.0  # standard errors from zero, from which an offset counts as known


def recognise_people(
    predictions: Mapping[str, VideoPredictions], rig: Rig, *, synchronous: bool = False
) -> tuple[Rig, PeopleMatch]:
    """Find the same people in all views, and the clocks of the cameras if the rig has none.

    Parameters
    ----------
    predictions : mapping of str to VideoPredictions
        Tracked predictions of each camera's video, by the camera's name in the rig, two or more.
    rig : Rig
        The cameras. Its intrinsics hold, not those of the predictions.
    synchronous : bool
        Whether the clocks of the rig hold. Otherwise clocks that are only assumed are found from
        how the person moved (`neuropose.multiview.synchronise`).

    Returns
    -------
    rig : Rig
        With the clocks by which people were found. If they cannot be told, a warning says so, and
        the cameras are taken to be synchronous.
    people : PeopleMatch
        Rows are those of the predictions.

    Raises
    ------
    MultiviewError
        If there are fewer than two cameras, the rig lacks one, or a picture has not the shape that
        the rig has.
    """
    require_cameras(predictions, rig)
    seen = {
        name: each.model_copy(
            update={"camera": rig[name].camera_at(each.metadata.width, each.metadata.height)}
        )
        for name, each in predictions.items()
    }
    if synchronous or rig.states_clocks(seen):
        return rig, match_people(seen, rig)
    rig = _synchronised(rig, [View.from_predictions(name, each) for name, each in seen.items()])
    people = match_people(seen, rig)
    longest = {name: each.subject().track_id for name, each in seen.items()}
    if any(longest[name] not in own for name, own in people.person().track_ids.items()):
        rig = _synchronised(rig, people.person().views(seen))  # others were seen for longer
        people = match_people(seen, rig)
    return rig, people


def _synchronised(rig: Rig, views: Sequence[View]) -> Rig:
    """Return the rig with the clocks that are known to differ."""
    try:
        found = synchronise(views, rig)
    except SynchronisationError as error:
        warning = f"{NOT_SYNCHRONISED}: {error.message}"
        return rig.model_copy(update={"warnings": (*rig.warnings, warning)})
    cameras = [
        camera.model_copy(update={"clock": _if_known(found.clocks[camera.name])})
        if camera.name in found.clocks
        else camera
        for camera in rig.cameras
    ]
    new = [each for each in found.warnings if each not in rig.warnings]
    return rig.model_copy(update={"cameras": tuple(cameras), "warnings": (*rig.warnings, *new)})


def _if_known(clock: Clock) -> Clock:
    error_s = clock.offset_error_s or 0.0
    return clock if abs(clock.offset_s) > _KNOWN * error_s else Clock(offset_error_s=error_s)
