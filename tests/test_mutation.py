"""How mutants are read: what each changes, and which are counted as alive."""

import json

import mutation

MODULE = """
def x_half__mutmut_orig(x):
    return x / 2

def x_half__mutmut_1(x):
    return x * 2

def x_half__mutmut_2(x):
    return x / 3
"""


def test_what_a_mutant_changes_is_told_by_its_lines():
    functions = mutation.sources(MODULE)
    found = mutation.change(functions, "x_half__mutmut_2")
    assert found == ["half", "return x / 2", "return x / 3"]


def test_a_mutant_of_a_method_is_told_by_the_method():
    text = MODULE.replace("x_half", "xǁAdamǁstep")
    found = mutation.change(mutation.sources(text), "xǁAdamǁstep__mutmut_1")
    assert found[0] == "step"


def test_a_mutant_that_no_test_ran_is_alive_too(monkeypatch, tmp_path):
    monkeypatch.setattr(mutation, "LAYERS", ("half",))
    place = tmp_path / "mutants" / "s2s_np"
    place.mkdir(parents=True)
    (place / "half.py").write_text(MODULE)
    for code, alive in ((0, 1), (33, 1), (1, 0)):
        codes = {"s2s_np.half.x_half__mutmut_1": code, "s2s_np.half.x_half__mutmut_2": 1}  # fmt: skip
        meta = json.dumps({"exit_code_by_key": codes})
        (place / "half.py.meta").write_text(meta)
        found = mutation.read(tmp_path)["half"]
        assert found["mutants"] == 2 and len(found["survived"]) == alive


def test_mutmut_is_told_what_to_change_and_what_to_run(tmp_path):
    mutation.prepare(tmp_path)
    text = (tmp_path / "pyproject.toml").read_text(encoding="utf-8")
    assert '"s2s_np/gru.py"' in text and '"tests/test_gru.py"' in text
    assert (tmp_path / "s2s_np" / "gru.py").is_file()
