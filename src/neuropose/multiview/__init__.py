"""Several cameras: where they are, when they filmed, and what they saw together."""

from neuropose.multiview.from_people import PeopleCalibration, ViewCheck, calibrate_from_people
from neuropose.multiview.people import LeftOut, MatchedPerson, PeopleMatch, match_people
from neuropose.multiview.recognition import recognise_people
from neuropose.multiview.sequences import triangulated_sequence
from neuropose.multiview.sound import synchronise_by_sound
from neuropose.multiview.synchronisation import PairOffset, Synchronisation, synchronise
from neuropose.multiview.triangulation import Triangulation, triangulate
from neuropose.multiview.views import View

__all__ = [
    "LeftOut",
    "MatchedPerson",
    "PairOffset",
    "PeopleCalibration",
    "PeopleMatch",
    "Synchronisation",
    "Triangulation",
    "View",
    "ViewCheck",
    "calibrate_from_people",
    "match_people",
    "recognise_people",
    "synchronise",
    "synchronise_by_sound",
    "triangulate",
    "triangulated_sequence",
]
