"""Results of experiments, read back and summed up."""

import json
import sys

import numpy as np
import pytest

from s2s_np.results import (
    Band,
    ResultsError,
    median_band,
    read_results,
    stored,
)

HEAD = {"format": 1, "experiment": "copying.measure", "version": 2}
RUNS = [
    {"setting": {"H": H}, "result": {"exact": H / 64}, "seconds": 1.0} for H in (16, 32)
]


def write(tmp_path, *lines):
    path = tmp_path / "r.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return path


def test_a_run_is_its_setting_and_its_result_in_one(tmp_path):
    path = write(tmp_path, HEAD, *RUNS)
    expected = [{"H": 16, "exact": 0.25}, {"H": 32, "exact": 0.5}]
    assert read_results(path) == read_results(path, version=2) == expected


def test_another_version_is_refused(tmp_path):
    with pytest.raises(
        ResultsError, match=r"version 2 of copying.measure, expected 3; run its script"
    ):
        read_results(write(tmp_path, HEAD, *RUNS), version=3)


@pytest.mark.parametrize("lines", [[], RUNS, [HEAD | {"format": 9}], [{"a": 1}]])
def test_a_file_of_another_kind_is_refused(tmp_path, lines):
    with pytest.raises(ResultsError, match=r"no file of results of format 1"):
        read_results(write(tmp_path, *lines))


@pytest.mark.parametrize("line", [3, {"setting": {}}, None])
def test_a_line_that_is_no_run_is_named(tmp_path, line):
    with pytest.raises(ResultsError, match="line 3, is no result of a sweep"):
        read_results(write(tmp_path, HEAD, RUNS[0], line))


def test_a_band_is_the_bootstrap_of_the_median():
    values = np.random.default_rng(0).normal(size=30)
    band = median_band(values)
    assert band.median == np.median(values)
    rng = np.random.default_rng(1)
    medians = np.median(values[rng.integers(0, 30, (20_000, 30))], axis=1)
    np.testing.assert_allclose(
        [band.low, band.high], np.quantile(medians, [0.025, 0.975]), atol=0.05
    )


def test_the_band_of_five_reaches_from_the_least_to_the_greatest():
    assert median_band([3, 1, 2, 5, 4]) == Band(3, 1, 5)


def test_values_that_are_all_alike_are_their_own_band():
    assert median_band([2.0]) == median_band([2, 2, 2]) == Band(2, 2, 2)


def test_a_band_says_what_it_holds():
    band = Band(0.5, 0.4, 0.7)
    assert band.holds(0.4) and band.holds(0.75, margin=0.1)
    assert not band.holds(0.75)
    assert str(band) == "0.5 [0.4, 0.7]"


@pytest.mark.parametrize("values", [[], [1.0, np.nan], [[1.0]]])
def test_what_has_no_median_is_refused(values):
    with pytest.raises(ValueError, match="expected a list of finite numbers"):
        median_band(values)


def test_without_scipy_a_band_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "scipy.stats", None)
    with pytest.raises(ModuleNotFoundError, match="pip install scipy"):
        median_band([1.0, 2.0])


def test_a_stored_file_is_found_in_the_repository_by_its_name():
    for name in ("copying.jsonl", "training-SkylakeX.json", "gru.npz"):
        assert stored(name).name == name and stored(name).is_file()


def test_an_installed_package_reads_its_own_copies(tmp_path, monkeypatch):
    copy = tmp_path / "stored" / "figures" / "copying.jsonl"
    copy.parent.mkdir(parents=True)
    copy.touch()
    monkeypatch.setattr("s2s_np.results.PACKAGE", tmp_path)
    assert stored("copying.jsonl") == copy


def test_a_file_that_is_not_stored_is_named_beside_those_of_its_kind(
    tmp_path, monkeypatch
):
    with pytest.raises(FileNotFoundError, match=r"'copy.jsonl'; .* copying.jsonl, "):
        stored("copy.jsonl")
    monkeypatch.setattr("s2s_np.results.PACKAGE", tmp_path / "s2s_np")
    with pytest.raises(FileNotFoundError, match="of its kind there are none"):
        stored("copying.jsonl")
