// Each risk limit as a bar of how much of it is used; what is not known has no bar.
import { age, grouped, money, rounded, roundedMoney } from "./numbers.js";
import { make } from "./dom.js";
import { unknown } from "./sheet.js";

const NAMES = {
  most_order_notional: "Order size", most_day_notional: "Sent today", most_position_notional: "Position size",
  most_gross: "Gross exposure", most_net: "Net exposure", price_band: "Price band", most_price_age_ms: "Age of prices",
  most_account_age_ms: "Age of equity", most_orders_a_minute: "Orders a minute", most_daily_loss: "Loss today",
  most_drawdown: "Drawdown", most_position: "Position size", most_loss: "Loss", least_liquidation_distance: "Liquidation distance",
};
const NEAR = 0.8;

export function limitBars(limits) {
  const list = make("ul", "limits");
  list.append(...limits.map(limitBar));
  return list;
}

function limitBar(limit) {
  const known = NAMES[limit.name] ?? `Group ${limit.name.replace("groups.", "")}`;
  const name = limit.of ? `${limit.of}: ${known.toLowerCase()}` : known;
  const row = make("li", stateOf(limit.share));
  row.title = limit.name;
  const head = make("div", "limit-head");
  const used = make("span", "limit-used");
  if (!limit.applies) used.append(make("span", "", "—"));
  else if (limit.used === null) used.append(unknown(limit.reason));
  else used.append(make("b", "", told(limit.used, limit.unit)));
  used.append(` ${limit.is_least ? "at least" : "of"} ${told(limit.limit, limit.unit)}`);
  head.append(make("span", "limit-name", name), used);
  row.append(head, bar(limit, name));
  if (limit.reason) row.append(make("small", "", limit.reason));
  return row;
}

function bar(limit, name) {
  const track = make("div", "track");
  if (limit.share === null) return track;
  const fill = make("i");
  fill.style.width = `${Math.min(100, limit.share * 100).toFixed(1)}%`;
  track.setAttribute("role", "meter");
  track.setAttribute("aria-label", name);
  track.setAttribute("aria-valuemin", "0");
  track.setAttribute("aria-valuemax", "1");
  track.setAttribute("aria-valuenow", limit.share.toFixed(3));
  track.append(fill);
  return track;
}

function stateOf(share) {
  if (share === null) return "";
  return share > 1 ? "beyond" : share >= NEAR ? "near" : "";
}

function told(text, unit) {
  if (unit === "usdc") return money(roundedMoney(text));
  if (unit === "share") return `${rounded(String(Number(text) * 100), 2)}%`;
  if (unit === "multiple") return `${rounded(text, 2)}×`;
  if (unit === "ms") return Number(text) < 1000 ? `${grouped(text)}\u202fms` : age(Number(text));
  return grouped(text);
}
