"""What the commands beside this folder are made of. Python's standard library only."""
