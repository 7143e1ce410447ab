// One phone at length: its face, its log, requests, licenses and life.

import { FrameQueue, attach, show as showFrame, textOf } from "/faces/face.js";
import { BigKeys } from "./big_keys.js";
import { ClockBar, ServerBar, api, attempt, element, inAddress, keepInAddress, listen } from "./common.js";

const LINES_KEPT = 500;
const root = document.getElementById("phone");
const mac = root.dataset.mac;
const svg = root.querySelector("svg.face");
const at = (name) => document.getElementById(name);

// The face ------------------------------------------------------------------------------------------------------
const press = (keys) => attempt(() => api("POST", `/phones/${mac}/keys`, keys));
const bigKeys = new BigKeys(at("big-keys"), svg, (key) => press({ keys: [key] }));
let shown = null;
const frames = new FrameQueue((frame) => {
  shown = frame;
  showFrame(svg, frame);
  at("display-text").textContent = frame === null ? "The display is off." : textOf(frame);
  bigKeys.label(frame?.soft_keys ?? []);
});
const capture = at("capture");
capture.checked = inAddress("keyboard") !== "off";
let detach = () => {};
function wire() {
  detach();
  detach = attach(svg, {
    onKey: (key) => press({ keys: [key] }),
    onText: (character) => press({ keys: [character] }),
    onRow: (row) => press({ row }),
    captureKeyboard: capture.checked,
    isTyping: () => shown?.soft_keys.includes("Search") ?? false,
  });
}
capture.addEventListener("change", () => {
  keepInAddress({ keyboard: capture.checked ? "" : "off" });
  wire();
});
wire();

// The log -------------------------------------------------------------------------------------------------------
const log = at("log");
const filters = at("filters").elements;
const component = inAddress("component");
if (component !== "") filters.component.append(element("option", { value: component, text: component }));
for (const name of ["search", "component", "level"]) {
  filters[name].value = inAddress(name);
  filters[name].addEventListener("input", () => {
    keepInAddress({ [name]: filters[name].value });
    for (const line of log.children) hide(line);
  });
}

function hide(item) {
  const { component, level, text } = item.dataset;
  const wanted = filters.search.value.toLowerCase();
  item.hidden = !(text.includes(wanted)
    && (filters.component.value === "" || filters.component.value === component)
    && (filters.level.value === "" || level === "*" || level >= filters.level.value));
}

/** Lines, all at once, as each look at the height of the log is a new layout. */
function addLines(events) {
  if (events.length === 0) return;
  const following = log.scrollHeight - log.scrollTop - log.clientHeight < 40;
  log.append(...events.map(lineOf));
  while (log.childElementCount > LINES_KEPT) log.firstElementChild.remove();
  if (following) log.scrollTop = log.scrollHeight;
  const wanted = inAddress("line");
  const explained = log.querySelector(`li[data-number="${CSS.escape(wanted)}"]`);
  if (explained !== null && explained.childElementCount === 1) explain(explained);
}

function lineOf(event) {
  const button = element("button", { type: "button", class: "line", tabindex: -1, text: event.line, "aria-expanded": "false" });
  const item = element("li", {
    "data-component": event.component, "data-level": event.level, "data-text": event.line.toLowerCase(),
    "data-number": event.number, children: [button],
  });
  button.addEventListener("click", () => explain(item));
  hide(item);
  const known = [...filters.component.options].some((option) => option.value === event.component);
  if (!known) filters.component.append(element("option", { value: event.component, text: event.component }));
  return item;
}

// The log is one stop for the Tab key, however many lines it has: arrows go from line to line.
log.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.altKey || event.metaKey) return;
  const lines = [...log.querySelectorAll("li:not([hidden]) > .line")];
  const here = lines.indexOf(document.activeElement);
  const next = {
    ArrowDown: here + 1, ArrowUp: here < 0 ? lines.length - 1 : Math.max(here - 1, 0), Home: 0, End: lines.length - 1,
  }[event.key];
  if (next === undefined) return;
  event.preventDefault();
  lines[Math.min(next, lines.length - 1)]?.focus();
});

/** Explain a line, or take its explanation away; the address keeps which was explained last. */
async function explain(item) {
  const button = item.firstElementChild;
  if (item.lastElementChild !== button) {
    item.lastElementChild.remove();
    button.setAttribute("aria-expanded", "false");
    if (inAddress("line") === item.dataset.number) keepInAddress({ line: "" });
    return;
  }
  const found = await attempt(() => api("GET", `/explain?mac=${mac}&line=${encodeURIComponent(button.textContent)}`));
  if (found === undefined || item.lastElementChild !== button) return;
  keepInAddress({ line: item.dataset.number });
  const source = { bulletin: "A line of the bulletin.", observed: "A line seen on real phones.", ours: "phone_sim's own wording." };
  const causes = found.causes.map((cause) => causeOf(cause));
  const meaning = element("p", { text: [found.meaning, source[found.source], found.remedy].filter(Boolean).join(" ") });
  item.append(element("div", { class: "why", children: [meaning, element("ul", { children: causes })] }));
  button.setAttribute("aria-expanded", "true");
  item.scrollIntoView({ block: "nearest" });
}

/** A cause as an entry of a list, without what the state says already. */
function causeOf(cause, state = "") {
  const what = state.includes(cause.what) ? [] : [cause.what];
  return element("li", { text: [...what, ...cause.details, cause.remedy].join(" ") });
}

// What is wrong -------------------------------------------------------------------------------------------------
const explanationBox = at("explanation-box");

async function showExplanation() {
  if (!explanationBox.open) return;
  const found = await attempt(() => api("GET", `/phones/${mac}/explanation`));
  if (found === undefined) return;
  at("explanation").textContent = found.state;
  at("causes").replaceChildren(...found.causes.map((cause) => causeOf(cause, found.state)));
}
explanationBox.addEventListener("toggle", showExplanation);

// Requests, features, licenses ----------------------------------------------------------------------------------
function row(cells, attributes = {}) {
  const children = cells.map((cell) => element("td", typeof cell === "object" ? cell : { text: String(cell) }));
  return element("tr", { ...attributes, children });
}

const whole = (text) => ({ text, class: "whole" });
const number = (text) => ({ text, class: "number" });

function addRequests(events) {
  const body = at("requests");
  body.prepend(...events.map(requestOf).reverse());
  while (body.childElementCount > LINES_KEPT) body.lastElementChild.remove();
}

function requestOf(event) {
  const time = whole(event.at.slice(0, 19).replace("T", " "));
  const took = number(`${(1000 * event.seconds).toFixed(0)} ms`);
  const cells = [time, event.method, event.path, event.outcome, number(event.size), took];
  // That a file is not there is normal for a phone.
  const kind = event.outcome === "ok" ? "" : event.missing ? "dim" : "bad-row";
  return row(cells, { class: kind });
}

function daysLeft(license) {
  if (license.over) return "over";
  if (license.days_left === null) return license.expiry === "never" ? "does not expire" : "";
  return ["ends today", "1 day"][license.days_left] ?? `${license.days_left} days`;
}

function showPhone(phone) {
  at("state").textContent = at("state").dataset.state = phone.state;
  svg.classList.toggle("in-call", phone.calls > 0);
  at("local-time").textContent = phone.local_time === null ? "" : `its time: ${phone.local_time}`;
  const isChecking = phone.next_check !== null && (phone.state === "idle" || phone.state === "in call");
  at("next-check").textContent = !isChecking ? "" : `next check of licenses: ${phone.next_check.slice(0, 16).replace("T", " ")} UTC`;
  const isPolling = phone.next_poll !== null && (phone.state === "idle" || phone.state === "in call");
  at("next-poll").textContent = !isPolling ? "" : `next poll of its files: ${phone.next_poll.slice(0, 16).replace("T", " ")} UTC`;
  for (const button of document.querySelectorAll("button[data-to=next-poll]")) button.hidden = !isPolling;
  at("power").textContent = phone.state === "off" ? "Power on" : "Pull the plug";
  at("power").classList.toggle("quiet", phone.state !== "off");
  at("hang-up").disabled = phone.calls === 0;
  at("calls").textContent = phone.calls === 0 ? "" : `${phone.calls} on the phone`;
  at("reboots").textContent = phone.reboots === 0 ? "" : `reboots: ${phone.reboots}, the last: ${phone.reboot_reasons.at(-1)}`;
  at("features").replaceChildren(...phone.features.map((one) => row([one.name, one.state === "not covered" ? "?" : one.on ? "on" : "off", one.reason], { class: one.state === "not licensed" ? "bad-row" : "" })));
  at("licenses").replaceChildren(...phone.licenses.map((one) => row([one.feature, whole(one.expiry), whole(daysLeft(one)), one.keys.join(", ")], { class: one.over ? "bad-row" : "" })));
  at("no-license").hidden = phone.licenses.length > 0 || phone.state === "off";
  at("license-table").hidden = phone.licenses.length === 0;
  for (const node of document.querySelectorAll("#lifecycle [data-state]")) {
    node.classList.toggle("now", node.dataset.state === phone.state);
  }
  at("lifecycle-text").textContent = `Present state: ${phone.state}.`;
  if (phone.state === "idle" || phone.state === "off") {
    showParameters();
    showExplanation();
  }
}

// Parameters ----------------------------------------------------------------------------------------------------
const box = at("parameters-box");

async function showParameters() {
  if (!box.open) return;
  const found = await attempt(() => api("GET", `/phones/${mac}/parameters`));
  if (found === undefined) return;
  const rowOf = (one) => row([one.name, one.value, one.source, one.masked], { class: one.is_rejected ? "bad-row" : "" });
  at("parameters").replaceChildren(...found.map(rowOf));
}
box.addEventListener("toggle", showParameters);

// The life as a picture -----------------------------------------------------------------------------------------
const SVG = "http://www.w3.org/2000/svg";

function draw(tag, attributes, text) {
  const made = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  if (text !== undefined) made.textContent = text;
  return made;
}

/** The ends of a way between two nodes: outside of both, and so much to the left, beside the way back. */
function between(from, to, left) {
  const [dx, dy] = [to.x - from.x, to.y - from.y];
  const reach = Math.min(58 / Math.max(Math.abs(dx), 1), 18 / Math.max(Math.abs(dy), 1));
  const [aside, down] = [dy, -dx].map((part) => (left * part) / Math.hypot(dx, dy));
  return [
    { x: from.x + dx * reach + aside, y: from.y + dy * reach + down },
    { x: to.x - dx * reach + aside, y: to.y - dy * reach + down },
  ];
}

async function drawLifecycle() {
  const life = await attempt(() => api("GET", "/lifecycle"));
  if (life === undefined) return;
  const picture = at("lifecycle");
  const place = new Map(life.states.map((state, index) => {
    const angle = (2 * Math.PI * index) / life.states.length - Math.PI / 2;
    return [state, { x: 220 + 160 * Math.cos(angle), y: 135 + 115 * Math.sin(angle) }];
  }));
  const head = draw("marker", { id: "arrow", viewBox: "0 0 8 8", refX: 7, refY: 4, markerWidth: 7, markerHeight: 7, orient: "auto" });
  head.append(draw("path", { d: "M0 0L8 4L0 8Z", class: "arrow" }));
  picture.append(head);
  const isWay = (from, to) => life.transitions.some((one) => one.from === from && one.to === to);
  const seen = new Map();
  for (const { from, to, event } of life.transitions) {
    const key = `${from}>${to}`;
    if (seen.has(key)) seen.get(key).textContent += `, ${event}`;
    else if (from !== to) {
      const [a, b] = between(place.get(from), place.get(to), isWay(to, from) ? 6 : 0);
      const [dx, dy] = [(b.y - a.y) * 0.08, (a.x - b.x) * 0.08];
      const path = draw("path", { d: `M${a.x} ${a.y}Q${(a.x + b.x) / 2 + dx} ${(a.y + b.y) / 2 + dy} ${b.x} ${b.y}`, class: "way", "marker-end": "url(#arrow)" });
      const title = draw("title", {}, `${from} to ${to}: ${event}`);
      path.append(title);
      picture.append(path);
      seen.set(key, title);
    }
  }
  for (const [state, { x, y }] of place) {
    const node = draw("g", { "data-state": state, class: "node" });
    node.append(draw("rect", { x: x - 56, y: y - 15, width: 112, height: 30, rx: 15 }), draw("text", { x, y: y + 4.5, "text-anchor": "middle" }, state));
    picture.append(node);
  }
}

// What can be done ----------------------------------------------------------------------------------------------
for (const button of root.querySelectorAll("button[data-action]")) {
  button.addEventListener("click", () => attempt(() => api("POST", `/phones/${mac}/${button.dataset.action}`)));
}
at("install").addEventListener("submit", (event) => {
  event.preventDefault();
  const { kind, day } = event.target.elements;
  // A date beside "for ever" is sent, too: the server refuses it and says why.
  attempt(() => api("POST", "/licenses", { mac: kind.value === "site" ? null : mac, last_day: day.value === "" ? null : day.value }));
});
at("forge").addEventListener("click", () => attempt(() => api("POST", "/licenses/forge", { mac })));
at("remove").addEventListener("click", () => attempt(() => api("DELETE", "/licenses")));

const clock = new ClockBar(at("clock"), mac);
const server = new ServerBar(at("server"));
await drawLifecycle();
listen((news, isFirst) => {
  if (news.anew) {
    log.replaceChildren();
    at("requests").replaceChildren();
  }
  const isAnew = isFirst || news.anew;
  if (isAnew) {
    frames.clear();
    // What was on the display before is not shown again.
    if (news.phone) frames.push(news.phone.frame);
  }
  clock.show(news.clock);
  if (news.server) server.show(news.server);
  if (news.story) document.dispatchEvent(new CustomEvent("story", { detail: news.story }));
  const events = news.events ?? [];
  addLines(events.filter((one) => one.kind === "line"));
  addRequests(events.filter((one) => one.kind === "request"));
  if (!isAnew) for (const one of events) if (one.kind === "frame") frames.push(one.frame);
  if (news.phone) showPhone(news.phone);
  const isGone = isFirst ? !news.phone : news.gone?.includes(mac);
  if (isGone) at("problem").textContent = "This phone was taken off the desk.";
}, { phone: mac });
