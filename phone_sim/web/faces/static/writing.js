// @ts-check
/** Writes on a screen: text that keeps to its room, marks. It does not know what is written. */

import { cut } from "./frame.js";

/**
 * @typedef {object} Screen
 * @property {Element} group
 * @property {Element} frame where the text goes
 * @property {number} width of the display, in its pixels, as everything here
 * @property {number} height
 * @property {number} rows of text, between the title bar and the soft key labels
 * @property {number} columns the characters that a line has room for, beside the margin and the scroll marks
 * @property {number} column the width of one
 * @property {number} band the height of a line
 * @property {number} softKeys how many there are
 * @property {boolean} touch
 * @property {boolean} touchable false in a picture of a touch screen
 * @property {boolean} fixed true when characters stand in columns, as on a grey display
 */

const SVG = "http://www.w3.org/2000/svg";

/**
 * @typedef {object} Place
 * @property {number} x
 * @property {number} y the top of the line
 * @property {number} [room] the width there is
 * @property {"start" | "middle"} [anchor]
 * @property {string} [kind]
 * @property {number} [size] of the characters, 1 for the usual
 */

/**
 * Write a text; one that is too long for its room is cut, and one that is a little too wide is squeezed.
 * @param {Screen} screen
 * @param {Element} parent
 * @param {string} line
 * @param {Place} place
 */
export function write(screen, parent, line, { x, y, room = screen.width * 0.98, anchor = "start", kind = "ink", size = 1 }) {
  const column = screen.column * size;
  const fitting = Math.max(1, Math.floor(room / column + 0.01));
  // Narrow letters need less than a column; the label of a key may be squeezed before it is cut.
  const most = Math.floor(fitting * (screen.fixed ? (anchor === "middle" ? 1.4 : 1) : 2));
  const characters = [...cut(line)];
  const shown = characters.length > most ? [...characters.slice(0, most - 1), "…"] : characters;
  const font = Math.min(screen.band * (screen.fixed ? 0.92 : 0.66), screen.fixed ? column / 0.6 : Infinity);
  const text = element("text", {
    class: kind, x, y: y + screen.band / 2 + font * 0.35, "font-size": font, "text-anchor": anchor,
  });
  text.textContent = shown.join("");
  text.setAttribute("xml:space", "preserve");
  parent.append(text);
  squeeze(text, screen.fixed ? Math.min(shown.length * column, room) : room);
}

/**
 * @param {Element} text
 * @param {number} room
 */
export function squeeze(text, room) {
  if (!(text instanceof SVGTextContentElement)) return;
  text.removeAttribute("textLength");
  if (text.getComputedTextLength() > room) {
    text.setAttribute("textLength", String(room));
    text.setAttribute("lengthAdjust", "spacingAndGlyphs");
  }
}

/**
 * A scroll mark.
 * @param {number} x
 * @param {number} y
 * @param {number} size
 * @param {1 | -1} towards 1 for down
 */
export function triangle(x, y, size, towards) {
  const half = size * 0.4;
  return element("path", {
    class: `ink ${towards === 1 ? "below" : "above"}`,
    d: `M${x - half} ${y - half * towards * 0.7}h${half * 2}l${-half} ${half * 1.4 * towards}z`,
  });
}

/**
 * A text in lines of at most `room` characters, broken at blanks where there are some.
 * @param {string} text
 * @param {number} room
 * @returns {string[]}
 */
export function wrapped(text, room) {
  const lines = [""];
  for (const word of text.split(/\s+/)) {
    let rest = [...word];
    const last = lines[lines.length - 1];
    if (last !== "" && [...last].length + 1 + rest.length <= room) {
      lines[lines.length - 1] = `${last} ${word}`;
      continue;
    }
    if (last !== "") lines.push("");
    while (rest.length > room) {
      lines[lines.length - 1] = rest.slice(0, room).join("");
      lines.push("");
      rest = rest.slice(room);
    }
    lines[lines.length - 1] = rest.join("");
  }
  return lines;
}

/**
 * @param {string} name
 * @param {Record<string, string | number>} attributes
 * @returns {SVGElement}
 */
export function element(name, attributes) {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, String(value));
  return made;
}
