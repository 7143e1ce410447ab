// @ts-check
/** Shows frames that come in bursts. It does not know how a frame is drawn. */

/** @typedef {import("./frame.js").Frame} Frame */

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
