"""The contestant that this book builds: `s2s_np` on NumPy."""

from problem import LEARNING_RATE, MAX_NORM

from s2s_np import Adam, beam_search, clip, greedy_search


class Ours:
    """A training step and the searches of `s2s_np`, on `model` itself, a `Seq2Seq`."""

    name = "s2s_np"

    def __init__(self, model):
        self.model = model
        self.adam = Adam(model.params)

    def prepare(self, batch):
        """Return the batch as `step` takes it."""
        return batch

    def step(self, batch):
        """Forward, loss, backward, clipping, Adam; return the loss before the step, in nats a word."""
        loss, grads = self.model.loss_and_grads(batch)
        loss = float(loss)
        clip(grads, MAX_NORM)
        self.adam.step(self.model.params, grads, LEARNING_RATE)
        return loss

    def greedy(self, source, lengths, max_length):
        """Return the words, a tuple for each sentence of `source (T_s, B)`, that greedy search finds."""
        state = self.model.start(source, lengths)
        found = greedy_search(self.model.step, state, source.shape[1], max_length)
        return [hypothesis.tokens for hypothesis in found]

    def beam(self, source, lengths, max_length, beam_size):
        """Return the words, a tuple for each sentence, of the best hypothesis of beam search."""
        state = self.model.start(source, lengths)
        found = beam_search(
            self.model.step, state, source.shape[1], beam_size, max_length
        )
        return [hypotheses[0].tokens for hypotheses in found]
