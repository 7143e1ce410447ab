// The keys of a phone, large enough for a finger: on a small screen those of the drawing are not.

import { element } from "./common.js";

const PAD = {
  menu: "Menu", up: "\u25b2", directories: "Dir.", delete: "Del",
  left: "\u25c0", down: "\u25bc", right: "\u25b6", select: "Select",
};
const DIGITS = ["1", "2", "3", "4", "5", "6", "7", "8", "9", "star", "0", "pound"];
const SIGNS = { star: "*", pound: "#" };

/** A key for each that the drawing has; `press` is told its name. */
export class BigKeys {
  constructor(place, svg, press) {
    const keyOf = (name, text) => {
      const drawn = svg.querySelector(`[data-key="${name}"]`);
      if (drawn === null) return null;
      const key = element("button", { type: "button", class: `quiet big-${name}`, text, "aria-label": drawn.getAttribute("aria-label") });
      key.addEventListener("click", () => press(name));
      return key;
    };
    const soft = ["soft1", "soft2", "soft3", "soft4"].map((name) => keyOf(name, ""));
    this.soft = soft.filter((key) => key !== null);
    const pad = Object.entries(PAD).map(([name, text]) => keyOf(name, text));
    const digits = DIGITS.map((name) => keyOf(name, SIGNS[name] ?? name));
    place.append(
      element("div", { class: "soft", children: this.soft }),
      element("div", { class: "pad", children: pad.filter((key) => key !== null) }),
      element("details", { children: [
        element("summary", { text: "Digits and letters" }),
        element("div", { class: "digits", children: digits.filter((key) => key !== null) }),
      ] }),
    );
  }

  /** What the display says that the soft keys do. */
  label(labels) {
    this.soft.forEach((key, index) => {
      const label = labels[index] ?? "";
      key.textContent = label;
      key.disabled = label === "";
      key.setAttribute("aria-label", label || `Soft key ${index + 1}`);
    });
  }
}
