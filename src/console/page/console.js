"use strict";

// One connection, on which the whole picture comes first and then what changes. Text from AWS is only ever set as
// text content, so that no name can become markup.

const SHOWN = 200;
const MEANING = {
  o: "answers", t: "throttled within a minute", d: "denied", r: "role not assumable", f: "fails",
  x: "switched off, or the account is not active", ".": "not asked yet",
};
const TROUBLE = new Set(["t", "d", "r", "f"]);

const rows = new Map();
let regions = [];

const at = (id) => document.getElementById(id);

function element(name, text, className) {
  const made = document.createElement(name);
  if (text !== undefined) made.textContent = text;
  if (className) made.className = className;
  return made;
}

function budgetOf(letter) {
  if (letter === "q") return ["waits", "somebody waits for its budget"];
  if (letter >= "0" && letter <= "8") return ["slow", `slowed down to about ${letter}0 % of its quota`];
  return ["", letter === "9" ? "at its full pace" : ""];
}

function cellOf(row, index) {
  const letter = row.cells[index];
  const [mark, budget] = budgetOf(row.budgets[index]);
  const kind = letter === "." ? "none" : letter;
  const cell = element("span", letter, `cell ${kind} ${mark}`.trim());
  cell.title = [regions[index], MEANING[letter], budget].filter(Boolean).join(": ");
  return cell;
}

const troubles = (row) => [...row.cells].filter((letter) => TROUBLE.has(letter)).length;

function drawCells() {
  const wanted = at("find").value.trim().toLowerCase();
  const only = at("trouble").checked;
  const chosen = [...rows.values()].filter((row) =>
    (!only || troubles(row) > 0) &&
    (!wanted || row.account.includes(wanted) || row.name.toLowerCase().includes(wanted)));
  chosen.sort((a, b) => troubles(b) - troubles(a) || a.account.localeCompare(b.account));

  const head = element("tr");
  head.append(element("th", "account"), element("th", "name"));
  for (const region of regions) head.append(element("th", region, "region"));
  const lines = chosen.slice(0, SHOWN).map((row) => {
    const line = element("tr");
    line.dataset.account = row.account;
    line.append(element("td", row.account), element("td", row.name));
    for (let index = 0; index < regions.length; index += 1) {
      const place = element("td", undefined, "at");
      place.append(cellOf(row, index));
      line.append(place);
    }
    return line;
  });
  at("cells").replaceChildren(head, ...lines);
  at("more").textContent = chosen.length > SHOWN
    ? `${chosen.length - SHOWN} more accounts; those in trouble come first` : "";
  drawCounts();
}

function drawCounts() {
  const counts = {};
  for (const row of rows.values()) {
    for (const letter of row.cells) counts[letter] = (counts[letter] || 0) + 1;
  }
  const told = Object.entries(MEANING).filter(([letter]) => counts[letter]);
  at("counts").textContent =
    [`${rows.size} accounts`, ...told.map(([letter, meaning]) => `${counts[letter]} ${meaning}`)].join(" · ");
}

// [title, how to get it, whether it is a number]
function drawTable(id, columns, items, nothing) {
  if (items.length === 0) {
    const line = element("tr");
    line.append(element("td", nothing));
    at(id).replaceChildren(line);
    return;
  }
  const head = element("tr");
  for (const [title] of columns) head.append(element("th", title));
  const lines = items.map((item) => {
    const line = element("tr");
    for (const [, of, number] of columns) {
      const value = of(item);
      const place = element("td", value instanceof Node ? undefined : value, number ? "number" : "");
      if (value instanceof Node) place.append(value);
      line.append(place);
    }
    return line;
  });
  at(id).replaceChildren(head, ...lines);
}

function progressOf(lookup) {
  const bar = element("progress");
  bar.max = Math.max(lookup.cells_total, 1);
  bar.value = lookup.cells_done;
  bar.title = `${lookup.cells_done} of ${lookup.cells_total} cells`;
  return bar;
}

const LOOKUPS = [
  ["kind", (l) => l.kind], ["caller", (l) => l.caller], ["progress", progressOf],
  ["cells", (l) => `${l.cells_done} of ${l.cells_total}`, true], ["events", (l) => l.events, true],
  ["calls", (l) => l.calls, true], ["throttled", (l) => l.throttles, true],
  ["left", (l) => l.remaining_seconds === null ? "" : `${l.remaining_seconds} s`, true],
];
const QUEUES = [
  ["account", (q) => q.account], ["Region", (q) => q.region], ["operation", (q) => q.api],
  ["waiting", (q) => q.waiting, true], ["wait", (q) => `${(q.wait_ms / 1000).toFixed(1)} s`, true],
  ["calls a second", (q) => q.pace.toFixed(2), true], ["of ours", (q) => `${Math.round(q.factor * 100)} %`, true],
  ["others spend", (q) => q.foreign.toFixed(2), true],
];
const THROTTLES = [
  ["time", (t) => t.at], ["account", (t) => t.account], ["Region", (t) => t.region], ["operation", (t) => t.api],
];

function draw(picture) {
  if (picture.whole) rows.clear();
  regions = picture.regions;
  for (const row of picture.rows) rows.set(row.account, row);
  if (picture.whole || picture.rows.length > 0) drawCells();
  drawTable("lookups", LOOKUPS, picture.lookups, "none");
  drawTable("queues", QUEUES, picture.queues, "nobody waits");
  drawTable("throttles", THROTTLES, picture.throttles, "none");
  at("warnings").replaceChildren(...picture.warnings.map((warning) => element("li", warning)));
  at("state").textContent = `as of ${picture.time}`;
  at("state").className = "";
}

const source = new EventSource("/console/updates");
source.onmessage = (message) => draw(JSON.parse(message.data));
source.onerror = () => {
  at("state").textContent = "the connection is lost; what is shown is old";
  at("state").className = "lost";
};
at("find").addEventListener("input", drawCells);
at("trouble").addEventListener("change", drawCells);
