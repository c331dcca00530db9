"""A SavedModel with the interface of MeTRAbs, whose output is a known function of the pixels.

A person is a rectangle of one colour: red 255, green 10, 20, … 60 for the first to the sixth, blue
the confidence of the detection. The function itself, in NumPy, is `expected`. Two faults are those
of the released graphs: the top-k of `max_detections`, and that one picture fails its whole batch.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neuropose.data import Camera

RED = 255
GREENS = (10, 20, 30, 40, 50, 60)
POISON = (0, 0, 255)
"""A picture whose first pixel is of this colour is an invalid argument to the graph."""
HEIGHT_MM = 1700.0
STEP_MM = np.array([3.0, 0.0, 4.0], np.float32)
"""How far the pose moves from one test-time augmentation to the next."""
MM_PER_K1 = 1000.0
"""What the first distortion coefficient adds to the depth, to show that it has arrived."""

UNKNOWN = ((-1.0, -1.0, -1.0),) * 3
IDENTITY = tuple(tuple(float(row == column) for column in range(4)) for row in range(4))

JOINTS = {
    "smpl_24": "pelv lhip rhip bell lkne rkne spin lank rank thor ltoe rtoe "
    "neck lcla rcla head lsho rsho lelb relb lwri rwri lhan rhan",
    "coco_19": "neck nose pelv lsho lelb lwri lhip lkne lank "
    "rsho relb rwri rhip rkne rank leye lear reye rear",
    "foreign_3": "one two three",
}
"""Joint names of each skeleton."""
EDGES = {"smpl_24": [(0, 1), (1, 4)], "coco_19": [(0, 1)], "foreign_3": [(0, 1), (1, 2)]}


def draw(
    width: int, height: int, *people: tuple[int, int, int, int, int, int]
) -> NDArray[np.uint8]:
    """Draw people, each ``(number, x, y, width, height, confidence × 255)``, on grey."""
    picture = np.full((height, width, 3), 90, np.uint8)
    for number, x, y, w, h, confidence in people:
        picture[y : y + h, x : x + w] = (RED, GREENS[number], confidence)
    return picture


def expected(
    picture: NDArray[np.uint8], camera: Camera, skeleton: str
) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]:
    """Boxes, 3D and 2D poses of one picture, all people, mean over augmentations."""
    boxes, poses3d, poses2d = [], [], []
    red, green, blue = np.moveaxis(picture, 2, 0)
    (fx, _, cx), (_, fy, cy), _ = camera.matrix
    for number in GREENS:
        ys, xs = np.nonzero((red == RED) & (green == number))
        if not len(xs):
            continue
        x, y = xs.min(), ys.min()
        w, h = xs.max() + 1 - x, ys.max() + 1 - y
        boxes.append([x, y, w, h, blue[(red == RED) & (green == number)].max() / 255.0])
        joint = np.arange(len(JOINTS[skeleton].split()))
        across = (joint + 0.5) / len(joint)
        down = (joint * 7 % len(joint) + 0.5) / len(joint)
        points = np.stack([x + across * w, y + down * h], axis=1)
        depth = HEIGHT_MM * fy / h + MM_PER_K1 * (camera.distortion or (0.0,))[0]
        rays = (points - [cx, cy]) / [fx, fy]
        poses2d.append(points)
        poses3d.append(np.column_stack([rays, np.ones(len(joint))]) * depth)
    joints = len(JOINTS[skeleton].split())
    return (
        np.array(boxes, np.float32).reshape(-1, 5),
        np.array(poses3d, np.float32).reshape(-1, joints, 3),
        np.array(poses2d, np.float32).reshape(-1, joints, 2),
    )


def build(folder: Path, *, without: str | None = None, edges: str = "joint_edges") -> Path:
    """Save the model in a folder; `without` leaves a part of the interface out."""
    import tensorflow as tf

    module = _module(edges, has_detector=without != "detector")
    if without is not None:
        delattr(module, without)
    tf.saved_model.save(module, str(folder))
    return folder


def _module(edges_name: str, *, has_detector: bool = True) -> Any:
    import tensorflow as tf

    module = tf.Module()
    module.detector = tf.Module() if has_detector else None  # of the two, only a module is saved
    module.per_skeleton_joint_names = {
        name: tf.Variable(names.split(), trainable=False) for name, names in JOINTS.items()
    }
    edges = {name: tf.Variable(EDGES[name], dtype=tf.int32, trainable=False) for name in JOINTS}
    setattr(module, f"per_skeleton_{edges_name}", edges)
    names = list(JOINTS)
    counts = tf.constant([len(JOINTS[name].split()) for name in names], tf.int32)

    def signature(*batch: int | None) -> list[tf.TensorSpec]:
        """Of the released models, argument by argument."""
        scalars = {
            "default_fov_degrees": tf.float32,
            "internal_batch_size": tf.int32,
            "antialias_factor": tf.int32,
            "num_aug": tf.int32,
            "average_aug": tf.bool,
            "skeleton": tf.string,
            "detector_threshold": tf.float32,
            "detector_nms_iou_threshold": tf.float32,
            "max_detections": tf.int32,
            "detector_flip_aug": tf.bool,
            "suppress_implausible_poses": tf.bool,
        }
        return [
            tf.TensorSpec([*batch, None, None, 3], tf.uint8, "images" if batch else "image"),
            tf.TensorSpec([*batch, 3, 3], tf.float32, "intrinsic_matrix"),
            tf.TensorSpec([*batch, None], tf.float32, "distortion_coeffs"),
            tf.TensorSpec([*batch, 4, 4], tf.float32, "extrinsic_matrix"),
            tf.TensorSpec([3], tf.float32, "world_up_vector"),
            *(tf.TensorSpec([], dtype, name) for name, dtype in scalars.items()),
        ]

    def find_people(images, threshold):
        """Boxes and confidences, ragged; nobody if there is no detector."""
        red, green, blue = (tf.cast(images[..., channel], tf.int32) for channel in range(3))
        poisoned = tf.reduce_all(images[:, 0, 0] == tf.constant(POISON, tf.uint8), axis=-1)
        tf.debugging.assert_none_equal(poisoned, True, message="poison in the picture")
        masks = tf.stack([(red == RED) & (green == number) for number in GREENS], axis=1)
        columns, rows = tf.reduce_any(masks, axis=2), tf.reduce_any(masks, axis=3)
        blues = tf.where(masks, blue[:, None], 0)
        confidence = tf.cast(tf.reduce_max(blues, axis=[2, 3]), tf.float32) / 255.0

        def extent(line):
            place = tf.range(tf.shape(line)[2])
            first = tf.reduce_min(tf.where(line, place, tf.shape(line)[2]), axis=2)
            last = tf.reduce_max(tf.where(line, place, -1), axis=2)
            return tf.cast(first, tf.float32), tf.cast(last + 1 - first, tf.float32)

        (x, w), (y, h) = extent(columns), extent(rows)
        there = tf.reduce_any(columns, axis=2) & (confidence >= threshold) & has_detector
        return tf.ragged.boolean_mask(tf.stack([x, y, w, h, confidence], axis=-1), there)

    def faulty_top_k(boxes, count):
        """As in the released graphs: unsorted, so that padding may come before people.

        Padding then stands for the people of the next picture, or for nobody after the last.
        """
        padded = boxes[..., 4].to_tensor(default_value=-np.inf)
        order = tf.math.top_k(padded, k=count, sorted=False).indices
        kept = tf.RaggedTensor.from_tensor(order, boxes.row_lengths())
        return tf.gather(boxes, kept, axis=1, batch_dims=1)

    @tf.function(input_signature=signature(None))
    def detect_poses_batched(
        images,
        intrinsic_matrix=(UNKNOWN,),
        distortion_coeffs=((0.0,) * 5,),
        extrinsic_matrix=(IDENTITY,),
        world_up_vector=(0.0, -1.0, 0.0),
        default_fov_degrees=55.0,
        internal_batch_size=64,
        antialias_factor=1,
        num_aug=5,
        average_aug=True,
        skeleton="",
        detector_threshold=0.3,
        detector_nms_iou_threshold=0.7,
        max_detections=-1,
        detector_flip_aug=False,
        suppress_implausible_poses=True,
    ):
        boxes = find_people(images, detector_threshold)
        if max_detections > -1 and tf.size(boxes) != 0:
            boxes = faulty_top_k(boxes, max_detections)
        number = boxes.value_rowids()
        x, y, w, h, _ = tf.unstack(boxes.flat_values, axis=1)

        joints = tf.gather(counts, tf.argmax(tf.constant(names) == skeleton))
        joint = tf.range(joints)
        count = tf.cast(joints, tf.float32)
        across = (tf.cast(joint, tf.float32) + 0.5) / count
        down = (tf.cast(joint * 7 % joints, tf.float32) + 0.5) / count
        points = tf.stack(
            [x[:, None] + across * w[:, None], y[:, None] + down * h[:, None]], axis=-1
        )
        matrix = tf.gather(tf.broadcast_to(intrinsic_matrix, [tf.shape(images)[0], 3, 3]), number)
        focal = tf.stack([matrix[:, 0, 0], matrix[:, 1, 1]], axis=-1)
        centre = tf.stack([matrix[:, 0, 2], matrix[:, 1, 2]], axis=-1)
        rays = (points - centre[:, None]) / focal[:, None]
        depth = HEIGHT_MM * focal[:, 1] / h + MM_PER_K1 * distortion_coeffs[0, 0]
        poses = tf.concat([rays, tf.ones_like(rays[..., :1])], axis=-1) * depth[:, None, None]

        turn = tf.cast(tf.range(num_aug), tf.float32) - tf.cast(num_aug - 1, tf.float32) / 2.0
        many = poses[:, None] + (turn[:, None] * STEP_MM)[:, None]
        many2d = tf.repeat(points[:, None], num_aug, axis=1)
        poses3d = tf.cond(average_aug, lambda: poses, lambda: many)
        poses2d = tf.cond(average_aug, lambda: points, lambda: many2d)
        plausible = boxes.with_flat_values(~suppress_implausible_poses | (w <= 4.0 * h))
        return {
            "boxes": tf.ragged.boolean_mask(boxes, plausible),
            "poses3d": tf.ragged.boolean_mask(boxes.with_flat_values(poses3d), plausible),
            "poses2d": tf.ragged.boolean_mask(boxes.with_flat_values(poses2d), plausible),
        }

    @tf.function(input_signature=signature())
    def detect_poses(
        image,
        intrinsic_matrix=UNKNOWN,
        distortion_coeffs=(0.0,) * 5,
        extrinsic_matrix=IDENTITY,
        world_up_vector=(0.0, -1.0, 0.0),
        default_fov_degrees=55.0,
        internal_batch_size=64,
        antialias_factor=1,
        num_aug=5,
        average_aug=True,
        skeleton="",
        detector_threshold=0.3,
        detector_nms_iou_threshold=0.7,
        max_detections=-1,
        detector_flip_aug=False,
        suppress_implausible_poses=True,
    ):
        found = detect_poses_batched(
            image[None],
            intrinsic_matrix[None],
            distortion_coeffs[None],
            extrinsic_matrix[None],
            world_up_vector,
            default_fov_degrees,
            internal_batch_size,
            antialias_factor,
            num_aug,
            average_aug,
            skeleton,
            detector_threshold,
            detector_nms_iou_threshold,
            max_detections,
            detector_flip_aug,
            suppress_implausible_poses,
        )
        return {name: value[0] for name, value in found.items()}

    module.detect_poses_batched = detect_poses_batched
    module.detect_poses = detect_poses
    return module
