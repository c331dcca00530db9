"""People of MakeHuman, moved as others moved, before four cameras."""
