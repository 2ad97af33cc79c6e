/* The model of the book in plain JavaScript: what s2s_np computes for one sentence, forwards only.

   E  numbers in a word's vector      a vector of size n is an array of n numbers
   H  numbers in a state              a matrix (m, n) is {shape: [m, n], data}, row after row
   V  tokens in a vocabulary          a token is its number, from 0 to V − 1 */

"use strict";
{ // a scope of its own for the names below

const BOS = 1, EOS = 2, UNK = 3;

// ---- Text and tokens

/** The tokens of a text: its characters, or what stands between spaces; a syllable is one character (NFC). */
const tokenize = (vocab, text) =>
  vocab.level === "char" ? [...text.normalize("NFC")] : text.normalize("NFC").split(/\s+/).filter(Boolean);

/** The number of each token; 3, UNK, for one that the model has never seen. */
const encode = (vocab, tokens) => tokens.map(token => {
  const i = vocab.tokens.indexOf(token);
  return i > UNK ? i : UNK;
});

/** The text of the numbers, up to the end. */
const decode = (vocab, ids) =>
  ids.filter(i => i !== EOS).map(i => vocab.tokens[i]).join(vocab.level === "char" ? "" : " ");

// ---- Layers

/** emb(i): row i of the matrix (V, E). */
const embedding = ({shape: [, E], data}, i) => data.subarray(i * E, (i + 1) * E);

/** W x + b: (m, n), (n), (m) → (m). */
const linear = ({shape: [m, n], data: W}, x, {data: b}) =>
  Array.from({length: m}, (_, i) => {
    let sum = b[i];
    for (let j = 0; j < n; j++) sum += W[i * n + j] * x[j];
    return sum;
  });

const sigmoid = a => 1 / (1 + Math.exp(-a));

/** One step of a GRU: x (E), h (H) → h' (H). The blocks of r, z and n stand one above the other in a (3H) and u (3H). */
function gruStep(params, name, x, h) {
  const H = h.length;
  const a = linear(params[`${name}.weight_ih_l0`], x, params[`${name}.bias_ih_l0`]);
  const u = linear(params[`${name}.weight_hh_l0`], h, params[`${name}.bias_hh_l0`]);
  return Array.from(h, (h_i, i) => {
    const r = sigmoid(a[i] + u[i]);                        // reset gate
    const z = sigmoid(a[H + i] + u[H + i]);                // update gate
    const n = Math.tanh(a[2 * H + i] + r * u[2 * H + i]);  // new state, proposed
    return (1 - z) * n + z * h_i;
  });
}

/** The generator: log softmax(W h + b), (H) → (V), with the largest score taken out. */
function generator(params, h) {
  const s = linear(params["generator.weight"], h, params["generator.bias"]);
  const largest = Math.max(...s);
  const total = Math.log(s.reduce((sum, s_v) => sum + Math.exp(s_v - largest), 0));
  return s.map(s_v => s_v - largest - total);
}

// ---- The model

/** The encoder: tokens → [h_0 = 0, h_1, …, h_n], each (H). The last one is the sentence's vector. */
function encoder({params, config}, ids) {
  const states = [new Array(config.hidden_size).fill(0)];
  for (const i of ids) {
    const x = embedding(params["encoder.embedding.weight"], i);
    states.push(gruStep(params, "encoder.rnn", x, states.at(-1)));
  }
  return states;
}

/** Where the decoder starts: h_0 = h_n, and c = h_n for a model that reads the sentence's vector at every step. */
function start(model, ids) {
  const h = encoder(model, ids).at(-1);
  return {h, c: model.config.context === "every_step" ? h : []};
}

/** One step of decoder and generator: the token before, a state → log P(·|X, y_<t) (V), and the next state. */
function step({params}, token, {h, c}) {
  const y = embedding(params["decoder.embedding.weight"], token);
  const h_t = gruStep(params, "decoder.rnn", [...y, ...c], h);
  const features = c.length ? [...y, ...h_t, ...c] : h_t;
  return {logProbs: generator(params, features), state: {h: h_t, c}};
}

// ---- Search

/** The most probable token at every step, until EOS. */
function greedySearch(model, ids, maxLength) {
  let state = start(model, ids), token = BOS;
  const hypothesis = {tokens: [], logProb: 0};
  while (token !== EOS && hypothesis.tokens.length < maxLength) {
    const {logProbs, state: next} = step(model, token, state);
    token = logProbs.indexOf(Math.max(...logProbs));
    hypothesis.tokens.push(token);
    hypothesis.logProb += logProbs[token];
    state = next;
  }
  return hypothesis;
}

/** The K most probable beginnings at every step; one that takes EOS is complete and leaves its place.
    Returns the hypotheses, the best first, and of each step the best 2K candidates, for the tree. */
function beamSearch(model, ids, K, maxLength) {
  let beam = [{tokens: [], logProb: 0, last: BOS, state: start(model, ids)}];
  const complete = [], steps = [];
  for (let t = 1; t <= maxLength && beam.length; t++) {
    const candidates = beam.flatMap((parent, row) => {
      const {logProbs, state} = step(model, parent.last, parent.state);
      return logProbs.map((gain, token) => ({
        parent, row, last: token, state, tokens: [...parent.tokens, token], logProb: parent.logProb + gain,
      }));
    }).sort((a, b) => b.logProb - a.logProb || a.row - b.row || a.last - b.last);
    const kept = candidates.slice(0, K - complete.length);
    steps.push(candidates.slice(0, 2 * K).map(node => Object.assign(node, {kept: kept.includes(node)})));
    complete.push(...kept.filter(node => node.last === EOS));
    beam = kept.filter(node => node.last !== EOS);
  }
  return {hypotheses: [...complete, ...beam].sort((a, b) => b.logProb - a.logProb), steps};
}

// ---- The file that s2s_np.browser.export_model wrote

/** Its tensors, from text to numbers. */
function load({config, source_vocab, target_vocab, num_parameters, map, params}) {
  const tensor = ({shape, float32}) => ({
    shape, data: new Float32Array(Uint8Array.from(atob(float32), letter => letter.charCodeAt(0)).buffer),
  });
  const each = parts => Object.fromEntries(
    Object.entries(parts).map(([name, part]) => [name, part.float32 ? tensor(part) : part]));
  return {config, source_vocab, target_vocab, num_parameters, map: each(map), params: each(params)};
}

/** Where a state (H) lies on the map: its distance from the mean along both axes. */
const project = ({map: {mean, axes: {data, shape: [, H]}}}, h) =>
  [0, 1].map(k => h.reduce((sum, h_i, i) => sum + (h_i - mean.data[i]) * data[k * H + i], 0));

globalThis.s2s = {
  BOS, EOS, UNK, tokenize, encode, decode, embedding, encoder, start, step, greedySearch, beamSearch, load, project,
};
}
