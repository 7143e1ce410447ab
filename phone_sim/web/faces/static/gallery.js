// @ts-check
/** Shows a frame on each face of the gallery, and writes down which keys were pressed. */

import { attach, FrameQueue, show, textOf } from "./face.js";

for (const figure of document.querySelectorAll("figure")) {
  const svg = figure.querySelector("svg");
  const pressed = figure.querySelector("output");
  if (!(svg instanceof SVGSVGElement) || pressed === null) continue;
  /** @param {string} what */
  const note = (what) => { pressed.textContent = `${pressed.textContent} ${what}`.trim(); };
  const captureKeyboard = figure.hasAttribute("data-keyboard");
  attach(svg, {
    onKey: (key) => note(`key:${key}`),
    onText: (character) => note(`text:${character}`),
    onRow: (index) => note(`row:${index}`),
    isTyping: () => figure.hasAttribute("data-typing"),
    captureKeyboard,
  });
  const frame = figure.getAttribute("data-frame");
  show(svg, frame === null ? null : JSON.parse(frame));
}

// For the console, and for tests.
Object.assign(window, { faces: { attach, FrameQueue, show, textOf } });
document.documentElement.dataset.ready = "yes";
