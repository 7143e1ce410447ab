
"use strict";
const filter = document.getElementById("filter");
const search = document.getElementById("search");
const findings = [...document.querySelectorAll(".finding")];

function show() {
  const kinds = new Set([...filter.querySelectorAll("input:checked")].map((box) => box.value));
  const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
  let count = 0;
  for (const one of findings) {
    const text = one.textContent.toLowerCase();
    const isShown = kinds.has(one.dataset.kind) ? words.every((word) => text.includes(word)) : false;
    one.hidden = !isShown;
    document.getElementById(one.id + "-entry").hidden = !isShown;
    count += isShown;
  }
  document.getElementById("shown").textContent = count + " of " + findings.length + " findings";
}

// A finding that a link leads to is opened, whatever the filter says.
function follow() {
  const target = document.getElementById(location.hash.slice(1));
  if (target?.matches(".finding")) {
    target.hidden = false;
    target.open = true;
    target.scrollIntoView();
  }
}

if (matchMedia("(max-width: 56rem)").matches) document.querySelector(".contents").open = false;
filter.addEventListener("input", show);
filter.addEventListener("submit", (event) => event.preventDefault());
addEventListener("hashchange", follow);
filter.hidden = false;
show();
follow();
