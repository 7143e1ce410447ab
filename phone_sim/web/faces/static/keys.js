// @ts-check
/** Wires the keys of a face to a mouse, to fingers and to the keyboard. It does not know what a key does. */

/**
 * @typedef {object} Ears
 * @property {(key: string) => void} [onKey] a key of the phone was pressed, named as in its `data-key`
 * @property {(character: string) => void} [onText] a character was typed that is no key
 * @property {(index: number) => void} [onRow] a row of a touch screen was touched, by its index in `lines`
 * @property {boolean} [captureKeyboard] true for the one phone of a page that gets what is typed
 * @property {() => boolean} [isTyping] true while the phone asks for text: then letters, digits, `*` and `#` are text
 */

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
    svg.addEventListener("mousedown", takeKeyboard, { signal });
  }
  return () => {
    off.abort();
    release(svg);
  };
}

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

/**
 * A key that is clicked does not get the focus, or the next Enter would press it again; the phone gets the keyboard.
 * @param {Event} event
 */
function takeKeyboard(event) {
  event.preventDefault();
  const focused = document.activeElement;
  if (focused instanceof HTMLElement || focused instanceof SVGElement) focused.blur();
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
