// One decision, told whole: because, what it rested on, what each gate said.
import { age, grouped, UNKNOWN } from "./numbers.js";
import { make } from "./dom.js";

export const at = (ms, length = 19) => new Date(ms).toISOString().slice(0, length).replace("T", " ");
export const clockTime = (ms) => new Date(ms).toISOString().slice(11, 19);

// What it is about at a glance: a wish that is new, a gate's refusal, or all stays. Of
// decisions newest first; the oldest of a run has nothing to be compared with.
export function judgeKinds(decisions) {
  const wanted = new Map();
  for (const decision of [...decisions].reverse()) {
    let isNew = false;
    for (const { symbol, quantity } of decision.granted) {
      const key = `${decision.run} ${symbol}`;
      isNew ||= wanted.has(key) ? wanted.get(key) !== quantity : Number(quantity) !== 0;
      wanted.set(key, quantity);
    }
    const isRefused = decision.verdicts.some((verdict) => !verdict.passed);
    decision.kind = isRefused ? "refused" : isNew ? "wants" : isOfGateway(decision) ? "acts" : "holds";
  }
}

// The gateway wants nothing: it sends, is refused, or ends a wish whose stop was filled.
const isOfGateway = (decision) => decision.run === "gateway";

export function wish(decision) {
  if (isOfGateway(decision)) return decision.kind === "refused" ? "not sent" : decision.event.startsWith("gateway ") ? "order" : "wish ended";
  const wanted = decision.granted.map((one) => `${Number(one.quantity) === 0 ? "no" : grouped(one.quantity)} ${one.symbol}`).join(", ");
  if (!wanted) return "holds what it has";
  return decision.kind === "wants" ? `wants ${wanted}` : `still wants ${wanted}`;
}

export function summary(decision) { return `${decision.run} ${wish(decision)}: ${decision.because}`; }

export function decisionCard(decision) {
  const card = make("article", `decision ${decision.kind}`);
  const head = make("h3");
  head.append(make("time", "", `${at(decision.at_ms)} UTC`), " ", make("b", "", decision.run));
  const because = make("p", "because");
  because.append(make("b", "", wish(decision).replace(/^./, (first) => first.toUpperCase())), `${isOfGateway(decision) ? ":" : " because:"} ${decision.because}`);
  card.append(head, because);
  const stops = decision.granted.filter((one) => one.stop_loss || one.take_profit);
  card.append(
    facts("Protection", stops.map((one) => [one.symbol, [one.stop_loss && `stop ${grouped(one.stop_loss)}`, one.take_profit && `profit ${grouped(one.take_profit)}`].filter(Boolean).join(", ")])),
    facts("Values", Object.entries(decision.values).map(([name, value]) => [name, valueOf(value)])),
    facts("Inputs", decision.inputs.map((input) => [input.name, input.value === null ? "unknown" : grouping(input.value), input.age_ms !== null ? `${ageOf(input.age_ms)} old` : input.value === null ? "" : "of unknown age"])),
    facts("Gates", decision.verdicts.map((verdict) => [verdict.gate, verdict.passed ? "passed" : "refused", verdict.reason])),
  );
  return card;
}

function facts(title, rows) {
  const part = make("section", "facts");
  if (!rows.length) return part;
  part.append(make("h4", "", title));
  const list = make("dl");
  for (const [name, value, beside] of rows) {
    const told = make("dd", value === "refused" ? "down" : value === "unknown" ? "unknown" : "", value || UNKNOWN);
    if (beside) told.append(" ", make("small", "", beside));
    list.append(make("dt", "", name), told);
  }
  part.append(list);
  return part;
}

// Values are the strategy's own floats: shown as far as an eye reads them.
function valueOf(value) {
  if (typeof value !== "number" || Number.isInteger(value)) return String(value);
  return String(Number(value.toPrecision(7)));
}

const grouping = (text) => (/^-?\d+(\.\d+)?$/.test(text) ? grouped(text) : text);
const ageOf = (ms) => (ms < 1000 ? `${ms}\u202fms` : age(ms));
