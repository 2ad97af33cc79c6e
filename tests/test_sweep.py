"""The sweeps behind the measured pictures: nothing runs twice, nothing is lost, nothing is mixed up."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import sweep as module
from sweep import SweepError, sweep

pytest.importorskip("distributed", reason="Dask is not installed: pip install distributed")  # fmt: skip

FIGURES = Path(module.__file__).parent


def square(x, noted=None, device="cpu"):
    """The experiment of these tests; it notes that it ran."""
    if noted:
        with open(noted, "a", encoding="utf-8") as file:
            file.write(f"{x}\n")
    if x < 0:
        raise ArithmeticError(f"{x} is below 0")
    return {"square": x * x} | ({} if device == "cpu" else {"device": device})


def settings(values, tmp_path):
    return [{"x": x, "noted": str(tmp_path / "noted")} for x in values]


def ran(tmp_path):
    return sorted(map(int, (tmp_path / "noted").read_text().split()))


def test_results_come_in_the_order_of_the_settings_and_are_kept(tmp_path):
    path = tmp_path / "r.jsonl"
    results = sweep(square, settings([3, 1, 2], tmp_path), path, progress=False)
    assert [r["square"] for r in results] == [9, 1, 4]
    head, *lines = map(json.loads, path.read_text().splitlines())
    assert head == {"format": 1, "experiment": "test_sweep.square", "version": 1}
    assert sorted(line["result"]["square"] for line in lines) == [1, 4, 9]
    for line in lines:
        assert {"setting", "seconds", "python", "numpy", "processor", "command"} < set(line)  # fmt: skip

    # Again, with one setting more: that one alone runs.
    results = sweep(square, settings([1, 2, 3, 5], tmp_path), path, progress=False)
    assert [r["square"] for r in results] == [1, 4, 9, 25]
    assert ran(tmp_path) == [1, 2, 3, 5]


def test_what_is_complete_needs_no_cluster(tmp_path, monkeypatch):
    path = tmp_path / "r.jsonl"
    done = [{"setting": {"x": 2}, "result": {"square": 4}}]
    head = {"format": 1, "experiment": "test_sweep.square", "version": 1}
    path.write_text("".join(json.dumps(line) + "\n" for line in (head, *done)))
    monkeypatch.setattr(module, "connected", None)
    assert sweep(square, [{"x": 2}], path) == [{"square": 4}]


def test_a_failed_run_is_reported_when_the_others_are_stored(tmp_path):
    path = tmp_path / "r.jsonl"
    with pytest.raises(SweepError, match=r"1 of 3 runs failed.*\"x\": -1.*below 0"):
        sweep(square, settings([1, -1, 2], tmp_path), path, progress=False)
    assert len(path.read_text().splitlines()) == 3
    with pytest.raises(SweepError, match="1 of 1 runs failed"):
        sweep(square, settings([1, -1, 2], tmp_path), path, progress=False)


SCRIPT = """
import time
from pathlib import Path
from sweep import sweep

def slow(x, device):
    time.sleep(0.2)
    return x

if __name__ == "__main__":
    sweep(slow, [{"x": x} for x in range(40)], Path("r.jsonl"), progress=False)
"""


def test_a_sweep_that_is_killed_goes_on_where_it_was(tmp_path):
    (tmp_path / "slow.py").write_text(SCRIPT)
    environ = os.environ | {"PYTHONPATH": str(FIGURES)}
    path = tmp_path / "r.jsonl"

    def start():
        command = [sys.executable, "slow.py"]
        return subprocess.Popen(
            command, cwd=tmp_path, env=environ, start_new_session=True
        )

    first = start()
    while not path.exists() or len(path.read_text().splitlines()) < 4:
        time.sleep(0.1)
        assert first.poll() is None
    os.killpg(first.pid, signal.SIGKILL)
    first.wait()
    kept = path.read_text().splitlines()
    assert 4 <= len(kept) < 41
    path.write_text("\n".join(kept) + '\n{"setting": {"x": 39}, "resu')  # cut off
    assert start().wait(timeout=120) == 0
    lines = path.read_text().splitlines()
    assert lines[: len(kept)] == kept
    assert sorted(json.loads(line)["result"] for line in lines[1:]) == list(range(40))


def test_two_sweeps_on_one_file_are_refused(tmp_path):
    path = tmp_path / "r.jsonl"
    with (
        module.results_file(path, "test_sweep.square", 1),
        pytest.raises(SweepError, match="another sweep is writing to .*r.jsonl"),
    ):
        sweep(square, [{"x": 1}], path)


@pytest.mark.parametrize(
    ("line", "version"),
    [('{"format": 1, "experiment": "other.f", "version": 1}', 1), (None, 2)],
)
def test_results_of_another_experiment_or_version_are_refused_and_stay(
    tmp_path, line, version
):
    path = tmp_path / "r.jsonl"
    line = line or '{"format": 1, "experiment": "test_sweep.square", "version": 1}'
    path.write_text(line + "\n")
    with pytest.raises(SweepError, match=r"holds results of .* expected .* move it"):
        sweep(square, [{"x": 1}], path, version=version)
    assert path.read_text() == line + "\n"


@pytest.mark.parametrize("line", ["no json", "3", '{"setting": {"x": 1}}'])
def test_a_file_that_is_no_results_is_refused_and_stays(tmp_path, line):
    path = tmp_path / "r.jsonl"
    head = {"format": 1, "experiment": "test_sweep.square", "version": 1}
    text = json.dumps(head) + "\n" + line + "\n"
    path.write_text(text)
    with pytest.raises(SweepError, match="line 2, is no result of a sweep"):
        sweep(square, [{"x": 1}], path)
    assert path.read_text() == text


def test_a_file_that_is_no_text_is_refused_and_stays(tmp_path):
    path = tmp_path / "r.jsonl"
    path.write_bytes(b"\xff\xd8\xff")
    with pytest.raises(SweepError, match="r.jsonl holds no results: .* decode"):
        sweep(square, [{"x": 1}], path)
    assert path.read_bytes() == b"\xff\xd8\xff"


@pytest.mark.parametrize("text", ["my notes", '{"some": "data"}'])
def test_a_file_of_another_kind_is_refused_and_stays_even_without_a_last_newline(
    tmp_path, text
):
    path = tmp_path / "r.jsonl"
    path.write_text(text)
    with pytest.raises(SweepError, match="holds results of .* move it away"):
        sweep(square, [{"x": 1}], path)
    assert path.read_text() == text


@pytest.mark.parametrize("cut_off", ["", '{"format": 1, "experi'])
def test_a_sweep_killed_while_it_wrote_its_first_line_begins_anew(tmp_path, cut_off):
    path = tmp_path / "r.jsonl"
    path.write_text(cut_off)
    with module.results_file(path, "test_sweep.square", 1) as (_, found):
        assert found == {}
    head = {"format": 1, "experiment": "test_sweep.square", "version": 1}
    assert path.read_text() == json.dumps(head) + "\n"


def test_two_settings_alike_are_refused(tmp_path):
    with pytest.raises(ValueError, match=r'a setting stands twice: {"x": 1}'):
        sweep(square, [{"x": 1}, {"x": 1}], tmp_path / "r.jsonl")


def test_a_scheduler_that_does_not_answer_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "PATIENCE", 1)
    with pytest.raises(
        SweepError, match="no Dask scheduler answers at tcp://127.0.0.1:9"
    ):
        sweep(square, [{"x": 1}], tmp_path / "r.jsonl", scheduler="tcp://127.0.0.1:9")


def test_a_scheduler_by_address_does_the_work(tmp_path):
    from distributed import LocalCluster

    with LocalCluster(n_workers=1, threads_per_worker=1, dashboard_address=":0") as cluster:  # fmt: skip
        results = sweep(
            square, [{"x": 4}], tmp_path / "r.jsonl",
            scheduler=cluster.scheduler_address, progress=False,
        )  # fmt: skip
    assert results == [{"square": 16}]


def test_the_device_is_handed_to_each_run_and_noted(tmp_path):
    path = tmp_path / "r.jsonl"
    (result,) = sweep(square, [{"x": 3}], path, device="cuda", progress=False)
    assert result == {"square": 9, "device": "cuda"}
    assert json.loads(path.read_text().splitlines()[1])["device"] == "cuda"


def test_without_dask_a_sweep_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(ModuleNotFoundError, match="pip install distributed"):
        sweep(square, [{"x": 1}], tmp_path / "r.jsonl")
