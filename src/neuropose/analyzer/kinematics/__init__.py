"""The body in space: orientation of its segments, and the angles between them."""
