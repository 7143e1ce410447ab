// @ts-check
/**
 * Puts a frame on the screen of a face: a title bar, rows of text, the labels of the soft keys, scroll marks.
 *
 * The units are the pixels of the display.
 */

import { cut, textOf } from "./frame.js";
import { element, squeeze, triangle, wrapped, write } from "./writing.js";

/** @typedef {import("./frame.js").Frame} Frame */
/** @typedef {import("./writing.js").Screen} Screen */

/** What the margin at the left and the scroll marks at the right take. */
const MARGIN_COLUMNS = 3;

/**
 * What each face shows. A frame that is there already is not drawn again, as a row that is replaced between the press
 * and the release of a finger is not touched.
 * @type {WeakMap<SVGSVGElement, string>}
 */
const SHOWN = new WeakMap();

/**
 * Put a frame on the screen; `null` switches it off.
 * @param {SVGSVGElement} svg
 * @param {Frame | null} frame
 */
export function show(svg, frame) {
  const drawn = JSON.stringify(frame);
  if (SHOWN.get(svg) === drawn) return;
  SHOWN.set(svg, drawn);
  const screen = screenOf(svg);
  const focused = screen.group.contains(document.activeElement) ? document.activeElement : null;
  const focusedRow = focused?.getAttribute("data-row") ?? null;
  svg.classList.toggle("off", frame === null);
  screen.group.setAttribute("aria-label", frame === null ? "Screen, off" : `Screen: ${textOf(frame)}`);
  screen.frame.replaceChildren();
  if (frame !== null) {
    if (isMessage(frame)) drawMessage(screen, frame);
    else drawPage(screen, frame);
  }
  labelSoftKeys(svg, screen, frame);
  if (focusedRow !== null) {
    /** @type {SVGElement | null} */ (screen.frame.querySelector(`[data-row="${focusedRow}"]`))?.focus();
  }
}

/**
 * @param {SVGSVGElement} svg
 * @returns {Screen}
 */
function screenOf(svg) {
  const group = svg.querySelector("[data-screen]");
  const glass = group?.querySelector("svg");
  const frame = glass?.querySelector(".frame");
  if (!(group instanceof SVGElement) || !(glass instanceof SVGSVGElement) || !frame) throw new Error("not a face");
  const { width, height } = glass.viewBox.baseVal;
  const rows = Number(group.dataset.rows);
  const columns = Number(group.dataset.columns);
  return {
    group, frame, width, height, rows, columns,
    column: width / (columns + MARGIN_COLUMNS),
    band: height / (rows + 2),
    softKeys: Number(group.dataset.softKeys),
    touch: group.dataset.touch !== undefined,
    touchable: group.getAttribute("role") === "group",
    fixed: svg.classList.contains("grey"),
  };
}

/**
 * A message is lines alone: it stands in the middle of the screen.
 * @param {Frame} frame
 */
function isMessage(frame) {
  return !frame.title && (frame.soft_keys ?? []).every((label) => label === "") && (frame.selected ?? null) === null;
}

/**
 * @param {Screen} screen
 * @param {Frame} frame
 */
function drawMessage(screen, frame) {
  const texts = (frame.lines ?? []).map(cut);
  // A few words are written large: in two lines, which take at most half of the screen.
  const size = [2, 1.5].find((times) => {
    const count = linesOf(texts, screen, times).length;
    return count <= 2 * texts.length && count * times <= (screen.rows + 2) / 2;
  }) ?? 1;
  const lines = linesOf(texts, screen, size).slice(0, screen.rows + 2);
  const band = screen.band * size;
  const top = (screen.height - lines.length * band) / 2;
  lines.forEach((line, index) => {
    const place = { x: screen.width / 2, y: top + index * band, anchor: /** @type {const} */ ("middle") };
    write({ ...screen, band, column: screen.column * size }, screen.frame, line, place);
  });
}

/**
 * @param {readonly string[]} texts
 * @param {Screen} screen
 * @param {number} size of the characters, 1 for the usual
 */
function linesOf(texts, screen, size) {
  return texts.flatMap((text) => wrapped(text, Math.floor(screen.columns / size)));
}

/**
 * @param {Screen} screen
 * @param {Frame} frame
 */
function drawPage(screen, frame) {
  const { width, band, rows, column, columns } = screen;
  const x = column * 0.75;
  const room = columns * column;
  const marks = width - x - room - column * 0.25;
  screen.frame.append(element("rect", { class: "title-bar", width, height: band }));
  screen.frame.append(element("rect", { class: "title-rule", y: band - 1, width, height: 1 }));
  write(screen, screen.frame, frame.title ?? "", { x, y: 0, room, kind: "inverse title" });
  (frame.lines ?? []).slice(0, rows).forEach((line, index) => {
    const selected = index === frame.selected;
    const y = band * (index + 1);
    const row = element("g", { class: selected ? "row selected" : "row" });
    if (screen.touchable) {
      for (const [name, value] of Object.entries({ "data-row": index, role: "button", tabindex: 0, "aria-label": cut(line) })) {
        row.setAttribute(name, String(value));
      }
    }
    screen.frame.append(row);
    row.append(element("rect", { class: "bar", x: 0, y, width: frame.above || frame.below ? width - marks : width, height: band }));
    write(screen, row, line, { x, y, room, kind: selected ? "inverse" : "ink" });
  });
  const middle = width - marks / 2;
  if (frame.above) screen.frame.append(triangle(middle, band * 1.5, Math.min(marks, band), -1));
  if (frame.below) screen.frame.append(triangle(middle, band * (rows + 0.5), Math.min(marks, band), 1));
  if (!screen.touch) drawTabs(screen, frame.soft_keys ?? []);
}

/**
 * The labels of the soft keys, each above its key; those without a key are left out.
 * @param {Screen} screen
 * @param {readonly string[]} labels
 */
function drawTabs(screen, labels) {
  const { width, height, band, softKeys } = screen;
  const step = width / softKeys;
  labels.slice(0, softKeys).forEach((label, index) => {
    if (label === "") return;
    const gap = step * 0.02 + 0.5;
    screen.frame.append(element("rect", {
      class: "tab", x: step * index + gap, y: height - band + 0.5, width: step - 2 * gap, height: band - 1, rx: band / 6,
    }));
    write(screen, screen.frame, label, {
      x: step * (index + 0.5), y: height - band, room: step * 0.9, anchor: "middle", size: 0.94,
    });
  });
}

/**
 * On a touch screen the soft keys are part of the drawing; here they get their labels.
 * @param {SVGSVGElement} svg
 * @param {Screen} screen
 * @param {Frame | null} frame
 */
function labelSoftKeys(svg, screen, frame) {
  if (!screen.touch) return;
  svg.querySelectorAll(".on-screen").forEach((key, index) => {
    const label = cut(frame?.soft_keys?.[index] ?? "");
    const text = key.querySelector("text");
    if (text === null) return;
    key.classList.toggle("unused", label === "");
    if (screen.touchable) key.setAttribute("aria-label", label || `Soft key ${index + 1}`);
    text.textContent = label;
    squeeze(text, (screen.width / screen.softKeys) * 0.85);
  });
}
