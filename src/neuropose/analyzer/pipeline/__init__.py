"""Reproducible analyses: a YAML file in, the same report out every time."""

from neuropose.analyzer.pipeline.cohort_table import CohortTrial, cohort_trials
from neuropose.analyzer.pipeline.contract import Pipeline
from neuropose.analyzer.pipeline.loading import load_pipeline
from neuropose.analyzer.pipeline.run import PipelineResult, run_pipeline, save_result, work_folder

__all__ = [
    "CohortTrial",
    "Pipeline",
    "PipelineResult",
    "cohort_trials",
    "load_pipeline",
    "run_pipeline",
    "save_result",
    "work_folder",
]
