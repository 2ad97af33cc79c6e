/* The model of the book in plain JavaScript: what s2s_np computes for one sentence,
   and only forwards.

   E  numbers in a word's vector      a vector of size n is an array of n numbers
   H  numbers in a state              a matrix (m, n) is {shape: [m, n], data}, row by row
   V  tokens in a vocabulary          a token is its number, from 0 to V − 1 */

"use strict";
{ // a scope of its own for the names below

const BOS = 1, EOS = 2, UNK = 3;

// ---- Text and tokens

/** The tokens of a text: its characters, or what stands between spaces.
    In the composed form (NFC) a Hangul syllable is one character. */
function tokenize({level}, text) {
  const composed = text.normalize("NFC");
  return level === "char" ? [...composed] : composed.split(/\s+/).filter(Boolean);
}

/** The number of each token; UNK for one that the model has never seen. */
const encode = (vocab, tokens) =>
  tokens.map(token => Math.max(UNK, vocab.tokens.indexOf(token)));

/** The text of the numbers, without the end. */
const decode = ({level, tokens}, ids) =>
  ids.filter(i => i !== EOS).map(i => tokens[i]).join(level === "char" ? "" : " ");

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

/** One step of a GRU: x (E), h (H) → h' (H).
    In a (3H) and u (3H) stand the blocks of r, z and n one after the other. */
function gruStep(params, name, x, h) {
  const H = h.length;
  const a = linear(params[`${name}.weight_ih_l0`], x, params[`${name}.bias_ih_l0`]);
  const u = linear(params[`${name}.weight_hh_l0`], h, params[`${name}.bias_hh_l0`]);
  return h.map((h_i, i) => {
    const r = sigmoid(a[i] + u[i]);                        // reset gate
    const z = sigmoid(a[H + i] + u[H + i]);                // update gate
    const n = Math.tanh(a[2 * H + i] + r * u[2 * H + i]);  // new state, proposed
    return (1 - z) * n + z * h_i;
  });
}

/** The generator: log softmax(W h + b), (H) → (V), the largest score taken out first. */
function generator(params, h) {
  const s = linear(params["generator.weight"], h, params["generator.bias"]);
  const largest = Math.max(...s);
  const sum = s.reduce((sum, s_v) => sum + Math.exp(s_v - largest), 0);
  return s.map(s_v => s_v - largest - Math.log(sum));
}

// ---- The model

/** The encoder: n tokens → [h_0 = 0, h_1, …, h_n], (H) each; the last is the vector. */
function encoder({params, config}, ids) {
  const states = [Array(config.hidden_size).fill(0)];
  for (const i of ids) {
    const x = embedding(params["encoder.embedding.weight"], i);
    states.push(gruStep(params, "encoder.rnn", x, states.at(-1)));
  }
  return states;
}

/** Where the decoder starts: at h_n, with c = h_n if it reads the vector at every step. */
function start(model, ids) {
  const h = encoder(model, ids).at(-1);
  return {h, c: model.config.context === "every_step" ? h : []};
}

/** Decoder and generator, one step: the token before and the state
    → log P(·|X, y_<t) (V) and the next state. */
function step({params}, token, {h, c}) {
  const y = embedding(params["decoder.embedding.weight"], token);
  const h_t = gruStep(params, "decoder.rnn", [...y, ...c], h);
  const features = c.length ? [...y, ...h_t, ...c] : h_t;
  return {logProbs: generator(params, features), state: {h: h_t, c}};
}

// ---- Search

/** The most probable token at every step, until EOS. */
function greedySearch(model, ids, maxLength) {
  const tokens = [];
  let state = start(model, ids), logProb = 0;
  while (tokens.at(-1) !== EOS && tokens.length < maxLength) {
    const next = step(model, tokens.at(-1) ?? BOS, state);
    const best = Math.max(...next.logProbs);
    tokens.push(next.logProbs.indexOf(best));
    logProb += best;
    state = next.state;
  }
  return {tokens, logProb};
}

/** The K most probable beginnings at every step; one that takes EOS leaves its place.
    Returns the hypotheses, the best first, and each step's best 2K for the tree. */
function beamSearch(model, ids, K, maxLength) {
  let beam = [{tokens: [], logProb: 0, state: start(model, ids)}];
  const complete = [], steps = [];
  while (beam.length && steps.length < maxLength) {
    const candidates = beam.flatMap((parent, row) => {
      const {logProbs, state} = step(model, parent.tokens.at(-1) ?? BOS, parent.state);
      return logProbs.map((gain, last) => ({
        parent, row, last, state, logProb: parent.logProb + gain,
        tokens: [...parent.tokens, last],
      }));
    });
    candidates.sort((a, b) => b.logProb - a.logProb || a.row - b.row || a.last - b.last);
    const kept = candidates.slice(0, K - complete.length);
    for (const node of kept) node.kept = true;
    steps.push(candidates.slice(0, 2 * K));
    complete.push(...kept.filter(node => node.last === EOS));
    beam = kept.filter(node => node.last !== EOS);
  }
  const hypotheses = [...complete, ...beam].sort((a, b) => b.logProb - a.logProb);
  return {hypotheses, steps};
}

// ---- The file that s2s_np.browser.export_model wrote

/** The file's object, its tensors turned from text to numbers. */
function load(file) {
  const tensor = ({shape, float32}) => {
    const bytes = Uint8Array.from(atob(float32), letter => letter.charCodeAt(0));
    return {shape, data: new Float32Array(bytes.buffer)};
  };
  const numbers = parts => Object.fromEntries(Object.entries(parts).map(
    ([name, part]) => [name, part.float32 ? tensor(part) : part]));
  return {...file, map: numbers(file.map), params: numbers(file.params)};
}

/** Where a state (H) lies on the map: its way from the mean, along both axes. */
const project = ({map: {mean, axes: {data, shape: [, H]}}}, h) =>
  [0, 1].map(k => h.reduce((sum, h_i, i) => sum + (h_i - mean.data[i]) * data[k * H + i], 0));

globalThis.s2s = {
  BOS, EOS, UNK, tokenize, encode, decode, encoder, start, step, greedySearch, beamSearch,
  load, project,
};
}
