"""What a study file may say; every key is checked before any data is read."""
