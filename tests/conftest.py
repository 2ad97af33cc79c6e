"""What all tests share: the drawing of examples, PyTorch, CuPy and a browser where they are, and the errors seen."""

import builtins
import os
import sys

import chromium
import fake_cupy
import pytest
from gradients import LARGEST, record
from hypothesis import settings

from s2s_np import fused, recurrence
from s2s_np.kernels import plain_arrays

# The same examples in every run; tests take as long as they take.
settings.register_profile("book", derandomize=True, deadline=None, max_examples=25)
settings.load_profile("book")

JUDGES = {"finite differences": "relative", "PyTorch": "absolute"}


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


@pytest.fixture
def without(monkeypatch):
    """A function that makes a package, and all that is in it, look as if it were not installed."""

    def hide(package):
        honest = builtins.__import__

        def refuse(name, *args, **kwargs):
            if name.partition(".")[0] == package:
                raise ImportError(name)
            return honest(name, *args, **kwargs)

        monkeypatch.setattr(builtins, "__import__", refuse)

    return hide


def pytest_collection_modifyitems(items):
    """Mark the tests that open a browser, so that `-m "not browser"` leaves them out."""
    for item in items:
        if "browser" in getattr(item, "fixturenames", ()):
            item.add_marker("browser")


@pytest.fixture(scope="session")
def browser():
    """A browser of this machine; without one the tests skip, but under CI they fail."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        try:
            browser = chromium.launch(playwright)
        except FileNotFoundError as error:
            if os.environ.get("CI"):
                raise
            pytest.skip(str(error))
        yield browser
        browser.close()


@pytest.fixture(
    params=[
        "stand-in, arrays",
        "stand-in, kernels",
        pytest.param("CuPy", marks=pytest.mark.gpu),
    ]
)
def cupy(request, monkeypatch):
    """CuPy: its stand-in on every machine, without the package's kernels and with them, then CuPy where a GPU is."""
    if request.param == "CuPy":
        yield import_cupy()
    elif request.param == "stand-in, kernels":
        yield emulate(monkeypatch)
    else:
        with plain_arrays():
            yield emulate(monkeypatch, kernels=False)


def import_cupy():
    """Return CuPy, or skip the test where it or its GPU is missing."""
    cupy = pytest.importorskip(
        "cupy", reason="CuPy is not installed: pip install -r requirements-gpu.txt"
    )
    if not cupy.cuda.is_available():
        pytest.skip("CuPy finds no NVIDIA GPU")
    return cupy


def emulate(monkeypatch, kernels=True):
    """Put the stand-in in the place of CuPy, and let kernels run in small blocks; skip where none can be compiled."""
    if kernels and fake_cupy.COMPILER is None:
        pytest.skip("no C++ compiler (g++) to run the kernels on the CPU with")
    monkeypatch.setitem(sys.modules, "cupy", fake_cupy)
    monkeypatch.setattr(recurrence, "WARPS", 2)
    monkeypatch.setattr(fused, "THREADS", 32)
    recurrence._launch.cache_clear()
    return fake_cupy


def pytest_sessionfinish(session):
    """Hand the errors that this process saw to the one that prints them."""
    if hasattr(session.config, "workeroutput"):  # a process of pytest-xdist's
        session.config.workeroutput["largest"] = [
            [*key, error] for key, error in LARGEST.items()
        ]


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node):
    for seen in getattr(node, "workeroutput", {}).get("largest", ()):
        record(*seen)


def pytest_terminal_summary(terminalreporter):
    """Print the largest errors of all gradients."""
    if not LARGEST:
        return
    terminalreporter.section("largest error of values and gradients")
    headings = (f"{judge} ({kind})" for judge, kind in JUDGES.items())
    terminalreporter.write_line(" " * 24 + "".join(f"{h:>30}" for h in headings))
    for what in sorted({what for what, _ in LARGEST}):
        errors = (LARGEST.get((what, judge)) for judge in JUDGES)
        columns = ("—" if error is None else f"{error:.1e}" for error in errors)
        terminalreporter.write_line(
            f"{what:24}" + "".join(f"{column:>30}" for column in columns)
        )
