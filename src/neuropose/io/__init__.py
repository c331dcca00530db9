"""Reading and writing NeuroPose's files; also re-exports the contracts."""

from neuropose.data.assumptions import Assumption
from neuropose.data.cameras import Camera, CameraSource, Clock, Lens, Rig, RigCamera
from neuropose.data.checks import frame_id
from neuropose.data.dense_arrays import PredictionArrays
from neuropose.data.extra_arrays import ExtraArrays
from neuropose.data.force_plates import ForcePlate, ForcePlates
from neuropose.data.jobs import (
    JobEntry,
    JobProgress,
    JobResults,
    JobState,
    Status,
    VideoFailure,
    VideoOutcome,
)
from neuropose.data.marker_recording import MarkerEvent, MarkerRecording
from neuropose.data.metadata import (
    FrameGap,
    Provenance,
    Source,
    VideoMetadata,
)
from neuropose.data.prediction_fields import SCHEMA_VERSION, UNTRACKED
from neuropose.data.predictions import FramePrediction, VideoPredictions
from neuropose.data.reconstruction import BodyShape, Contact, Exchange, Reconstruction
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
    summarise_tracks,
)
from neuropose.io.body_shape_file import load_body_shape, save_body_shape
from neuropose.io.corrections_file import load_corrections, save_corrections
from neuropose.io.extra_arrays_file import (
    extra_arrays_path,
    load_extra_arrays,
    save_extra_arrays,
)
from neuropose.io.force_plates import read_force_plates
from neuropose.io.job_files import (
    holds_job_results,
    load_job_results,
    load_status,
    save_job_results,
    save_status,
)
from neuropose.io.markers.c3d import read_c3d
from neuropose.io.markers.mapping import read_marker_map, save_marker_map
from neuropose.io.markers.trc import read_trc
from neuropose.io.predictions_file import load_video_predictions, save_video_predictions
from neuropose.io.reconstruction_file import (
    holds_reconstruction,
    load_reconstruction,
    save_reconstruction,
)
from neuropose.io.report_file import load_report, save_report
from neuropose.io.results_file import Results, load_results
from neuropose.io.rig_file import load_intrinsics, load_rig, save_rig
from neuropose.skeletons.sides import Limbs

__all__ = [
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
    "ExtraArrays",
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
    "Measure",
    "PredictionArrays",
    "Provenance",
    "Reconstruction",
    "Repetition",
    "Report",
    "ReportProvenance",
    "Results",
    "Rig",
    "RigCamera",
    "SegmentSignal",
    "Segmentation",
    "Source",
    "Status",
    "Subject",
    "Table",
    "TrackSummary",
    "VideoFailure",
    "VideoMetadata",
    "VideoOutcome",
    "VideoPredictions",
    "check_strategy",
    "extra_arrays_path",
    "frame_id",
    "holds_job_results",
    "holds_reconstruction",
    "load_body_shape",
    "load_corrections",
    "load_extra_arrays",
    "load_intrinsics",
    "load_job_results",
    "load_reconstruction",
    "load_report",
    "load_results",
    "load_rig",
    "load_status",
    "load_video_predictions",
    "read_c3d",
    "read_force_plates",
    "read_marker_map",
    "read_trc",
    "save_body_shape",
    "save_corrections",
    "save_extra_arrays",
    "save_job_results",
    "save_marker_map",
    "save_reconstruction",
    "save_report",
    "save_rig",
    "save_status",
    "save_video_predictions",
    "slice_frames",
    "summarise_tracks",
]
