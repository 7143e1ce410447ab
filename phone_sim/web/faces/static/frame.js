// @ts-check
/** What a screen shows, as a value and as text. */

/**
 * What a screen shows; `null` in its place is a screen that is off.
 * @typedef {object} Frame
 * @property {string} [title]
 * @property {readonly string[]} [lines] those to be seen now, in their order
 * @property {number | null} [selected] the index in `lines`
 * @property {readonly string[]} [soft_keys] the labels, from the left; an empty one leaves its place free
 * @property {boolean} [above] true when there is more above
 * @property {boolean} [below] true when there is more below
 */

/** Bounds what one frame can draw, whatever it was made from. */
const LONGEST_TEXT = 200;

/**
 * A frame as text, a line each, for a live region.
 * @param {Frame | null} frame
 * @returns {string}
 */
export function textOf(frame) {
  if (frame === null) return "";
  const lines = (frame.lines ?? []).map((line, index) => (index === frame.selected ? `> ${line}` : line));
  const soft = (frame.soft_keys ?? []).filter((label) => label !== "");
  return [frame.title ?? "", ...lines, soft.length > 0 ? `[${soft.join("] [")}]` : ""]
    .filter((line) => line !== "").map(cut).join("\n");
}

/**
 * A text, cut to a length that does no harm.
 * @param {string} text
 */
export function cut(text) {
  return text.length > LONGEST_TEXT ? `${text.slice(0, LONGEST_TEXT - 1)}…` : text;
}
