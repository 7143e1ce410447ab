// The desk: a tile for each phone. Phones are put there, switched and taken away; a tile's link opens its phone.

import { show as showFrame } from "/faces/face.js";
import { ClockBar, ServerBar, api, attempt, element, listen } from "./common.js";

const tiles = document.getElementById("tiles");
const byMac = new Map();

function make(tile) {
  const link = element("a", { href: `/phones/${tile.mac}`, text: tile.model });
  const parts = {
    state: element("span", { class: "state" }),
    face: document.querySelector(`template[data-face="${tile.token}"]`).content.firstElementChild.cloneNode(true),
    features: element("p", { class: "dim" }),
    power: element("button", { type: "button", class: "quiet" }),
    take: element("button", { type: "button", class: "quiet", text: "Take away", "aria-label": `Take ${tile.model} ${tile.mac} away` }),
  };
  parts.power.addEventListener("click", () => attempt(() => api("POST", `/phones/${tile.mac}/power`)));
  parts.take.addEventListener("click", () => attempt(() => api("DELETE", `/phones/${tile.mac}`)));
  const head = element("h3", { children: [link] });
  const name = element("p", { class: "name", children: [element("span", { class: "code", text: tile.mac }), parts.state] });
  const keys = element("div", { class: "keys", children: [parts.power, parts.take] });
  const item = element("li", { class: "tile", children: [head, name, parts.face, parts.features, keys] });
  return { item, parts, token: tile.token };
}

function show(tile) {
  const known = byMac.get(tile.mac);
  if (known?.token !== tile.token) {
    const made = make(tile);
    if (known === undefined) tiles.append(made.item);
    else known.item.replaceWith(made.item);
    byMac.set(tile.mac, made);
  }
  const { item, parts } = byMac.get(tile.mac);
  item.dataset.state = tile.state;
  parts.state.dataset.state = tile.state;
  parts.state.textContent = tile.state;
  parts.face.classList.toggle("in-call", tile.calls > 0);
  showFrame(parts.face, tile.frame);
  const unlicensed = tile.features_unlicensed > 0 ? `, ${tile.features_unlicensed} not licensed` : "";
  parts.features.textContent = tile.state === "off" ? "" : `${tile.features_on} feature${tile.features_on === 1 ? "" : "s"} on${unlicensed}; reboots: ${tile.reboots}`;
  const power = tile.state === "off" ? "Power on" : "Pull the plug";
  if (parts.power.textContent === power) return;
  parts.power.textContent = power;
  parts.power.setAttribute("aria-label", `${power}: ${tile.model} ${tile.mac}`);
}

const clock = new ClockBar(document.getElementById("clock"));
const server = new ServerBar(document.getElementById("server"));
listen((news, isFirst) => {
  clock.show(news.clock);
  if (news.server) server.show(news.server);
  for (const tile of news.tiles ?? []) show(tile);
  // What went while this page did not listen is not there any more.
  const there = new Set((news.tiles ?? []).map((tile) => tile.mac));
  const gone = isFirst ? [...byMac.keys()].filter((mac) => !there.has(mac)) : news.gone ?? [];
  for (const mac of gone) {
    byMac.get(mac)?.item.remove();
    byMac.delete(mac);
  }
  document.getElementById("phones").textContent = byMac.size;
});

const form = document.getElementById("new");
form.addEventListener("submit", (event) => {
  event.preventDefault();
  const { model, count, on, boot_rom: bootRom } = form.elements;
  attempt(() => api("POST", "/phones", {
    model: model.value, count: Number(count.value), on: on.checked, boot_rom: bootRom.checked,
  }));
});
document.getElementById("license").addEventListener("submit", (event) => {
  event.preventDefault();
  const day = event.target.elements.day.value;
  attempt(() => api("POST", "/licenses", { last_day: day === "" ? null : day }));
});
document.getElementById("reboot-all").addEventListener("click", () => attempt(async () => {
  const answers = await Promise.allSettled([...byMac.keys()].map((mac) => api("POST", `/phones/${mac}/reboot`)));
  const refused = answers.find((one) => one.status === "rejected");
  if (refused !== undefined) throw refused.reason;
}));
