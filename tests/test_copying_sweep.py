"""The experiment on copying, in a few steps, and what counts as a copy."""

import copying as module
import numpy as np

from s2s_np import Seq2Seq
from s2s_np.results import read_results
from s2s_np.tasks.copying import vocab


def test_a_small_run_returns_what_the_stored_runs_have():
    small = module.setting("gru", 16, 10, 10, 0) | {"longest": 4}
    result = module.measure(**small, device="cpu")
    stored, *_ = read_results(module.RESULTS, module.VERSION)
    assert (small | result).keys() == stored.keys()
    assert len(result["exact"]) == len(result["bits"]) == 4


class Echo:
    """A model that says what it was told to say."""

    def __init__(self, copies):
        self.copies = copies

    def translate(self, texts, max_length):
        return self.copies


def test_a_copy_that_ends_too_early_or_too_late_is_not_exact():
    pairs = [("1 2 3", "1 2 3")] * 4
    copies = ["1 2 3", "1 2", "1 2 3 4", "1 0 3"]
    assert module.rights(Echo(copies), pairs).tolist() == [
        [True, True, True, True],
        [True, True, False, True],
        [True, True, True, False],
        [True, False, True, True],
    ]


def test_an_untrained_model_misses_about_all_the_bits():
    words = vocab(10)
    model = Seq2Seq(words, words, 4, 8)
    bits = module.missing_bits(model, [("1 2 3", "1 2 3"), ("4 5 6", "4 5 6")])
    assert np.isclose(bits, np.log2(14), atol=0.5)
