"""Parts of ``python -m benchmarks.several_cameras``."""
