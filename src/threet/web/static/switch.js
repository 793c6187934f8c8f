// The kill switch: what is halted, and the typed word that stops or resumes.
import { byId, make, setText } from "./dom.js";
import { ask } from "./market.js";
import { at } from "./decision_card.js";
import { change, openSession } from "./session.js";

const DEEDS = {
  kill: {
    word: "KILL", path: "/api/kill", title: "Stop trading", act: "Stop trading",
    what: "Every account is halted until somebody resumes, also over a restart: strategies decide nothing, resting orders are canceled, nothing new is risked. Stops at the exchange stay.",
  },
  resume: {
    word: "RESUME", path: "/api/resume", title: "Resume trading", act: "Resume trading",
    what: "The halt of the kill switch ends: strategies may open positions again at once.",
  },
};
const CAUSES = { kill_switch: "Kill switch", flatten: "every position is to be closed", liquidation: "Liquidated" };

export class Switch {
  constructor() {
    this.dialog = byId("confirm");
    this.word = byId("confirm-word");
    byId("stop").addEventListener("click", () => this.open("kill"));
    for (const id of ["resume", "halted-resume"]) byId(id).addEventListener("click", () => this.open("resume"));
    byId("confirm-cancel").addEventListener("click", () => this.dialog.close());
    this.word.addEventListener("input", () => this.check());
    byId("confirm-form").addEventListener("submit", (event) => {
      event.preventDefault();
      this.perform();
    });
    byId("logout").addEventListener("click", async () => {
      await change("/logout", {}).catch(() => {});
      location.replace("/login");
    });
  }

  async load() {
    try {
      const [halts, session] = await Promise.all([ask("/api/halts"), openSession()]);
      this.take(halts);
      byId("logout").hidden = !session.is_logged_in;
    } catch (error) {
      this.fail(error.message);
    }
  }

  take(halts) {
    this.halts = halts;
    const pulled = halts.halts.filter((halt) => halt.cause in CAUSES);
    byId("stop").hidden = !halts.accounts.length;
    byId("resume").hidden = !pulled.length;
    byId("halted-resume").hidden = !pulled.length;
    byId("halted").hidden = !halts.is_halted;
    byId("network").classList.toggle("halted", halts.is_halted);
    const groups = grouped(halts.halts);
    setText(byId("halted-text"), groups.map((group) => `${group.causes}: ${group.reason}, since ${at(group.since_ms, 16)} UTC`).join(" · "));
    const state = byId("switch-state");
    const kind = halts.is_halted ? "down" : halts.accounts.length ? "ok" : "";
    state.className = `overall ${kind}`;
    setText(state, halts.is_halted ? "Halted" : halts.accounts.length ? "Not halted" : "No account trades here");
    byId("switch-halts").replaceChildren(...groups.map(haltLine));
    this.fail("");
  }

  // Whether it is halted is then not known, which is not the same as "not halted".
  fail(sentence) {
    byId("switch-error").hidden = !sentence;
    setText(byId("switch-error"), sentence ? `Not known now: ${sentence}` : "");
    byId("panel-switch").classList.toggle("is-stale", Boolean(sentence));
    if (sentence && !this.halts) setText(byId("switch-state"), "Unknown");
  }

  async open(name) {
    this.deed = DEEDS[name];
    setText(byId("confirm-title"), this.deed.title);
    setText(byId("confirm-what"), this.deed.what);
    setText(byId("confirm-label"), this.deed.word);
    setText(byId("confirm-act"), this.deed.act);
    byId("confirm-accounts").replaceChildren(...(this.halts?.accounts ?? []).map((one) => make("li", "", one)));
    byId("confirm-flatten").hidden = name !== "kill";
    byId("flatten").checked = false;
    byId("confirm-act").classList.toggle("danger", name === "kill");
    this.word.value = "";
    this.say("");
    this.isClosed = false;
    this.check();
    this.dialog.showModal();
    this.word.focus();
    const session = await openSession(true).catch((error) => ({ why_closed: error.message }));
    this.isClosed = Boolean(session.why_closed);
    this.say(session.why_closed ?? "");
    this.check();
  }

  check() { byId("confirm-act").disabled = this.isClosed || this.isBusy || this.word.value !== this.deed.word; }

  async perform() {
    if (this.word.value !== this.deed.word || this.isBusy) return;
    this.isBusy = true;
    this.check();
    try {
      const body = { confirm: this.word.value };
      if (this.deed.word === "KILL") body.flatten = byId("flatten").checked;
      this.take(await change(this.deed.path, body));
      this.dialog.close();
    } catch (error) {
      if (error.status === 401) return location.replace("/login");
      this.say(error.status ? error.message : "The server does not answer: use `3t kill` on its machine");
    } finally {
      this.isBusy = false;
      this.check();
    }
  }

  say(sentence) {
    byId("confirm-note").hidden = !sentence;
    setText(byId("confirm-note"), sentence);
  }
}

// What was pulled at once is told once: the causes and accounts of one reason.
function grouped(halts) {
  const groups = new Map();
  for (const halt of [...halts].sort((a, b) => b.cause.localeCompare(a.cause))) {
    const key = `${halt.reason} ${halt.since_ms}`;
    if (!groups.has(key)) groups.set(key, { ...halt, words: new Set(), accounts: new Set() });
    groups.get(key).words.add(CAUSES[halt.cause] ?? halt.cause.replaceAll("_", " "));
    groups.get(key).accounts.add(halt.account);
  }
  return [...groups.values()].map((group) => ({ ...group, causes: [...group.words].join(", ") }));
}

function haltLine({ causes, reason, accounts, since_ms: sinceMs }) {
  const line = make("li");
  line.append(make("b", "", causes), ` ${reason}`, make("small", "", `${[...accounts].join(", ")} · since ${at(sinceMs)} UTC`));
  return line;
}
