"""The same seed on the same machine gives the same bits: in one process and in another.

That a break in the middle changes nothing is tested in test_resume.py, that a GPU gives them in test_gpu.py.
"""

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from resumed_run import new_model, train

KINDS = {
    "gru": {},
    "lstm": {"cell": "lstm", "bidirectional": True},
    "rnn": {"cell": "rnn", "reverse_source": True},
    "every step": {"context": "every_step", "dtype": "float64"},
    "without chance": {"dropout": 0.0},
}
PLAIN = {"teacher_forcing": 1.0, "label_smoothing": 0.0}


def digest(name):
    """Train a model and return a digest of its bits and of what training has seen."""
    model = new_model(**KINDS[name])
    history = train(model, **(PLAIN if name == "without chance" else {}), epochs=2)
    del history["seconds"]
    content = [array.tobytes() for array in model.state_dict().values()]
    content.append(json.dumps(history).encode())
    return hashlib.sha256(b"".join(content)).hexdigest()


@pytest.fixture(scope="module")
def elsewhere():
    """The digests that two processes find, whose sets and dicts have their strings in different orders."""
    code = f"from test_determinism import digest; print([digest(n) for n in {list(KINDS)}])"  # fmt: skip
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", code],
            cwd=Path(__file__).parent,
            env={**os.environ, "PYTHONHASHSEED": seed},
            stdout=subprocess.PIPE,
            text=True,
        )
        for seed in ("1", "2")
    ]
    outputs = [process.communicate()[0] for process in processes]
    return [json.loads(output.replace("'", '"')) for output in outputs]


@pytest.mark.parametrize("name", KINDS)
def test_the_same_seed_gives_the_same_bits_here_and_in_other_processes(name, elsewhere):
    place = list(KINDS).index(name)
    assert {digest(name), digest(name), *(found[place] for found in elsewhere)} == {
        elsewhere[0][place]
    }


def test_the_digest_tells_models_apart():
    assert len({digest(name) for name in KINDS}) == len(KINDS)
