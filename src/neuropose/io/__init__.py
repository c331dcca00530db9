"""Files and contracts: the only way in and out of NeuroPose's data."""

from neuropose.io.arrays import PredictionArrays
from neuropose.io.assumptions import Assumption
from neuropose.io.c3d import read_c3d
from neuropose.io.checks import UNTRACKED, frame_id
from neuropose.io.document import SCHEMA_VERSION
from neuropose.io.files import load_video_predictions, save_video_predictions
from neuropose.io.jobs import (
    JobEntry,
    JobProgress,
    JobResults,
    JobState,
    Status,
    VideoOutcome,
    holds_job_results,
    load_job_results,
    load_status,
    save_job_results,
    save_status,
)
from neuropose.io.marker_recording import MarkerEvent, MarkerRecording
from neuropose.io.metadata import (
    Camera,
    CameraSource,
    FrameGap,
    Provenance,
    Source,
    VideoMetadata,
)
from neuropose.io.report_files import load_report, save_report
from neuropose.io.reports import (
    Choice,
    Column,
    Event,
    InputFile,
    Measure,
    Report,
    ReportProvenance,
    Table,
)
from neuropose.io.results import Results, load_results
from neuropose.io.schema import FramePrediction, VideoPredictions
from neuropose.io.segmentation import Repetition, Segmentation, SegmentSignal
from neuropose.io.slicing import slice_frames
from neuropose.io.subjects import (
    SUBJECT_STRATEGIES,
    Subject,
    TrackSummary,
    check_strategy,
    summarise_tracks,
)
from neuropose.io.trc import read_trc

__all__ = [
    "SCHEMA_VERSION",
    "SUBJECT_STRATEGIES",
    "UNTRACKED",
    "Assumption",
    "Camera",
    "CameraSource",
    "Choice",
    "Column",
    "Event",
    "FrameGap",
    "FramePrediction",
    "InputFile",
    "JobEntry",
    "JobProgress",
    "JobResults",
    "JobState",
    "MarkerEvent",
    "MarkerRecording",
    "Measure",
    "PredictionArrays",
    "Provenance",
    "Repetition",
    "Report",
    "ReportProvenance",
    "Results",
    "SegmentSignal",
    "Segmentation",
    "Source",
    "Status",
    "Subject",
    "Table",
    "TrackSummary",
    "VideoMetadata",
    "VideoOutcome",
    "VideoPredictions",
    "check_strategy",
    "frame_id",
    "holds_job_results",
    "load_job_results",
    "load_report",
    "load_results",
    "load_status",
    "load_video_predictions",
    "read_c3d",
    "read_trc",
    "save_job_results",
    "save_report",
    "save_status",
    "save_video_predictions",
    "slice_frames",
    "summarise_tracks",
]
