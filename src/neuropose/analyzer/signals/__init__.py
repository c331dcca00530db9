"""One number a frame: signals of a movement, and what is found in them."""
