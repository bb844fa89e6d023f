"""Builds the three programs in release mode."""
import os, subprocess

from .processes import Failure


def release():
    """The folder that holds them."""
    for product in ("switchyard", "modelsim", "loadgen"):
        if subprocess.run(["swift", "build", "-c", "release", "--product", product]).returncode:
            raise Failure(f"The build of {product} failed; the lines above say why.")
    return os.path.abspath(".build/release")
