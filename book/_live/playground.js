/* The playground: text goes in, and what the model computes on the way is drawn, step by step.

   Each <div class="s2s-live"> on the page says in its data which models it offers and which parts it shows; see
   book/_ext/live.py. All numbers come from seq2seq.js, the weights from one file a model. No library is used,
   and nothing is asked of a server: the page works from the disk. */

"use strict";
{

const HERE = document.currentScript.src;
const LONGEST_INPUT = 60, LONGEST_OUTPUT = 60;   // tokens
const BEAMS = [1, 2, 3, 4];
const LISTED = 5;                                // probabilities in the decoder's list
const PACE = 260;                                // milliseconds a step
const MARKS = [                                  // one shape and one colour a group, as s2s_np.plot has them
  "M-3 0a3 3 0 1 0 6 0a3 3 0 1 0-6 0Z", "M0-4 3.6 2.8H-3.6Z", "M-2.8-2.8H2.8V2.8H-2.8Z", "M0-4 4 0 0 4-4 0Z",
  "M0 4 3.6-2.8H-3.6Z", "M-1.2-3.6H1.2V-1.2H3.6V1.2H1.2V3.6H-1.2V1.2H-3.6V-1.2H-1.2Z",
  "M-3.4-2 -2-3.4 0-1.4 2-3.4 3.4-2 1.4 0 3.4 2 2 3.4 0 1.4-2 3.4-3.4 2-1.4 0Z", "M-4-1.1H4V1.1H-4Z",
];
const LOW = [0, 114, 178], HIGH = [213, 94, 0];  // blue for −1, vermilion for +1, the page's ground for 0

// ---- Small things

/** An HTML element; `attributes` may hold listeners (onclick) too. */
function html(tag, attributes = {}, ...children) {
  return filled(document.createElement(tag), attributes, children);
}

function svg(tag, attributes = {}, ...children) {
  return filled(document.createElementNS("http://www.w3.org/2000/svg", tag), attributes, children);
}

function filled(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value !== false && value != null) element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children);
  return element;
}

/** A token for the eye: what cannot be seen gets a sign. */
const shown = token => ({" ": "␣", "<eos>": "■", "<bos>": "▶", "<unk>": "?"})[token] ?? token;

/** A token for the ear. */
const spoken = token => ({" ": "space", "<eos>": "the end", "<bos>": "the beginning", "<unk>": "an unknown token"})[token]
  ?? `“${token}”`;

const percent = p => (p > 0.9995 && p < 1 ? "> 99.9 %" : p < 0.0005 ? "< 0.1 %" : `${(100 * p).toFixed(1)} %`)
  .replaceAll(" ", "\u00a0");

/** The width of the longest of some tokens, about, in tenths of a letter's height; a syllable is twice a letter. */
const widest = tokens => Math.max(...tokens.map(token => 10 * token.length + 7 * (token.match(/[가-힣]/g) ?? []).length));

/** Turn a state into one column of pixels, a unit each. */
function paint(canvas, h) {
  canvas.width = 1;
  canvas.height = h.length;
  const pixels = new ImageData(1, h.length);
  h.forEach((h_i, i) => pixels.data.set([...(h_i < 0 ? LOW : HIGH), 255 * Math.min(1, Math.abs(h_i))], 4 * i));
  canvas.getContext("2d").putImageData(pixels, 0, 0);
}

/** A state in words. */
function described(h, before) {
  const [high, low] = [h.filter(h_i => h_i > 0.5), h.filter(h_i => h_i < -0.5)].map(some => some.length);
  const moved = before ? `, ${distance(h, before).toFixed(2)} away from the state before` : "";
  return `${high} of ${h.length} numbers above one half, ${low} below minus one half${moved}`;
}

const distance = (a, b) => Math.hypot(...a.map((a_i, i) => a_i - b[i]));

const loading = {};

/** The model's numbers, from its file beside this script. */
function modelOf(name) {
  return loading[name] ??= new Promise((found, failed) => {
    const src = new URL(`../models/${name}.js`, HERE).href;
    document.head.append(html("script", {
      src,
      onload: () => found(s2s.load(s2s_models[name])),
      onerror: () => failed(new Error(`The model's file models/${name}.js does not load.`)),
    }));
  });
}

// ---- All that is computed for one text

/** Encode, search, and go along the best hypothesis once more to see each step's state and probabilities.
    The steps are 0 to n for the encoder, and one more for each that the search makes. */
function runOf(model, tokens, K) {
  const ids = s2s.encode(model.source_vocab, tokens);
  const {hypotheses, steps} = s2s.beamSearch(model, ids, K, LONGEST_OUTPUT);
  let state = s2s.start(model, ids), fed = s2s.BOS;
  const written = hypotheses[0].tokens.map(token => {
    const {logProbs, state: next} = s2s.step(model, fed, state);
    const one = {fed, token, h: next.h, before: state.h, p: logProbs.map(Math.exp)};
    [state, fed] = [next, token];
    return one;
  });
  const states = s2s.encoder(model, ids);
  return {
    tokens, states, written, hypotheses, steps,
    n: tokens.length,
    last: tokens.length + steps.length,  // a beam may go on after its best hypothesis has come to an end
    path: states.map(h => s2s.project(model, h)),
    unknown: [...new Set(tokens.filter((_, i) => ids[i] === s2s.UNK))],
  };
}

// ---- The parts: each has an element, and draws what there is to see of a run after step t

/** States as columns of colours, for the encoder's steps or the decoder's. */
function stripOf({go}, name, title, columnsOf) {
  const columns = html("div", {class: "s2s-columns", role: "toolbar", "aria-label": `${title}: a column a step`});
  columns.addEventListener("keydown", event => {
    const to = {
      ArrowLeft: document.activeElement.previousElementSibling, ArrowRight: document.activeElement.nextElementSibling,
      Home: columns.firstElementChild, End: columns.lastElementChild,
    }[event.key];
    if (!(event.key in {ArrowLeft: 1, ArrowRight: 1, Home: 1, End: 1})) return;
    event.preventDefault();
    if (to) to.click(), columns.querySelector("[aria-current]")?.focus();
  });
  let drawn = null;
  return {
    element: html("figure", {class: `s2s-part s2s-${name}`}, html("figcaption", {}, title), columns),
    draw(run, t, model) {
      if (run !== drawn?.run) {
        const vocab = name === "reads" ? model.source_vocab : model.target_vocab;
        columns.classList.toggle("s2s-words", vocab.level === "word");
        columns.style.setProperty("--s2s-label", vocab.level === "word" ? `${0.5 + 0.045 * widest(vocab.tokens)}rem` : null);
        columns.replaceChildren(...columnsOf(run, model).map(({step, token, h, says}) => {
          const canvas = html("canvas", {"aria-hidden": "true"});
          paint(canvas, h);
          return html("button", {type: "button", "data-step": step, "aria-label": says, onclick: () => go(step)},
            html("span", {class: "s2s-token", "aria-hidden": "true"}, shown(token)), canvas);
        }));
        drawn = {run};
      }
      let current = null;
      for (const column of columns.children) {
        const step = Number(column.dataset.step);
        column.classList.toggle("s2s-future", step > t);
        column.toggleAttribute("hidden", name === "writes" && step > t);
        column.removeAttribute("aria-current");
        if (step <= t) current = column;
      }
      for (const column of columns.children) column.tabIndex = column === (current ?? columns.firstElementChild) ? 0 : -1;
      if (current && Number(current.dataset.step) === t) current.setAttribute("aria-current", "step");
      if (current) keepInView(columns, current.offsetLeft, current.offsetWidth);
    },
    clear() {
      columns.replaceChildren();
      drawn = null;
    },
  };
}

/** Scroll a box sideways, and nothing else, so that what lies at `left` is seen. */
function keepInView(box, left, width) {
  const from = left - box.offsetLeft;
  if (from < box.scrollLeft || from + width > box.scrollLeft + box.clientWidth)
    box.scrollLeft = from - box.clientWidth / 2;
}

const readColumns = (run, model) => run.tokens.map((token, i) => ({
  step: i + 1, token, h: run.states[i + 1],
  says: `Step ${i + 1}, reads ${spoken(token)}: ${described(run.states[i + 1], run.states[i])}`,
}));

const writtenColumns = (run, model) => run.written.map(({fed, token, h, before, p}, i) => {
  const [given, chosen] = [fed, token].map(id => model.target_vocab.tokens[id]);
  return {
    step: run.n + i + 1, token: chosen, h,
    says: `Step ${run.n + i + 1}, given ${spoken(given)}, writes ${spoken(chosen)} with probability`
      + ` ${percent(p[token])}: ${described(h, before)}`,
  };
});

/** The plane of the sentence vectors, and the way of the state through it. */
function mapOf() {
  const WIDTH = 360, HEIGHT = 270, EDGE = 14;
  const picture = svg("svg", {class: "s2s-map", viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img"});
  const legend = html("ul", {class: "s2s-legend"});
  let drawn = null;

  function prepared({map}, run) {
    const {data} = map.points;
    const points = map.texts.map((_, i) => [data[2 * i], data[2 * i + 1]]);
    const [x, y] = [0, 1].map(k => {
      const values = [...points, ...run.path].map(point => point[k]);
      const [least, most] = [Math.min(...values), Math.max(...values)];
      const [from, to] = k ? [HEIGHT - EDGE, EDGE] : [EDGE, WIDTH - EDGE];
      return value => from + (to - from) * (value - least) / (most - least);
    });
    const groups = [...new Set(map.labels)];
    legend.replaceChildren(...groups.map((label, g) => html("li", {},
      svg("svg", {viewBox: "-5 -5 10 10", "aria-hidden": "true"}, svg("path", {d: MARKS[g], class: `s2s-group-${g}`})), label)));
    const cloud = svg("g", {}, ...points.map((point, i) => svg("path", {
      d: MARKS[groups.indexOf(map.labels[i])], class: `s2s-group-${groups.indexOf(map.labels[i])}`,
      transform: `translate(${x(point[0])} ${y(point[1])})`,
    }, svg("title", {}, map.texts[i]))));
    return {run, x, y, points, cloud};
  }

  return {
    element: html("figure", {class: "s2s-part s2s-lands"},
      html("figcaption", {}, "Where the state is on the map"), picture, legend),
    draw(run, t, model) {
      if (run !== drawn?.run) drawn = prepared(model, run);
      const {x, y, points, cloud} = drawn;
      const n = Math.min(t, run.n);
      const way = run.path.slice(0, n + 1);
      const [px, py] = way.at(-1);
      const away = points.map(([qx, qy]) => Math.hypot(qx - px, qy - py));
      const nearest = model.map.texts[away.indexOf(Math.min(...away))];
      const whole = n === run.n;
      picture.setAttribute("aria-label", `Map of ${points.length} sentence vectors. After ${n} tokens the state lies`
        + ` nearest to the vector of “${nearest}”.`);
      const left = x(px) > WIDTH / 2;
      picture.replaceChildren(cloud,
        svg("polyline", {class: "s2s-way", points: way.map(([a, b]) => `${x(a)},${y(b)}`).join(" ")}),
        ...way.map(([a, b]) => svg("circle", {class: "s2s-way-step", r: 2, cx: x(a), cy: y(b)})),
        svg("circle", {class: "s2s-here", r: whole ? 7 : 5, cx: x(px), cy: y(py)}),
        svg("text", {
          class: "s2s-here-label", x: x(px) + (left ? -11 : 11), y: Math.max(14, y(py) - 8), "text-anchor": left ? "end" : "start",
        }, whole ? "the sentence's vector" : n ? `after ${shown(run.tokens[n - 1])}` : "h₀ = 0"));
    },
    clear() {
      picture.replaceChildren();
      picture.setAttribute("aria-label", "Map of sentence vectors, empty.");
      drawn = null;
    },
  };
}

/** The most probable tokens of the decoder's step. */
function choiceOf() {
  const bars = html("ol", {class: "s2s-bars"});
  const caption = html("figcaption", {}, "What the decoder finds probable");
  const none = () => bars.replaceChildren(html("li", {class: "s2s-nothing"}, "Nothing yet: the encoder is still reading."));
  return {
    element: html("figure", {class: "s2s-part s2s-chooses"}, caption, bars),
    draw(run, t, model) {
      const one = run.written[Math.min(t - run.n, run.written.length) - 1];
      if (!one) return none();
      const {tokens} = model.target_vocab;
      bars.style.setProperty("--s2s-name", `${Math.max(...tokens.slice(s2s.UNK + 1).map(token => token.length))}ch`);
      const order = one.p.map((_, v) => v).sort((a, b) => one.p[b] - one.p[a]).slice(0, LISTED);
      return bars.replaceChildren(...order.map(v => html("li", {class: v === one.token ? "s2s-chosen" : null},
        html("span", {class: "s2s-name", title: spoken(tokens[v])}, shown(tokens[v])),
        html("span", {class: "s2s-bar", "aria-hidden": "true"}, html("span", {style: `width: ${100 * one.p[v]}%`})),
        html("span", {class: "s2s-p"}, percent(one.p[v])),
        html("span", {class: "s2s-mark"}, v === one.token ? "✓" : "", html("span", {class: "s2s-unseen"}, v === one.token ? "written" : "")))));
    },
    clear: none,
  };
}

/** Beam search as a tree that grows to the right. */
function treeOf() {
  const picture = svg("svg", {class: "s2s-tree", role: "img"});
  const box = html("div", {class: "s2s-scroll", tabindex: "0", role: "region", "aria-label": "The tree of the beam search"}, picture);
  const list = html("ol", {class: "s2s-hypotheses"});
  const ROW = 22, LEFT = 14;

  return {
    element: html("figure", {class: "s2s-part s2s-searches"},
      html("figcaption", {}, "The search: what it keeps, and what it drops"), box, list),
    draw(run, t, model) {
      const {tokens} = model.target_vocab;
      const COLUMN = 27 + 0.72 * widest(run.steps.flat().map(node => shown(tokens[node.last])));
      const n = Math.max(0, t - run.n);
      const seen = run.steps.slice(0, n);
      const rows = Math.max(2, ...run.steps.map(step => step.length));
      const place = new Map();
      seen.forEach((step, i) => step.forEach((node, row) =>
        place.set(node, [LEFT + COLUMN * (i + 1), ROW * (row + 0.5)])));
      const at = node => place.get(node) ?? [LEFT, ROW * 0.5];
      const half = node => node.parent ? 4 + 3.6 * shown(tokens[node.last]).length : 8;  // of a token's width
      const ended = n === run.steps.length;
      const complete = seen.flat().filter(node => node.kept && node.last === s2s.EOS);
      const running = (seen.at(-1) ?? []).filter(node => node.kept && node.last !== s2s.EOS);
      const ranked = [...complete, ...running].sort((a, b) => b.logProb - a.logProb);
      const alive = lineOf(ranked), won = lineOf(ended ? ranked.slice(0, 1) : []);
      const kind = node => won.has(node) ? "s2s-won" : alive.has(node) ? "s2s-alive" : node.kept ? "s2s-died" : "s2s-pruned";
      const nodes = seen.flat();
      const [width, height] = [LEFT * 2 + COLUMN * (run.steps.length + 0.5), ROW * rows];
      filled(picture, {
        width, height, viewBox: `0 0 ${width} ${height}`,
        "aria-label": ranked.length ? `The beam after ${n} steps: ${ranked.map(node => `${text(model, node)}, ${percent(Math.exp(node.logProb))}`).join("; ")}.` : "The tree has not begun to grow.",
      }, []);
      picture.replaceChildren(
        ...nodes.map(node => {
          const [[x0, y0], [x1, y1]] = [at(node.parent), at(node)];
          const [from, to] = [x0 + half(node.parent), x1 - half(node)], bend = (from + to) / 2;
          return svg("path", {class: kind(node), d: `M${from} ${y0}C${bend} ${y0} ${bend} ${y1} ${to} ${y1}`});
        }),
        svg("text", {x: LEFT, y: ROW * 0.5, class: "s2s-alive"}, "▶"),
        ...nodes.map(node => {
          const [x, y] = at(node);
          return svg("text", {x, y, class: kind(node)}, shown(tokens[node.last]),
            svg("title", {}, `${text(model, node)}: ${percent(Math.exp(node.logProb))}`));
        }));
      list.style.setProperty("--s2s-beam", rows / 2);
      list.replaceChildren(...ranked.map((node, i) => html("li", {class: won.has(node) ? "s2s-won" : null},
        html("span", {class: "s2s-found", title: text(model, node)}, text(model, node)),
        html("span", {class: "s2s-p"}, percent(Math.exp(node.logProb)), won.has(node) ? " ★" : ""),
        won.has(node) ? html("span", {class: "s2s-unseen"}, "the best one") : "")));
      keepInView(box, box.offsetLeft + LEFT + COLUMN * n - COLUMN / 2, COLUMN * 1.5);
    },
    clear() {
      picture.replaceChildren();
      picture.setAttribute("aria-label", "The tree is empty.");
      list.replaceChildren();
    },
  };

  function lineOf(nodes) {
    const line = new Set();
    for (let node of nodes) for (; node; node = node.parent) line.add(node);
    return line;
  }

  function text({target_vocab}, {tokens}) {
    return s2s.decode(target_vocab, tokens) + (tokens.at(-1) === s2s.EOS ? " ■" : " …");
  }
}

// ---- The whole

/** Build one playground into its element. */
function build(place) {
  const models = JSON.parse(place.dataset.models), parts = place.dataset.show.split(" ");
  const reads = parts.some(part => ["encoder", "map"].includes(part));  // which steps there are to see
  const writes = parts.some(part => ["generator", "decoder", "search"].includes(part));
  let about = models[0], model = null, run = null, t = 0, timer = null;
  const id = `s2s-${[...document.querySelectorAll(".s2s-live[data-models]")].indexOf(place)}`;

  const text = html("input", {
    type: "text", id: `${id}-text`, autocomplete: "off", autocapitalize: "off", spellcheck: "false", "aria-describedby": `${id}-said`,
    oninput: () => update(),
  });
  const label = html("label", {for: text.id});
  const examples = html("div", {class: "s2s-examples", role: "group", "aria-label": "Examples"});
  const said = html("p", {class: "s2s-said", id: `${id}-said`, role: "status"});
  const answer = html("output", {class: "s2s-answer", for: text.id, "aria-live": "off"});
  const which = html("select", {id: `${id}-model`, onchange: () => choose(models[which.selectedIndex])},
    ...models.map(one => html("option", {}, one.title)));
  const beam = html("select", {id: `${id}-beam`, onchange: () => update()},
    ...BEAMS.map(K => html("option", {value: K}, K === 1 ? "1, greedy" : K)));
  const slider = html("input", {type: "range", min: 0, max: 1, value: 0, "aria-label": "Step", oninput: () => go(Number(slider.value))});
  const button = (title, does) => html("button", {type: "button", onclick: does}, title);
  const play = button("Play", () => timer ? stop() : start());
  const buttons = [
    button("Start", () => go(-Infinity)), button("Back", () => go(t - 1)), button("One step", () => go(t + 1)), play, button("End", () => go(Infinity)),
  ];

  const bench = {go};
  const makers = {
    encoder: () => stripOf(bench, "reads", "The encoder reads: its state, step by step", readColumns),
    map: mapOf,
    decoder: () => stripOf(bench, "writes", "The decoder writes: its state, step by step", writtenColumns),
    generator: choiceOf,
    search: treeOf,
  };
  const drawn = parts.map(part => makers[part]());

  const asked = html("div", {class: "s2s-asked"});
  if (models.length > 1) asked.append(html("div", {}, html("label", {for: which.id}, "Model"), which));
  asked.append(html("div", {class: "s2s-typed"}, label, text));
  if (parts.includes("search")) asked.append(html("div", {}, html("label", {for: beam.id}, "Beam"), beam));
  const scale = html("div", {class: "s2s-scale", "aria-hidden": "true"}, "−1", html("span"), "+1");
  scale.hidden = !parts.includes("encoder") && !parts.includes("decoder");
  answer.hidden = !writes;
  place.classList.toggle("s2s-small", parts.length < 4);
  place.replaceChildren(
    asked, examples,
    html("div", {class: "s2s-steps", role: "group", "aria-label": "Steps"}, ...buttons, slider),
    said, answer, scale, html("div", {class: "s2s-parts"}, ...drawn.map(part => part.element)));
  place.setAttribute("role", "group");
  place.setAttribute("aria-label", "Try it live");
  choose(about);

  /** Take another model, and its first example. */
  async function choose(one) {
    stop();
    about = one;
    model = run = null;
    label.textContent = one.label;
    text.lang = one.lang;
    text.value = one.examples[0];
    examples.replaceChildren(...one.examples.map(example =>
      html("button", {type: "button", lang: one.lang, onclick: () => { text.value = example; update(); }}, example)));
    say("The model's numbers are being read.");
    try {
      const found = await modelOf(one.name);
      if (about !== one) return;
      model = found;
      update();
    } catch (error) {
      say(error.message);
    }
  }

  /** Compute anew, after a change of the text or the beam, and show the end. */
  function update() {
    if (!model) return;
    stop();
    const tokens = s2s.tokenize(model.source_vocab, text.value);
    const unit = units(tokens.length);
    if (text.value.trim() === "" || tokens.length > LONGEST_INPUT) {
      run = null;
      drawn.forEach(part => part.clear());
      for (const each of [...buttons, slider]) each.disabled = true;
      answer.textContent = "";
      return say(tokens.length > LONGEST_INPUT
        ? `That is ${tokens.length} ${unit}; this page reads up to ${LONGEST_INPUT}. Please shorten it by ${tokens.length - LONGEST_INPUT}.`
        : "The box is empty: type something, or take an example.");
    }
    for (const each of [...buttons, slider]) each.disabled = false;
    run = runOf(model, tokens, Number(beam.value));
    slider.min = reads ? 0 : run.n;
    slider.max = writes ? run.last : run.n;
    go(Infinity);
  }

  /** Show what there is after step t: first the encoder's steps, then the decoder's. */
  function go(to) {
    if (!run) return;
    t = Math.max(slider.min, Math.min(slider.max, to));
    slider.value = t;
    slider.setAttribute("aria-valuetext", `${t} of ${slider.max}`);
    for (const part of drawn) part.draw(run, t, model);
    const all = run.written.map(one => one.token), m = Math.max(0, t - run.n);
    const whole = s2s.decode(model.target_vocab, all), now = s2s.decode(model.target_vocab, all.slice(0, m));
    answer.replaceChildren(now, html("span", {class: "s2s-unwritten"}, whole.slice(now.length)));
    say(inWords(), t === run.last ? whole : "");
    if (t === Number(slider.max)) stop();
  }

  function inWords() {
    const {n, hypotheses: [best]} = run;
    const unknown = run.unknown.length ? ` Never seen in training, and read as “unknown”: ${run.unknown.map(spoken).join(", ")}.` : "";
    if (t === 0) return `Step 0. Nothing is read yet: the state is zero.${unknown}`;
    if (t < n) return `Step ${t}. The encoder reads ${spoken(run.tokens[t - 1])}, ${t} of ${n} ${units(n)}.${unknown}`;
    if (t === n) return `Step ${t}. The encoder has read all ${n} ${units(n)}. All that the decoder gets is this state.${unknown}`;
    const m = run.written.length, {token, p} = run.written[Math.min(t - n, m) - 1];
    const written = spoken(model.target_vocab.tokens[token]);
    if (t === run.last) {
      const cut = token === s2s.EOS ? "the end included" : `stopped after ${LONGEST_OUTPUT}, without an end`;
      return `${n} ${units(n)} read, ${m} tokens written, ${cut}. Probability of the answer: ${percent(Math.exp(best.logProb))}.${unknown}`;
    }
    if (t > n + m) return `Step ${t}. The best answer is complete; the search goes on with the others.`;
    return `Step ${t}. The decoder writes ${written}, with probability ${percent(p[token])}.${unknown}`;
  }

  function units(n) {
    return (model.source_vocab.level === "char" ? "character" : "word") + (n === 1 ? "" : "s");
  }

  /** Put words where they are seen and announced; `answered` is announced alone, since it is seen elsewhere. */
  function say(words, answered = "") {
    said.replaceChildren(words, html("span", {class: "s2s-unseen"}, answered && ` Answer: ${answered}.`));
  }

  /** Play from here, from the beginning if nothing is left; at once to the end where motion is not wanted. */
  function start() {
    if (!run) return;
    if (matchMedia("(prefers-reduced-motion: reduce)").matches) return go(Infinity);
    if (t === Number(slider.max)) go(-Infinity);
    said.setAttribute("aria-live", "off");
    play.textContent = "Pause";
    timer = setInterval(() => go(t + 1), PACE);
  }

  function stop() {
    clearInterval(timer);
    timer = null;
    play.textContent = "Play";
    said.removeAttribute("aria-live");
  }
}

/** Build all playgrounds that are on the page by now. */
function buildAll() {
  for (const place of document.querySelectorAll(".s2s-live[data-models]:not([data-built])")) {
    place.dataset.built = "";
    build(place);
  }
}

buildAll();
document.addEventListener("DOMContentLoaded", buildAll);
}
