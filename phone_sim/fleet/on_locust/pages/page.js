// Locust's tab "Phones": a form that leads to one phone, and links to phones that are not as expected.
// Locust draws a tab as one table without links, so this stands above it, and shows only while that tab does.
const TAB = "Phones";
const EVERY = 2000;

const box = document.createElement("section");
box.id = "phone-sim";
box.setAttribute("aria-label", "One phone");
box.innerHTML = `
  <form action="/phones/find">
    <label>Phone (MAC) <input name="mac" required maxlength="40" spellcheck="false" autocomplete="off"></label>
    <button>Show</button>
  </form>
  <h2></h2>
  <ul></ul>`;
const [heading, list] = [box.querySelector("h2"), box.querySelector("ul")];
let asked = 0;
let shown = "";

function place() {
  const tab = document.querySelector('[role="tab"][aria-selected="true"]');
  const isShown = tab !== null && tab.textContent === TAB;
  const above = isShown ? tab.closest('[role="tablist"]').closest(".MuiTabs-root").parentElement : null;
  if (above !== null && above.nextSibling !== box) above.after(box);
  box.hidden = !isShown;
  if (isShown && !document.hidden && Date.now() > asked + EVERY) {
    asked = Date.now();
    refresh();
  }
}

async function refresh() {
  let facts;
  try {
    facts = await (await fetch("/phones")).json();
  } catch {
    return; // the run has ended, which Locust's page says
  }
  const count = facts.phones - facts.as_expected;
  const found = JSON.stringify([count, facts.unexpected]);
  if (found === shown) return; // whoever goes through the links by keyboard stays where they are
  shown = found;
  const some = facts.unexpected.length < count ? `, the first ${facts.unexpected.length}` : "";
  heading.textContent = count ? `Not as expected: ${count}${some}` : "All phones are as expected";
  list.replaceChildren(...facts.unexpected.map(item));
}

function item({ mac, reason }) {
  const line = document.createElement("li");
  const link = document.createElement("a");
  link.href = `/phones/${mac}`;
  link.textContent = mac;
  line.append(link, ` ${reason}`);
  return line;
}

setInterval(place, 200);
