// @ts-check
/**
 * Works a drawn phone: says which key was pressed, and puts a frame on its screen.
 *
 * It knows neither what a key does nor where frames come from.
 */

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

/**
 * @typedef {object} Ears
 * @property {(key: string) => void} [onKey] a key of the phone was pressed, named as in its `data-key`
 * @property {(character: string) => void} [onText] a character was typed that is no key
 * @property {(index: number) => void} [onRow] a row of a touch screen was touched, by its index in `lines`
 * @property {boolean} [captureKeyboard] true for the one phone of a page that gets what is typed
 * @property {() => boolean} [isTyping] true while the phone asks for text: then letters, digits, `*` and `#` are text
 */

const SVG = "http://www.w3.org/2000/svg";

/** Bounds what one frame can draw, whatever it was made from. */
const LONGEST_TEXT = 200;

/** @type {Readonly<Record<string, string>>} */
const NAMED_KEYS = Object.freeze({
  ArrowUp: "up", ArrowDown: "down", ArrowLeft: "left", ArrowRight: "right",
  Enter: "select", Backspace: "delete", Delete: "delete",
  F1: "soft1", F2: "soft2", F3: "soft3", F4: "soft4",
});

/** @type {Readonly<Record<string, string>>} */
const CHARACTER_KEYS = Object.freeze({ m: "menu", d: "directories", "*": "star", "#": "pound" });

/**
 * Wire the keys of a face; the keyboard gives only keys that the phone has, but for Backspace in a text.
 * @param {SVGSVGElement} svg
 * @param {Ears} ears
 * @returns {() => void} takes the wires off again
 */
export function attach(svg, ears) {
  const off = new AbortController();
  const { signal } = off;

  svg.addEventListener("click", (event) => activate(targetOf(svg, event), ears), { signal });
  svg.addEventListener("keydown", (event) => {
    const target = targetOf(svg, event);
    if (target === null || (event.key !== "Enter" && event.key !== " ") || isChord(event)) return;
    event.preventDefault();
    if (!event.repeat) activate(target, ears);
    press(target);
  }, { signal });
  svg.addEventListener("pointerdown", (event) => press(targetOf(svg, event)), { signal });
  for (const end of ["pointerup", "pointercancel", "pointerleave"]) {
    svg.addEventListener(end, () => release(svg), { signal });
  }
  document.addEventListener("keyup", () => release(svg), { signal });
  window.addEventListener("blur", () => release(svg), { signal });
  if (ears.captureKeyboard) {
    document.addEventListener("keydown", (event) => typed(svg, event, ears), { signal });
  }
  return () => {
    off.abort();
    release(svg);
  };
}

/**
 * Put a frame on the screen; `null` switches it off.
 * @param {SVGSVGElement} svg
 * @param {Frame | null} frame
 */
export function show(svg, frame) {
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

/** The time in milliseconds for which a frame is to be seen before the next; ours. */
export const SHORTEST_LOOK = 500;
/** How many frames may wait to be seen; ours. */
export const LONGEST_QUEUE = 4;

/**
 * Shows frames that come in bursts so that each can be read, without falling far behind.
 *
 * When too many wait, those in the middle are left out: the first tell where it began, the last is what is true now.
 * A screen goes off at once, and what still waited is dropped.
 */
export class FrameQueue {
  /** @param {(frame: Frame | null) => void} display */
  constructor(display) {
    this._display = display;
    /** @type {(Frame | null)[]} */
    this._waiting = [];
    /** @type {number | undefined} */
    this._timer = undefined;
  }

  /** @param {Frame | null} frame */
  push(frame) {
    if (frame === null) {
      this.clear();
      this._display(null);
    } else if (this._timer === undefined) {
      this._look(frame);
    } else {
      this._waiting.push(frame);
      if (this._waiting.length > LONGEST_QUEUE) this._waiting.splice(LONGEST_QUEUE >> 1, 1);
    }
  }

  /** Drop what waits. */
  clear() {
    window.clearTimeout(this._timer);
    this._timer = undefined;
    this._waiting.length = 0;
  }

  /** @param {Frame | null} frame */
  _look(frame) {
    this._timer = window.setTimeout(() => {
      this._timer = undefined;
      const next = this._waiting.shift();
      if (next !== undefined) this._look(next);
    }, SHORTEST_LOOK);
    this._display(frame);
  }
}

// --- Keys -----------------------------------------------------------------------------------------------------------

/**
 * The key or the row that an event is on.
 * @param {SVGSVGElement} svg
 * @param {Event} event
 * @returns {Element | null}
 */
function targetOf(svg, event) {
  const target = event.target instanceof Element ? event.target.closest("[data-key], [data-row]") : null;
  return target !== null && svg.contains(target) ? target : null;
}

/**
 * @param {Element | null} target
 * @param {Ears} ears
 */
function activate(target, ears) {
  const key = target?.getAttribute("data-key");
  const row = target?.getAttribute("data-row");
  if (key) ears.onKey?.(key);
  else if (row) ears.onRow?.(Number(row));
}

/** @param {Element | null} target */
function press(target) {
  target?.classList.add("pressed");
}

/** @param {SVGSVGElement} svg */
function release(svg) {
  for (const key of svg.querySelectorAll(".pressed")) key.classList.remove("pressed");
}

/** @param {KeyboardEvent} event */
function isChord(event) {
  return event.ctrlKey || event.altKey || event.metaKey;
}

/**
 * Something was typed anywhere on the page.
 * @param {SVGSVGElement} svg
 * @param {KeyboardEvent} event
 * @param {Ears} ears
 */
function typed(svg, event, ears) {
  if (event.defaultPrevented || event.isComposing || isChord(event) || isForOther(svg, event)) return;
  const typing = ears.isTyping?.() ?? false;
  const key = keyFor(event.key, typing);
  const drawn = key === null ? null : svg.querySelector(`[data-key="${key}"]:not(.unused)`);
  if (key !== null && (drawn !== null || (typing && key === "delete"))) {
    event.preventDefault();
    press(drawn);
    ears.onKey?.(key);
  } else if (key === null && [...event.key].length === 1) {
    event.preventDefault();
    ears.onText?.(event.key);
  }
}

/**
 * The key of the phone for a key of the keyboard.
 * @param {string} pressed
 * @param {boolean} typing
 * @returns {string | null}
 */
function keyFor(pressed, typing) {
  if (Object.hasOwn(NAMED_KEYS, pressed)) return NAMED_KEYS[pressed];
  if (typing) return null;
  if (/^[0-9]$/.test(pressed)) return pressed;
  return Object.hasOwn(CHARACTER_KEYS, pressed) ? CHARACTER_KEYS[pressed] : null;
}

/**
 * True when what has the focus wants the keyboard for itself.
 * @param {SVGSVGElement} svg
 * @param {KeyboardEvent} event
 */
function isForOther(svg, event) {
  const target = event.target;
  if (!(target instanceof Element) || target === document.body || svg.contains(target)) return false;
  if (target.matches("button, a[href], summary, [role=button]")) return event.key === "Enter" || event.key === " ";
  return target !== document.documentElement;
}

// --- Screen ---------------------------------------------------------------------------------------------------------

/**
 * @typedef {object} Screen
 * @property {Element} group
 * @property {Element} frame where the text goes
 * @property {number} width of the display, in its pixels, as everything here
 * @property {number} height
 * @property {number} rows of text, between the title bar and the soft key labels
 * @property {number} columns
 * @property {number} band the height of a line
 * @property {number} softKeys how many there are
 * @property {boolean} touch
 * @property {boolean} fixed true when characters stand in columns, as on a grey display
 */

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
  return {
    group, frame, width, height, rows,
    columns: Number(group.dataset.columns),
    band: height / (rows + 2),
    softKeys: Number(group.dataset.softKeys),
    touch: group.dataset.touch !== undefined,
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
  const room = screen.columns - 2;
  const lines = (frame.lines ?? []).flatMap((line) => wrapped(cut(line), room)).slice(0, screen.rows + 2);
  const top = (screen.height - lines.length * screen.band) / 2;
  lines.forEach((line, index) => {
    write(screen, screen.frame, line, { x: screen.width / 2, y: top + index * screen.band, anchor: "middle" });
  });
}

/**
 * @param {Screen} screen
 * @param {Frame} frame
 */
function drawPage(screen, frame) {
  const { width, band, rows } = screen;
  const pad = width / screen.columns / 2;
  const marks = frame.above || frame.below ? band * 0.8 : 0;
  screen.frame.append(element("rect", { class: "title-bar", width, height: band }));
  write(screen, screen.frame, frame.title ?? "", { x: pad, y: 0, room: width - 2 * pad, kind: "inverse title" });
  (frame.lines ?? []).slice(0, rows).forEach((line, index) => {
    const selected = index === frame.selected;
    const y = band * (index + 1);
    const row = element("g", { class: selected ? "row selected" : "row" });
    if (screen.touch) {
      for (const [name, value] of Object.entries({ "data-row": index, role: "button", tabindex: 0, "aria-label": cut(line) })) {
        row.setAttribute(name, String(value));
      }
    }
    screen.frame.append(row);
    row.append(element("rect", { class: "bar", x: 0, y, width: width - marks, height: band }));
    write(screen, row, line, { x: pad, y, room: width - marks - 2 * pad, kind: selected ? "inverse" : "ink" });
  });
  const middle = width - marks / 2;
  if (frame.above) screen.frame.append(triangle(middle, band * 1.5, marks, -1));
  if (frame.below) screen.frame.append(triangle(middle, band * (rows + 0.5), marks, 1));
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
    key.setAttribute("aria-label", label || `Soft key ${index + 1}`);
    text.textContent = label;
    squeeze(text, (screen.width / screen.softKeys) * 0.85);
  });
}

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
function write(screen, parent, line, { x, y, room = screen.width, anchor = "start", kind = "ink", size = 1 }) {
  const column = (screen.width / screen.columns) * size;
  const fitting = Math.max(1, Math.floor(room / column + 0.01));
  const most = screen.fixed ? fitting : fitting * 2; // narrow letters need less than a column
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
function squeeze(text, room) {
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
function triangle(x, y, size, towards) {
  const half = size * 0.32;
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
function wrapped(text, room) {
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

/** @param {string} text */
function cut(text) {
  return text.length > LONGEST_TEXT ? `${text.slice(0, LONGEST_TEXT - 1)}…` : text;
}

/**
 * @param {string} name
 * @param {Record<string, string | number>} attributes
 * @returns {SVGElement}
 */
function element(name, attributes) {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, String(value));
  return made;
}
