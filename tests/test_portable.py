"""The runs on other machines: what each sets, how reports are counted, and that all that are stored passed."""

import json

import portable
import pytest

REPORT = '<testsuites><testsuite tests="9" failures="2" errors="1" skipped="3" /></testsuites>'


def test_a_report_is_counted(tmp_path):
    path = tmp_path / "report.xml"
    path.write_text(REPORT)
    assert portable.counts(path) == {"passed": 3, "failed": 3, "skipped": 3}


def test_a_run_that_left_no_report_has_failed(tmp_path):
    assert portable.counts(tmp_path / "none.xml")["failed"] == 1


def test_a_run_sets_its_own_variables_and_takes_away_the_machine_s(
    monkeypatch, tmp_path
):
    monkeypatch.setenv("OPENBLAS_CORETYPE", "Zen")
    assert portable.surroundings({"A": "1"}, tmp_path)["A"] == "1"
    assert "OPENBLAS_CORETYPE" not in portable.surroundings({}, tmp_path)
    assert portable.surroundings({}, tmp_path)["OPENBLAS_NUM_THREADS"] == "1"


def test_only_what_numpy_would_use_here_is_disabled(tmp_path):
    settings = {"disable": ("NO_SUCH_FEATURE", *portable.AVX2)}
    disabled = portable.surroundings(settings, tmp_path)["NPY_DISABLE_CPU_FEATURES"]
    assert "NO_SUCH_FEATURE" not in disabled
    assert all(map(portable.can_be_disabled, disabled.split()))


def test_a_run_that_is_not_there_is_named(monkeypatch):
    monkeypatch.setattr("sys.argv", ["portable.py", "PowerPC"])
    with pytest.raises(SystemExit, match="no run is called PowerPC; there are: Open"):
        portable.main()


def test_every_stored_run_passed():
    for name, found in json.loads(portable.RESULTS.read_text()).items():
        assert name in portable.RUNS
        assert all(found[suite]["failed"] == 0 for suite in portable.SUITES), name
