// @ts-check
/**
 * Works a drawn phone: says which key was pressed, and puts a frame on its screen.
 *
 * This is what a page imports. It knows neither what a key does nor where frames come from.
 */

export { textOf } from "./frame.js";
export { FrameQueue } from "./frame_queue.js";
export { attach } from "./keys.js";
export { show } from "./screen.js";
