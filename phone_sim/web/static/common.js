// What the pages of the desk have in common: the API, the stream of news, the clock bar. It knows no page.

async function asked(method, path, body) {
  try {
    const answer = await fetch(`/api${path}`, {
      method,
      headers: body === undefined ? {} : { "Content-Type": "application/json" },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    return { answer, text: await answer.text() };
  } catch {
    throw new Error("The server does not answer");
  }
}

/** Ask the API; the answer as a value, or an Error with the reason why not. */
export async function api(method, path, body) {
  const { answer, text } = await asked(method, path, body);
  let value = null;
  try { value = text === "" ? null : JSON.parse(text); } catch { value = { detail: text }; }
  if (!answer.ok) {
    const detail = value?.detail ?? answer.statusText;
    throw new Error(typeof detail === "string" ? detail : detail.map((one) => one.msg).join("; "));
  }
  return value;
}

/** Do something, and say on the page why it could not be done. */
export async function attempt(work) {
  const place = document.getElementById("problem");
  try {
    const value = await work();
    place.textContent = "";
    return value;
  } catch (error) {
    const said = `${error.message}.`.replace(/\.\.$/, ".");
    place.textContent = said.charAt(0).toUpperCase() + said.slice(1);
    return undefined;
  }
}

const COMES_BACK = 3000;

/** Say whether the page hears of what is new. When it does again, what could not be done before is not said any more. */
function says(connection) {
  const place = document.getElementById("connection");
  if (connection === "open" && document.body.dataset.connection === "lost") {
    document.getElementById("problem").textContent = "";
  }
  document.body.dataset.connection = connection;
  place.textContent = connection === "lost" ? "The connection is lost; trying again." : "";
}

/**
 * Hear of what is new on the desk; `phone` is a MAC address, for its events. The first news of a connection are said to
 * be, as they tell of all that is there.
 *
 * A page that nobody looks at does not listen: a browser has six connections to a server, for all of its pages.
 */
export function listen(hear, { phone = "" } = {}) {
  let stream = null;
  let last = "";
  let timer;
  const close = () => {
    clearTimeout(timer);
    stream?.close();
    stream = null;
  };
  const open = () => {
    if (stream !== null || document.visibilityState === "hidden") return;
    const query = new URLSearchParams({ phone, last });
    let isFirst = true;
    stream = new EventSource(`/events?${query}`);
    stream.onmessage = (message) => {
      last = message.lastEventId;
      const first = isFirst;
      isFirst = false;
      hear(JSON.parse(message.data), first);
    };
    stream.onopen = () => {
      isFirst = true;
      says("open");
    };
    stream.onerror = () => {
      says("lost");
      if (stream?.readyState !== EventSource.CLOSED) return;
      // A browser gives up what was refused; we do not.
      close();
      timer = setTimeout(open, COMES_BACK);
    };
  };
  document.addEventListener("visibilitychange", () => (document.visibilityState === "hidden" ? close() : open()));
  addEventListener("pagehide", close);
  addEventListener("pageshow", open);
  open();
}

// Once it was read, it need not cover anything.
document.getElementById("problem")?.addEventListener("click", ({ target }) => { target.textContent = ""; });

/** An element with a class, a text and attributes. */
export function element(tag, { text, children = [], ...attributes } = {}) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== undefined && value !== null && value !== false) made.setAttribute(name, value === true ? "" : value);
  }
  if (text !== undefined) made.textContent = text;
  made.append(...children);
  return made;
}

/** Keep a part of the page's state in its address. */
export function keepInAddress(values) {
  const address = new URL(location.href);
  for (const [name, value] of Object.entries(values)) {
    if (value) address.searchParams.set(name, value);
    else address.searchParams.delete(name);
  }
  history.replaceState(null, "", address);
}

export const inAddress = (name) => new URL(location.href).searchParams.get(name) ?? "";

/** The clock bar: shows the clock, and sets it; `phone` is whose polling time and expiry are meant. */
export class ClockBar {
  constructor(bar, phone = "") {
    this.now = bar.querySelector("[data-now]");
    this.reached = bar.querySelector("[data-reached]");
    this.changing = 0;
    this.speeds = [...bar.querySelectorAll("input[name=speed]")];
    for (const radio of this.speeds) {
      // Not "change": the speed that is chosen already ends a hurry.
      radio.addEventListener("click", async () => {
        this.changing += 1;
        await attempt(() => api("PUT", "/clock", { speed: Number(radio.value) }));
        this.changing -= 1;
      });
    }
    for (const button of bar.querySelectorAll("button[data-to]")) {
      button.addEventListener("click", () => attempt(() => api("POST", "/clock/jump", { to: button.dataset.to, mac: phone })));
    }
    const date = bar.querySelector("form[data-date]");
    date?.addEventListener("submit", (event) => {
      event.preventDefault();
      attempt(() => api("POST", "/clock/jump", { to: "date", date: `${date.elements.date.value}:00Z` }));
    });
  }

  show(clock) {
    this.now.textContent = `${clock.now.slice(0, 19).replace("T", " ")} UTC`;
    const slow = clock.goal === null && clock.speed > 1 && clock.speed_reached < 0.9 * clock.speed;
    this.reached.textContent = clock.ended ? "the desk's time ends here; start the server again" : clock.goal !== null
      ? `hurrying to ${clock.goal.slice(0, 16).replace("T", " ")}`
      : slow ? `the phones keep up with ${Math.round(clock.speed_reached)} times` : "";
    if (this.changing === 0) for (const radio of this.speeds) radio.checked = Number(radio.value) === clock.speed;
  }
}

/** What the boot server is said to be, and the switches for it. */
export class ServerBar {
  constructor(bar) {
    this.url = bar.querySelector("[data-url]");
    this.files = bar.querySelector("[data-files]");
    this.others = bar.querySelector("[data-others]");
    this.up = bar.querySelector("input[name=up]");
    this.rules = [...bar.querySelectorAll("input[data-rule]")];
    this.ours = [...bar.querySelectorAll("input")];
    this.shown = null;
    this.changing = 0;
    this.changes = Promise.resolve();
    this.up.addEventListener("change", () => this.change(() => ({ up: this.up.checked })));
    for (const box of this.rules) box.addEventListener("change", () => this.change(() => ({ faults: this.chosen() })));
  }

  /** Change the server, one change after the other; what it did not take is shown as it is after the last. */
  change(state) {
    this.changing += 1;
    this.changes = this.changes.then(async () => {
      const server = await attempt(() => api("PUT", "/server", state()));
      this.changing -= 1;
      if (server !== undefined || this.shown !== null) this.show(server ?? this.shown);
    });
  }

  /** The rules that are ticked, and those that were set elsewhere. */
  chosen() {
    return [...this.othersOf(this.shown), ...this.rules.filter((box) => box.checked).map((box) => box.dataset.rule)];
  }

  othersOf(server) {
    const known = this.rules.map((box) => box.dataset.rule);
    return (server?.faults ?? []).filter((rule) => !known.includes(rule));
  }

  show(server) {
    this.shown = server;
    const others = this.othersOf(server);
    this.others.textContent = others.length === 0 ? "" : `Further faults: ${others.join("; ")}`;
    this.url.textContent = server.url;
    this.files.textContent = server.license_files.join(", ") || "no activation file";
    for (const input of this.ours) input.disabled = !server.ours;
    if (this.changing > 0) return;
    this.up.checked = server.up;
    for (const box of this.rules) box.checked = server.faults.includes(box.dataset.rule);
  }
}
