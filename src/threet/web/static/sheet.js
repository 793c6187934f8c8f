// Tables of the trading view, and the words for what they cannot show.
import { arrow, direction, grouped, money, rounded, roundedMoney, sign, signedMoney } from "./numbers.js";
import { make } from "./dom.js";

// heads: names of columns; those that end with ">" are set to the right.
export function sheet(heads, rows) {
  const table = make("table", "sheet");
  const head = table.createTHead().insertRow();
  for (const name of heads) head.append(Object.assign(make("th", name.endsWith(">") ? "end" : "", name.replace(">", "")), { scope: "col" }));
  const body = table.createTBody();
  for (const cells of rows) {
    const row = body.insertRow();
    cells.forEach((content, at) => {
      const cell = row.insertCell();
      if (heads[at].endsWith(">")) cell.className = "end";
      cell.append(...[content].flat());
    });
  }
  return table;
}

export const empty = (sentence) => make("p", "empty", sentence);

// What is not known is said, and why; it is never a 0.
export function unknown(why = "") {
  return Object.assign(make("span", "unknown", "unknown"), { title: why });
}

export function amount(text, why) {
  return text === null ? unknown(why) : Object.assign(make("span", "", money(roundedMoney(text))), { title: text });
}

export function gain(text, why) {
  if (text === null) return unknown(why);
  const way = sign(text);
  return Object.assign(make("b", direction(way), `${arrow(way)} ${signedMoney(roundedMoney(text))}`.trim()), { title: text });
}

export function price(text, places = null) {
  if (text === null) return unknown();
  return Object.assign(make("span", "", grouped(places === null ? text : rounded(text, places))), { title: text });
}

export function side(of, text) {
  return make("span", of === "buy" ? "up" : "down", `${of === "buy" ? "▲ buy" : "▼ sell"} ${text}`);
}

export function small(text, title = "") {
  return Object.assign(make("small", "", text), { title });
}

export function pick(symbol, onChoose) {
  const button = make("button", "pick", symbol);
  button.type = "button";
  button.addEventListener("click", () => onChoose(symbol));
  return button;
}
