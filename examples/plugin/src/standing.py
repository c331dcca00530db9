"""A pose model that finds one person who stands still, whatever is in the picture."""

import numpy as np
from pydantic import BaseModel

from neuropose.estimator import ModelInfo, ModelLoader
from neuropose.skeletons import Skeleton
from neuropose.testing import detect

HIPS = {"left_hip": ("hip_l",), "right_hip": ("hip_r",), "pelvis": ("hip_l", "hip_r")}
SKELETON = Skeleton(name="standing_3", joints=("head", "hip_l", "hip_r"), canonical=HIPS)
POSE_MM = np.array([[[0, -700, 3000], [120, 100, 3000], [-120, 100, 3000]]], np.float32)


class Options(BaseModel):
    distance_mm: float = 0.0


class Standing:
    def __init__(self, options):
        self.pose_mm = POSE_MM + np.float32([0, 0, options.distance_mm])
        facts = {"runtime": "none", "device": "cpu", "license": "MIT", "gives_confidence": True}
        own = options.model_dump()  # what the numbers depend on, for the provenance
        self.info = ModelInfo(name="standing", skeletons=(SKELETON,), settings=own, **facts)

    def predict(self, pictures, camera, *, fps=30.0, workers=1):
        for _ in pictures:  # RGB, shape (height, width, 3): a network would look at them
            yield detect(self.pose_mm, camera)  # a Detections for every picture

    def close(self):
        pass


LOADER = ModelLoader(
    load=lambda options: Standing(options.model_options or Options()),
    license="MIT",
    inference_options=(),
    skeletons=("standing_3",),
    devices=("cpu",),
    model_options=Options,
)
