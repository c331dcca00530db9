"""The pose models that NeuroPose ships; the only modules that import a machine-learning runtime."""
