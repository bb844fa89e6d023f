"""Builds the three programs in release mode."""
import os, subprocess

from .processes import Failure


def release():
    """The folder that holds them."""
    if subprocess.run(["deploy/build", "switchyard", "modelsim", "loadgen"]).returncode:
        raise Failure("The build failed; the lines above say why.")
    return os.path.abspath(".build/release")
