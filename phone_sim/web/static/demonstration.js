// The guided demonstration: steps forward with Next or one key, back, and from the start again.

import { api, attempt, keepInAddress } from "./common.js";

const story = document.getElementById("story");
const at = (name) => document.getElementById(name);
const model = story.dataset.model;
let busy = false;

function show(state) {
  at("step-place").textContent = `${state.step} of ${state.last}.`;
  at("step-title").textContent = state.title;
  at("step-text").textContent = state.text;
  at("next").disabled = state.step === state.last;
  at("back").disabled = state.step === 0;
  story.dataset.step = state.step;
  keepInAddress({ step: state.step === 0 ? "" : String(state.step) });
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
document.addEventListener("keydown", (event) => {
  // Page Down is what a presenter's remote control sends.
  if (!at("next").disabled && (event.key === "n" || event.key === "N" || event.key === "PageDown") && !event.target.closest("input, select")) {
    event.preventDefault();
    event.stopPropagation();
    go(step() + 1);
  }
}, { capture: true });
show(await api("GET", "/demonstration"));
