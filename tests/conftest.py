"""What all tests share: the drawing of examples, and PyTorch where it is installed."""

import os

import pytest
from hypothesis import settings

# The same examples in every run; tests take as long as they take.
settings.register_profile("book", derandomize=True, deadline=None, max_examples=25)
settings.load_profile("book")


def import_torch():
    """Return PyTorch in double precision, or skip the test; under CI a missing PyTorch is a failure."""
    try:
        import torch
    except ImportError:
        if os.environ.get("CI"):
            raise
        pytest.skip("PyTorch is not installed: make torch")
    torch.set_num_threads(1)
    return torch


def pytest_terminal_summary(terminalreporter):
    """Print the largest errors that `check_gradients` saw (in this process: not under `-n`)."""
    from gradients import LARGEST

    if LARGEST:
        terminalreporter.section("largest relative error against finite differences")
        for what, error in sorted(LARGEST.items()):
            terminalreporter.write_line(f"{what:32} {error:.1e}")
