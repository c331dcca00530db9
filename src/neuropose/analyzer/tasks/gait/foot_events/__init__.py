"""When each foot meets and leaves the floor, found in its motion or measured by force plates."""

from neuropose.analyzer.tasks.gait.foot_events.find import (
    KINDS,
    EventKind,
    FootEvent,
    find_events,
)
from neuropose.analyzer.tasks.gait.foot_events.measured import with_plates
from neuropose.analyzer.tasks.gait.foot_events.plate_contacts import (
    PlateContact,
    RefusedLoad,
    plate_contacts,
)

__all__ = [
    "KINDS",
    "EventKind",
    "FootEvent",
    "PlateContact",
    "RefusedLoad",
    "find_events",
    "plate_contacts",
    "with_plates",
]
