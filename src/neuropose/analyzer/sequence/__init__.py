"""One subject's movement as frozen arrays, from predictions, markers or arrays."""
