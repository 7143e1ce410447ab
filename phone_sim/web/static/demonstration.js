// The guided demonstration: steps forward with Next or one key, back, and from the start again.

import { api, attempt, inAddress, keepInAddress } from "./common.js";

const story = document.getElementById("story");
const at = (name) => document.getElementById(name);
const model = story.dataset.model;
const links = [...at("steps").querySelectorAll("a")];
let busy = false;

function show(state) {
  at("step-place").textContent = `${state.step} of ${state.last}.`;
  at("step-title").textContent = state.title;
  at("step-text").textContent = state.text;
  at("next").disabled = state.step === state.last;
  at("back").disabled = state.step === 0;
  story.dataset.step = state.step;
  for (const link of links) {
    if (Number(link.dataset.step) === state.step) link.setAttribute("aria-current", "step");
    else link.removeAttribute("aria-current");
  }
  keepInAddress({ step: String(state.step) });
}

async function go(step) {
  if (busy) return;
  busy = true;
  const state = await attempt(() => api("PUT", "/demonstration", { model, step }));
  busy = false;
  if (state !== undefined) show(state);
}

const step = () => Number(story.dataset.step);
at("next").addEventListener("click", () => go(step() + 1));
at("back").addEventListener("click", () => go(step() - 1));
at("reset").addEventListener("click", () => go(0));
for (const link of links) {
  link.addEventListener("click", (event) => {
    event.preventDefault();
    go(Number(link.dataset.step));
  });
}
document.addEventListener("keydown", (event) => {
  // Page Down is what a presenter's remote control sends.
  const isNext = ["n", "N", "PageDown"].includes(event.key) && !event.ctrlKey && !event.altKey && !event.metaKey;
  if (isNext && !event.repeat && !at("next").disabled && !event.target.closest("input, select")) {
    event.preventDefault();
    event.stopPropagation();
    go(step() + 1);
  }
}, { capture: true });
const wanted = inAddress("step");
const present = await api("GET", "/demonstration");
if (!busy) show(present);
if (/^\d+$/.test(wanted) && Number(wanted) <= present.last && Number(wanted) !== present.step) await go(Number(wanted));
// Somebody else may go on, in another window.
document.addEventListener("story", ({ detail }) => {
  if (!busy && detail.started && detail.model === model) show(detail);
});
