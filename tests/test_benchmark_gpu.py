"""The GPU's benchmark, as far as it goes without a GPU: what it compares, keeps, prints and refuses."""

import json
import sys

import fake_cupy
import numpy as np
import pytest
from conftest import emulate, import_torch

from s2s_np import kernels

contest = pytest.importorskip("contest", reason="the benchmarks' modules are not here")
gpu = pytest.importorskip("gpu", reason="the benchmarks need PyTorch: make torch")

SMALL = gpu.Size(B=3, T=4, E=5, H=6, V=30)


def test_the_contestants_agree_and_are_timed_decoded_and_summed_up(
    monkeypatch, tmp_path, capsys
):
    import_torch()
    emulate(monkeypatch)
    sides = {gpu.TorchOnGpu: "cpu"}
    kinds = [
        type(kind.__name__, (kind,), {"__init__": on(kind, sides.get(kind, "cuda"))})
        for kind in gpu.CONTESTANTS
    ]
    found = gpu.time_size(SMALL, 2, False, kinds, wait=lambda: None, device="cpu")
    assert found["relative_difference_of_losses"] < 1e-5
    assert list(found["contestants"]) == [kind.name for kind in gpu.CONTESTANTS]
    for each in found["contestants"].values():
        assert each["step_ms"] > 0 and each["greedy_words_a_second"] > 0
    assert "ratio" not in found["contestants"]["PyTorch, cuDNN"]

    measured = {"tf32_off": {"L": found}}
    gpu.keep(tmp_path, {"card": "NVIDIA H100 PCIe"}, measured)
    kept = json.loads((tmp_path / "gpu-H100-PCIe.json").read_text(encoding="utf-8"))
    assert kept["tf32_off"]["L"] == found
    gpu.print_size("L, tf32 off", found)
    printed = capsys.readouterr().out
    assert "L, tf32 off (B 3, T 4, E 5, H 6, V 30)" in printed
    assert all(kind.name in printed for kind in gpu.CONTESTANTS)


def on(kind, device):
    """Return an `__init__` of `kind` for `device`, whatever device is asked for."""
    return lambda self, model, _: kind.__init__(self, model, device)


def test_plain_arrays_are_without_the_packages_kernels(monkeypatch):
    emulate(monkeypatch)
    seen = []
    monkeypatch.setattr(
        gpu.OursOnGpu, "step", lambda *_: seen.append(kernels.usable(fake_cupy))
    )
    gpu.OursInArrays(gpu.make_model(SMALL)).step(None)
    assert seen == [False]


@pytest.mark.parametrize(
    ("tf32", "other", "fine"),
    [(False, 1 + 1e-6, True), (False, 1.001, False), (True, 1.001, True)]
    + [(True, 1.1, False), (True, np.nan, False)],
)
def test_losses_that_differ_too_much_end_the_contest(tf32, other, fine):
    losses = {"ours": [2.0, 1.0], "theirs": [2.0, other]}
    if fine:
        assert abs(gpu.compare(losses, tf32) - abs(other - 1)) < 1e-2
    else:
        with pytest.raises(RuntimeError, match="the losses differ"):
            gpu.compare(losses, tf32)


def test_each_call_waits_for_the_device():
    done = []
    gpu.synchronized(done.append, lambda: done.append("idle"), "step")()
    assert done == ["step", "idle"]


def test_each_precision_runs_in_a_process_that_cupy_starts_in(monkeypatch):
    commands = []

    def run(command, env, check):
        commands.append((command[-3], env["CUPY_TF32"]))
        command[-1].write_text('{"L": 1}', encoding="utf-8")

    monkeypatch.setattr(gpu.subprocess, "run", run)
    monkeypatch.setattr(sys, "argv", ["gpu.py", "--turns", "2"])
    assert [gpu.in_own_process(tf32) for tf32 in ("off", "on")] == [{"L": 1}] * 2
    assert commands == [("off", "0"), ("on", "1")]


@pytest.mark.parametrize(
    ("library", "message"),
    [(None, "needs CuPy: pip install"), (fake_cupy, "this PyTorch .* has no GPU")],
)
def test_without_a_gpu_it_says_what_is_missing(monkeypatch, library, message):
    torch = import_torch()
    monkeypatch.setitem(sys.modules, "cupy", library)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(sys, "argv", ["gpu.py"])
    with pytest.raises(SystemExit, match=message):
        gpu.main()
