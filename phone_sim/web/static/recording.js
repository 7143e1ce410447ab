// Plays a recording inside its own file: a slider over the events, and what the phone showed at each.
// What puts a frame on a face, `show` and `textOf`, stands before this in the file.
const { events, phone } = JSON.parse(document.getElementById("recording").textContent);
const at = (name) => document.getElementById(name);
const place = at("place");
const svg = document.querySelector("svg.face");
place.max = String(events.length);

const items = events.map((event) => {
  const item = document.createElement("li");
  const said = {
    line: () => event.line,
    request: () => `${event.method} ${event.path}: ${event.outcome}, ${event.size} bytes`,
    frame: () => (event.frame === null ? "display off" : `display: ${[event.frame.title, ...event.frame.lines].filter(Boolean).join(" / ")}`),
    state: () => `the phone is ${event.state}`,
  };
  item.className = event.kind;
  if (event.kind === "line") Object.assign(item.dataset, { component: event.component, level: event.level });
  item.textContent = said[event.kind]();
  return item;
});
at("events").append(...items);

function goTo(count) {
  const past = events.slice(0, count);
  const frame = past.findLast((event) => event.kind === "frame")?.frame ?? null;
  const state = past.findLast((event) => event.kind === "state")?.state ?? "off";
  show(svg, state === "off" ? null : frame);
  svg.classList.toggle("in-call", state === "in call" || state === "waiting for idle");
  at("display").textContent = frame === null ? "" : textOf(frame);
  at("when").textContent = count === 0 ? "before the first event" : `${past.at(-1).at.replace("T", " ").slice(0, 19)} UTC, ${state}`;
  items.forEach((item, index) => { item.hidden = index >= count; });
  at("events").scrollTop = at("events").scrollHeight;
}

let timer;
function stop() {
  clearInterval(timer);
  timer = undefined;
  at("play").textContent = "Play";
}
at("play").addEventListener("click", () => {
  if (timer !== undefined) { stop(); return; }
  if (Number(place.value) >= events.length) place.value = "0";
  at("play").textContent = "Stop";
  timer = setInterval(() => {
    place.value = String(Number(place.value) + 1);
    goTo(Number(place.value));
    if (Number(place.value) >= events.length) stop();
  }, 120);
});
place.addEventListener("input", () => { stop(); goTo(Number(place.value)); });
place.value = String(events.length);
goTo(events.length);
document.title = `${phone.model} ${phone.mac} - recording`;
