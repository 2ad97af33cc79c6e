/* A slider over the stored curves of the page on memorization: one size of the vector at a time.

   <div class="s2s-curves"> has in its data the groups of runs, as book/_ext/live.py wrote them: each group a name,
   the words to draw from, and for every size H the least, the median and the greatest share copied exactly at the
   lengths 1, 2, …, and the reach. */

"use strict";
{

const WIDTH = 460, HEIGHT = 280, LEFT = 46, RIGHT = 12, TOP = 12, BOTTOM = 40;

function html(tag, attributes = {}, ...children) {
  return filled(document.createElement(tag), attributes, children);
}

function svg(tag, attributes = {}, ...children) {
  return filled(document.createElementNS("http://www.w3.org/2000/svg", tag), attributes, children);
}

function filled(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

function build(place, number) {
  const groups = JSON.parse(place.dataset.curves);
  const id = `s2s-curves-${number}`;
  const which = html("select", {id: `${id}-which`}, ...groups.map(group => html("option", {}, group.name)));
  const slider = html("input", {id: `${id}-size`, type: "range", min: 0});
  const picture = svg("svg", {class: "s2s-plot", viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img"});
  const said = html("p", {class: "s2s-said", role: "status"});
  place.replaceChildren(
    html("div", {class: "s2s-asked"},
      html("div", {}, html("label", {for: which.id}, "Model and words"), which),
      html("div", {class: "s2s-typed"}, html("label", {for: slider.id}, "Size H of the vector"), slider)),
    said, picture);
  which.addEventListener("change", draw);
  slider.addEventListener("input", draw);
  slider.max = groups[0].curves.length - 1;
  slider.value = 2;
  draw();

  function draw() {
    const {words, curves} = groups[which.selectedIndex];
    const {H, least, median, most, reach} = curves[slider.value];
    const longest = Math.max(...curves.map(curve => curve.median.length));
    const x = n => LEFT + (WIDTH - LEFT - RIGHT) * n / longest;
    const y = share => HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * share;
    const line = (shares, more) => svg("polyline", {points: [1, ...shares].map((share, n) => `${x(n)},${y(share)}`).join(" "), ...more});
    const band = [1, ...most].map((share, n) => `${x(n)},${y(share)}`)
      .concat([1, ...least].map((share, n) => `${x(n)},${y(share)}`).reverse()).join(" ");
    const bits = reach * Math.log2(words);
    const summary = `H = ${H}: half of the copies are exact at length ${reach.toFixed(1)}. That is ${bits.toFixed(1)} bits,`
      + ` ${(bits / H).toFixed(2)} a number.`;
    said.textContent = summary;
    slider.setAttribute("aria-valuetext", `H = ${H}`);
    picture.setAttribute("aria-label", `Share copied exactly against length. ${summary}`);
    const every = longest > 20 ? 4 : 2;
    picture.replaceChildren(
      ...[0, 0.5, 1].flatMap(share => [
        svg("line", {class: "s2s-grid", x1: LEFT, x2: WIDTH - RIGHT, y1: y(share), y2: y(share)}),
        svg("text", {x: LEFT - 8, y: y(share), "text-anchor": "end", "dominant-baseline": "central"}, String(share))]),
      ...Array.from({length: Math.floor(longest / every) + 1}, (_, i) =>
        svg("text", {x: x(i * every), y: HEIGHT - BOTTOM + 18, "text-anchor": "middle"}, String(i * every))),
      svg("text", {x: (LEFT + WIDTH - RIGHT) / 2, y: HEIGHT - 4, "text-anchor": "middle"}, "length (words)"),
      svg("text", {x: WIDTH - RIGHT, y: y(1) + 18, "text-anchor": "end"}, "share copied exactly"),
      ...curves.map(curve => line(curve.median, {class: "s2s-other"})),
      svg("polygon", {class: "s2s-band", points: band}),
      line(median, {class: "s2s-median"}),
      svg("circle", {class: "s2s-reach", r: 5, cx: x(reach), cy: y(0.5)}),
      svg("text", {x: x(reach) + 10, y: y(0.5) - 8}, `H = ${H}`));
  }
}

document.querySelectorAll(".s2s-curves").forEach(build);
}
