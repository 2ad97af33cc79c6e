"""How much arithmetic a training step needs: its matrix products, counted from the equations."""


def step_flops(batch, E, H, V):
    """Return the number of floating-point operations in the matrix products of one training step.

    A product (N, K) @ (K, M) has 2·N·K·M of them. Each product of the forward pass has two in the backward pass, one
    for the gradient of either factor; so, with N_s source words, N_t target words and B sentences,

        3 · 2 · [(N_s + N_t) · E · 3H  +  (N_s − B + N_t) · H · 3H  +  N_t · H · V]
                  inputs                   recurrent                   generator

    Only real words count, for padding need not be computed; and not the recurrent product of the encoder's first
    step, whose state is zero. What is not a product (gates, softmax, Adam) is left out: it is some per cent of the
    arithmetic, though more of the time.
    """
    source_words = int(batch.source_lengths.sum())
    target_words = int(batch.target_lengths.sum())
    sentences = batch.source.shape[1]
    inputs = (source_words + target_words) * E * 3 * H
    recurrent = (source_words - sentences + target_words) * H * 3 * H
    generator = target_words * H * V
    return 3 * 2 * (inputs + recurrent + generator)
