"""Runs in the environment of mediapipe: its own ``Pose`` on a clip, without smoothing.

``python mediapipe_pose.py landmarks CLIP OUT.npz`` writes the 2D landmarks of every frame.
``python mediapipe_pose.py serve`` reads a clip's path a line, and answers with frames per second
and CPU seconds a frame, decoding included.
"""

import resource
import sys
import time

import av
import cv2
import mediapipe
import numpy as np


def frames(path):
    """The pictures of a clip, decoded as NeuroPose decodes them: PyAV, one thread."""
    with av.open(path) as container:
        stream = container.streams.video[0]
        stream.thread_type, stream.codec_context.thread_count = "SLICE", 1
        for frame in container.decode(stream):
            yield frame.to_ndarray(format="rgb24")


def make_pose():
    return mediapipe.solutions.pose.Pose(
        static_image_mode=False, model_complexity=1, smooth_landmarks=False
    )


def write_landmarks(path, out):
    pose = make_pose()
    rows = []
    for picture in frames(path):
        found = pose.process(picture).pose_landmarks
        size = picture.shape[1::-1]
        rows.append(
            [(point.x * size[0], point.y * size[1]) for point in found.landmark]
            if found
            else np.full((33, 2), np.nan)
        )
    np.savez(out, points_px=np.array(rows, dtype=float))


def cpu_s():
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def serve():
    cv2.setNumThreads(1)
    print("ready", flush=True)
    for line in sys.stdin:
        with make_pose() as pose:
            pose.process(np.zeros((256, 256, 3), np.uint8))  # builds the graph
            count, start, start_cpu = 0, time.perf_counter(), cpu_s()
            for picture in frames(line.strip()):
                pose.process(picture)
                count += 1
            print(count / (time.perf_counter() - start), (cpu_s() - start_cpu) / count, flush=True)


if __name__ == "__main__":
    if sys.argv[1] == "serve":
        serve()
    else:
        write_landmarks(*sys.argv[2:])
