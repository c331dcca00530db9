"""Pictures of the results: they read predictions and never change them."""
