"""The contracts: frozen models of videos, poses, jobs and reports."""

from neuropose.data.assumptions import Assumption
from neuropose.data.cameras import Camera, CameraSource, Clock, Lens, Rig, RigCamera
from neuropose.data.checks import frame_id
from neuropose.data.dense_arrays import PredictionArrays
from neuropose.data.force_plates import ForcePlate, ForcePlates
from neuropose.data.jobs import (
    JobEntry,
    JobProgress,
    JobResults,
    JobState,
    MarkersOutcome,
    Status,
    StepOutcome,
    VideoFailure,
    VideoOutcome,
)
from neuropose.data.marker_recording import (
    MARKER_SUFFIXES,
    MarkerEvent,
    MarkerRecording,
    Pictures,
)
from neuropose.data.metadata import (
    LEFT_OUT,
    FrameGap,
    Provenance,
    Source,
    VideoMetadata,
    frame_gaps,
)
from neuropose.data.prediction_fields import SCHEMA_VERSION, UNTRACKED
from neuropose.data.predictions import FramePrediction, VideoPredictions
from neuropose.data.reconstruction import (
    BodyShape,
    Contact,
    Exchange,
    Reconstruct,
    Reconstruction,
)
from neuropose.data.report import (
    Choice,
    Column,
    Event,
    InputFile,
    Measure,
    Report,
    ReportProvenance,
    Table,
)
from neuropose.data.segmentation import Repetition, Segmentation, SegmentSignal
from neuropose.data.slicing import slice_frames
from neuropose.data.subjects import (
    SUBJECT_STRATEGIES,
    Subject,
    TrackSummary,
    check_strategy,
    is_strategy,
    summarise_tracks,
)
from neuropose.skeletons.sides import Limbs

__all__ = [
    "LEFT_OUT",
    "MARKER_SUFFIXES",
    "SCHEMA_VERSION",
    "SUBJECT_STRATEGIES",
    "UNTRACKED",
    "Assumption",
    "BodyShape",
    "Camera",
    "CameraSource",
    "Choice",
    "Clock",
    "Column",
    "Contact",
    "Event",
    "Exchange",
    "ForcePlate",
    "ForcePlates",
    "FrameGap",
    "FramePrediction",
    "InputFile",
    "JobEntry",
    "JobProgress",
    "JobResults",
    "JobState",
    "Lens",
    "Limbs",
    "MarkerEvent",
    "MarkerRecording",
    "MarkersOutcome",
    "Measure",
    "Pictures",
    "PredictionArrays",
    "Provenance",
    "Reconstruct",
    "Reconstruction",
    "Repetition",
    "Report",
    "ReportProvenance",
    "Rig",
    "RigCamera",
    "SegmentSignal",
    "Segmentation",
    "Source",
    "Status",
    "StepOutcome",
    "Subject",
    "Table",
    "TrackSummary",
    "VideoFailure",
    "VideoMetadata",
    "VideoOutcome",
    "VideoPredictions",
    "check_strategy",
    "frame_gaps",
    "frame_id",
    "is_strategy",
    "slice_frames",
    "summarise_tracks",
]
