// How everything is, in one line of words and a chip for each part.
import { age } from "./numbers.js";
import { byId, make, setText } from "./dom.js";

const WORDS = { ok: "All is well", degraded: "Degraded", down: "Down" };
const MOST_REASONS = 3;
const RECENT_MS = 5000;
const GOOD = new Set(["up", "alive"]);

export class Health {
  constructor(market) { this.market = market; }

  take(health) {
    this.newest = health;
    const overall = byId("overall");
    overall.className = `overall ${health.status}`;
    const more = health.reasons.length - MOST_REASONS;
    const reasons = health.reasons.slice(0, MOST_REASONS).join(" · ") + (more > 0 ? ` · and ${more} more` : "");
    setText(overall, WORDS[health.status] + (reasons ? `: ${reasons}` : ""));
    byId("chips").replaceChildren(...this.chips(health));
    this.drawAge();
  }

  chips(health) {
    const { prices } = health;
    return [
      ...health.processes.map(processChip),
      ...health.dependencies.map((part) => chip(part.name, part.state, GOOD.has(part.state) ? "" : part.state === "unknown" ? "unsure" : "bad", part.reason)),
      ...health.streams.map(streamChip),
      chip("feed", `${health.messages_per_sec ?? "—"}/s`, "plain", "Messages this page's server follows"),
      ...(prices ? [chip("prices", `${prices.fresh}/${prices.symbols} fresh`, "plain", `${prices.stale} stale, ${prices.missing} missing`)] : []),
    ];
  }

  drawAge() {
    const isOld = this.newest && this.market.nowMs() - this.newest.now_ms > this.market.staleAfterMs;
    byId("panel-health").classList.toggle("is-stale", Boolean(isOld));
  }
}

function processChip(process) {
  const said = process.age_ms === null ? "never seen" : process.age_ms < RECENT_MS ? process.state : `${process.state}, ${age(process.age_ms)} ago`;
  const words = [said, ...process.faults].join(", ");
  const kind = !GOOD.has(process.state) ? "bad" : process.faults.length ? "unsure" : "";
  const figures = Object.entries(process.figures).map(([name, figure]) => `${name} ${figure}`).join(", ");
  return chip(process.name.replaceAll("_", " "), words, kind, figures);
}

function streamChip(stream) {
  const lags = stream.groups.map((group) => group.lag);
  const lag = lags.includes(null) ? "lag unknown" : `lag ${lags.reduce((total, one) => total + one, 0)}`;
  const newest = stream.age_ms === null ? "empty" : age(stream.age_ms);
  const groups = stream.groups.map((group) => `${group.group}: ${group.pending} pending, lag ${group.lag ?? "unknown"}`).join("; ");
  return chip(stream.stream, lags.length ? `${newest}, ${lag}` : newest, "plain", groups || `${stream.length} entries`);
}

function chip(name, text, kind, title) {
  const element = make("li", kind);
  element.append(name + " ", make("b", "", text));
  if (title) {
    element.title = title;
    element.append(make("small", "", title));
  }
  return element;
}
