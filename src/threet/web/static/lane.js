// The lane of decisions under the chart: a mark for each bar in which was decided.
import { byId, make, setText } from "./dom.js";
import { clockTime, decisionCard, judgeKinds, summary } from "./decision_card.js";

const WEIGHT = { holds: 0, acts: 1, wants: 2, refused: 3 };
const MOST_CARDS = 20;
const WORDS = { holds: "as before", acts: "the gateway acts", wants: "a new wish", refused: "refused by a gate" };

export class Lane {
  constructor(chart) {
    this.chart = chart;
    this.lane = byId("lane");
    this.tip = byId("lane-tip");
    this.card = byId("decision");
    this.bars = [];
    this.chosen = null;
    chart.onMove(() => this.place());
    this.lane.addEventListener("keydown", (event) => this.walk(event));
    byId("decision-close").addEventListener("click", () => this.close());
    addEventListener("keydown", (event) => event.key === "Escape" && !this.card.hidden && this.close());
  }

  say(sentence) { setText(byId("lane-note"), sentence); }

  clear(sentence = "") {
    this.take([], 60e3);
    this.say(sentence);
    this.close();
  }

  // Decisions of one market, newest first, by the bars they fell into.
  take(decisions, lengthMs) {
    judgeKinds(decisions);
    const bars = new Map();
    for (const decision of decisions) {
      const openMs = Math.floor(decision.at_ms / lengthMs) * lengthMs;
      if (!bars.has(openMs)) bars.set(openMs, []);
      bars.get(openMs).push(decision);
    }
    this.bars = [...bars].map(([openMs, own]) => ({ openMs, own })).sort((a, b) => a.openMs - b.openMs);
    const marks = this.bars.map((bar) => this.mark(bar));
    for (const old of this.lane.querySelectorAll(".mark")) old.remove();
    this.lane.append(...marks);
    this.say(this.bars.length ? "" : "Nothing was decided about this market");
    this.place();
    if (this.chosen !== null) this.show(this.chosen);
  }

  mark(bar) {
    const kind = bar.own.map((one) => one.kind).reduce((most, one) => (WEIGHT[one] > WEIGHT[most] ? one : most));
    const mark = make("button", `mark ${kind}`);
    mark.type = "button";
    mark.tabIndex = -1;
    mark.setAttribute("aria-label", `${clockTime(bar.own[0].at_ms)} ${WORDS[kind]}: ${bar.own[0].because}`);
    mark.addEventListener("click", () => this.show(bar.openMs));
    mark.addEventListener("pointerenter", () => this.hint(bar, mark));
    mark.addEventListener("pointerleave", () => { this.tip.hidden = true; });
    bar.mark = mark;
    return mark;
  }

  place() {
    for (const bar of this.bars) {
      const x = this.chart.xOf(bar.openMs);
      bar.mark.hidden = x === null;
      if (x !== null) bar.mark.style.left = `${x}px`;
    }
  }

  hint(bar, mark) {
    const lines = bar.own.slice(0, 4).map((one) => make("p", "", `${clockTime(one.at_ms)} ${summary(one)}`));
    if (bar.own.length > 4) lines.push(make("p", "", `and ${bar.own.length - 4} more`));
    this.tip.replaceChildren(...lines);
    this.tip.hidden = false;
    const most = this.lane.clientWidth - this.tip.offsetWidth - 8;
    this.tip.style.left = `${Math.max(8, Math.min(mark.offsetLeft - 20, most))}px`;
  }

  show(openMs) {
    const bar = this.bars.find((one) => one.openMs === openMs);
    if (!bar) return this.close();
    this.chosen = openMs;
    for (const one of this.bars) one.mark.setAttribute("aria-pressed", String(one === bar));
    byId("decision-body").replaceChildren(...bar.own.slice(0, MOST_CARDS).map(decisionCard));
    this.card.hidden = false;
  }

  close() {
    this.chosen = null;
    this.card.hidden = true;
    for (const one of this.bars) one.mark.setAttribute("aria-pressed", "false");
  }

  walk(event) {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    const shown = this.bars.filter((bar) => !bar.mark.hidden);
    if (!step || !shown.length) return;
    event.preventDefault();
    const from = shown.findIndex((bar) => bar.openMs === this.chosen);
    const to = from < 0 ? shown.length - 1 : Math.min(shown.length - 1, Math.max(0, from + step));
    this.show(shown[to].openMs);
  }
}
