"""What must hold of a run, by code that believes nobody of the platform.

It reads the database with its own statements, the exchange's own record, and the bytes
that left; of the platform's words only why a target was not reached.
"""

import sqlite3
from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec

from hlsim.core.journal import Fill
from hlsim.core.orders import OrderRecord, Status
from tests.sim.composition import LIVES_MS, MASTER, MOST_PRICE_AGE_MS
from tests.sim.feed import Quoted
from tests.sim.transport import Sent
from tests.sim.world import FUNDS, Ended
from threet.execution.stop_outs import RUN

_OPEN, _LANDED = "open", "landed"
_ZERO = Decimal(0)
_CENT = Decimal("0.01")
_LEAST_NOTIONAL = Decimal(16)
_SHARE = Decimal("0.06")
_FAR = Decimal("0.03")
# A record of the exchange that says there never was an order.
_NEVER = {one for one in Status if one.value.endswith(("Rejected", "rejected"))}
_ORDERS_KEPT = 2_000
# What rests may be filled unseen for as long as the gateway trusts a reading.
_UNSEEN_MS = 65_000
_UNHEARD_MS = 5_000
# No reason for who wants out: that waits some seconds at most.
_PATIENT = "refused before"
# A wish may be followed for as long as an order lives, and a process is away.
_WISH_MS = 60_000


def violations(ended: Ended) -> Sequence[str]:
    """Every broken rule, each with the facts that show it."""
    with closing(sqlite3.connect(f"file:{ended.file}?mode=ro", uri=True)) as database:
        database.row_factory = sqlite3.Row
        facts = _facts(ended, database)
    return [text for rule in _RULES for text in rule(facts)]


@dataclass(frozen=True, slots=True)
class _Action:
    """What left the platform at ``at_ms`` of true time."""

    at_ms: int
    kind: str
    nonce: int
    body: bytes
    orders: Sequence[Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class _Facts:
    ended: Ended
    intents: Mapping[str, Mapping[str, Any]]  # by cloid
    fills: Sequence[Mapping[str, Any]]
    targets: Mapping[str, Decimal]  # by symbol, over all runs
    decisions: Sequence[Mapping[str, Any]]
    halts: Sequence[str]
    actions: Sequence[_Action]
    records: Sequence[OrderRecord]
    told: Sequence[Fill]  # the exchange's own fills

    def symbol(self, asset: int) -> str:
        return self.ended.exchange.exchange.universe[asset].name

    def asset(self, symbol: str) -> int:
        return self.ended.exchange.exchange.asset(symbol)

    def unseen(self) -> Sequence[Fill]:
        """Of the very end: of a quote the platform has not asked since, of a stop it
        may not have heard yet."""
        known = {(row["symbol"], row["tid"]) for row in self.fills}
        return [
            one
            for one in self.told
            if self.is_recent(one, _UNHEARD_MS if one.crossed else _UNSEEN_MS)
            and (self.symbol(one.asset), one.tid) not in known
        ]

    def is_recent(self, fill: Fill, ms: int) -> bool:
        return fill.time_ms > self.ended.exchange.now_ms - ms

    def position(self, symbol: str) -> Decimal:
        asset = self.asset(symbol)
        account = self.ended.exchange.exchange.account(MASTER)
        return self.size(asset, account.szi(asset))

    def size(self, asset: int, units: int) -> Decimal:
        decimals = self.ended.exchange.exchange.universe[asset].sz_decimals
        return Decimal(units).scaleb(-decimals)


_RULE = Iterator[str]


def _facts(ended: Ended, database: sqlite3.Connection) -> _Facts:
    history = ended.exchange.exchange.journal.history(MASTER)
    wanted: defaultdict[str, Decimal] = defaultdict(Decimal)
    for row in database.execute("SELECT symbol, quantity FROM targets"):
        wanted[row["symbol"]] += Decimal(row["quantity"])
    records = database.execute("SELECT record FROM decisions").fetchall()
    return _Facts(
        ended=ended,
        intents={
            row["cloid"]: dict(row)
            for row in database.execute("SELECT * FROM order_intents")
        },
        fills=[dict(row) for row in database.execute("SELECT * FROM fills")],
        targets=wanted,
        decisions=[msgspec.json.decode(row["record"]) for row in records],
        halts=[row["reason"] for row in database.execute("SELECT reason FROM halts")],
        actions=[_action(one) for one in ended.sent],
        records=list(history.orders),
        told=list(history.fills),
    )


def _action(sent: Sent) -> _Action:
    body = msgspec.json.decode(sent.body)
    action = body["action"]
    orders = action.get("orders", [])
    return _Action(sent.at_ms, action["type"], body["nonce"], sent.body, orders)


def _alive(facts: _Facts) -> _RULE:
    for death in facts.ended.deaths:
        yield f"a process ended by itself: {death}"
    if len(facts.records) >= _ORDERS_KEPT:
        yield "the exchange forgot orders: the run is too long to be judged"


def _one_order_an_intent(facts: _Facts) -> _RULE:
    """I1, by the exchange's record."""
    oids: defaultdict[str, set[int]] = defaultdict(set)
    for one in facts.records:
        if one.order.cloid is not None:
            oids[one.order.cloid].add(one.order.oid)
    for cloid, found in oids.items():
        if len(found) > 1:
            yield f"I1: {cloid} became {len(found)} orders {sorted(found)}"
        if cloid not in facts.intents:
            yield f"I1: the order {cloid} has no intent"


def _one_body_an_intent(facts: _Facts) -> _RULE:
    """I1, by the bytes that left: whatever became of them, they were of one order."""
    bodies: defaultdict[str, set[bytes]] = defaultdict(set)
    for action in facts.actions:
        for order in action.orders:
            bodies[order["c"]].add(action.body)
    for cloid, sent in bodies.items():
        if cloid not in facts.intents:
            yield f"I1: {cloid} was sent without an intent"
        if len(sent) > 1:
            yield f"I1: {cloid} was sent as {len(sent)} different orders"


def _orders_are_ours(facts: _Facts) -> _RULE:
    """I1: whatever was traded is of an intent, but for the exchange's own closing."""
    for one in facts.told:
        if one.cloid is None and one.liquidation is None:
            yield f"I1: fill {one.tid} of {facts.symbol(one.asset)} is of no intent"


def _states_are_true(facts: _Facts) -> _RULE:
    """What the database says of an intent is what became of it."""
    landed = {one.order.cloid for one in facts.records if one.status not in _NEVER}
    rejected = {one.order.cloid for one in facts.records} - landed
    for cloid, row in facts.intents.items():
        state = row["state"]
        if state not in (_OPEN, _LANDED) and cloid in landed:
            yield f"I1: {row['intent_id']} is {state} and has an order"
        if state == _LANDED and cloid not in landed | rejected:
            yield f"I1: {row['intent_id']} is landed and has no order"


def _fills_are_the_position(facts: _Facts) -> _RULE:
    """I2 and I3: each fill once, and their sum is the exchange's position."""
    unseen = facts.unseen()
    ours = Counter((row["symbol"], row["tid"]) for row in facts.fills)
    ours.update((facts.symbol(one.asset), one.tid) for one in unseen)
    theirs = Counter((facts.symbol(one.asset), one.tid) for one in facts.told)
    for key, count in (theirs - ours).items():
        yield f"I2: fill {key} is missing {count} times"
    for key, count in (ours - theirs).items():
        yield f"I3: fill {key} is kept {count} times too often"
    sums: defaultdict[str, Decimal] = defaultdict(Decimal)
    for row in facts.fills:
        sign = 1 if row["side"] == "buy" else -1
        sums[row["symbol"]] += Decimal(row["quantity"]) * sign
    for one in unseen:
        size = one.sz if one.is_buy else -one.sz
        sums[facts.symbol(one.asset)] += facts.size(one.asset, size)
    for symbol in {*sums, *facts.targets}:
        actual = facts.position(symbol)
        if sums[symbol] != actual:
            yield f"I2: {symbol} is {actual}, its fills say {sums[symbol]}"


def _equity_is_explained(facts: _Facts) -> _RULE:
    """I3: what was paid in, won, paid as fees and as funding, and nothing else."""
    exchange = facts.ended.exchange
    state = exchange.info({"type": "clearinghouseState", "user": MASTER})
    value = Decimal(state["marginSummary"]["accountValue"])
    open_pnl = sum(
        (Decimal(one["position"]["unrealizedPnl"]) for one in state["assetPositions"]),
        _ZERO,
    )
    history = exchange.exchange.journal.history(MASTER)
    funding = Decimal(sum(one.usdc for one in history.fundings)).scaleb(-6)
    won = sum((Decimal(row["closed_pnl"]) for row in facts.fills), _ZERO)
    fees = sum((Decimal(row["fee"]) for row in facts.fills), _ZERO)
    unseen = sum(one.closed_pnl - one.fee for one in facts.unseen())
    expected = FUNDS + won - fees + funding + open_pnl + Decimal(unseen).scaleb(-6)
    if abs(expected - value) > _CENT:
        yield f"I3: the equity is {value}, what happened says {expected}"


def _own_books_agree(facts: _Facts) -> _RULE:
    """What the platform says of its own books, once all is calm."""
    for cause in facts.halts:
        yield f"I3: it is halted at the end: {cause}"


def _nonces_rise(facts: _Facts) -> _RULE:
    """One nonce, one action; a `noop` burns that of an action on purpose."""
    of_nonce: dict[int, bytes] = {}
    highest = 0
    for one in facts.actions:
        if one.kind == "noop":
            continue
        before = of_nonce.setdefault(one.nonce, one.body)
        if before != one.body:
            yield f"O7: nonce {one.nonce} is of two actions"
        elif before is one.body and one.nonce <= highest:
            yield f"O7: nonce {one.nonce} came after {highest}"
        highest = max(highest, one.nonce)


def _no_risk_while_halted(facts: _Facts) -> _RULE:
    """I4: only what reduces a position."""
    for action in facts.actions:
        for from_ms, until_ms in facts.ended.halted:
            if from_ms < action.at_ms < until_ms:
                for order in action.orders:
                    if not order["r"]:
                        yield f"I4: {order['c']} was sent at {action.at_ms}, halted"


def _no_risk_in_the_dark(facts: _Facts) -> _RULE:
    """I4: nothing that adds to a position on a price that is not known, or old, or far
    from the market."""
    offers = facts.ended.live.offers
    times = [at_ms for at_ms, _ in offers]
    for action in facts.actions:
        place = bisect_right(times, action.at_ms) - 1
        told = offers[place][1] if place >= 0 else {}
        for order in action.orders:
            doubt = _doubt(order, action.at_ms, told.get(facts.symbol(order["a"])))
            if doubt and not order["r"]:
                yield f"I4: {order['c']} {doubt}"


def _doubt(order: Mapping[str, Any], at_ms: int, quoted: Quoted | None) -> str:
    if quoted is None:
        return "was sent without a price"
    age_ms = at_ms - quoted.at_ms
    if age_ms > MOST_PRICE_AGE_MS:
        return f"rests on a price {age_ms} ms old"
    if abs(Decimal(order["p"]) / quoted.mid - 1) > _FAR:
        return f"at {order['p']}, the market is {quoted.mid}"
    return ""


def _nothing_beyond_the_wish(facts: _Facts) -> _RULE:
    """Nothing is bought or sold past what all runs together wanted not long before;
    an order that was doubled somehow would."""
    wishes = _wishes(facts)
    for one in facts.told:
        if one.cloid is None:
            continue
        symbol = facts.symbol(one.asset)
        before = facts.size(one.asset, one.start_szi)
        after = before + facts.size(one.asset, one.sz if one.is_buy else -one.sz)
        since_ms = one.time_ms - _WISH_MS
        known = wishes.get(symbol, [])
        first = bisect_right([at_ms for at_ms, _ in known], since_ms) - 1
        recent = known[max(0, first) :]
        hull = [_ZERO, before, *(one for _, wanted in recent for one in wanted)]
        if not min(hull) <= after <= max(hull):
            yield (
                f"I1: {symbol} went from {before} to {after} at {one.time_ms}, "
                f"wanted were {min(hull)} to {max(hull)}"
            )


def _wishes(facts: _Facts) -> Mapping[str, Sequence[tuple[int, Sequence[Decimal]]]]:
    """By symbol: when, by true time, the sum over all runs became what.

    A stop that was filled ends wishes without a decision of their runs: of a symbol
    that ever had one, any part of the sum may be what is wanted.
    """
    of_run: dict[tuple[str, str], Decimal] = {}
    found: defaultdict[str, list[tuple[int, Sequence[Decimal]]]] = defaultdict(list)
    times = facts.ended.decided_ms
    wishes = [one for one in facts.decisions if one["granted"]]
    ended = {one["event"].split(" ")[1] for one in facts.decisions if _ends(one)}
    for decision in sorted(wishes, key=lambda one: times[one["decision_id"]]):
        for one in decision["granted"]:
            symbol = one["symbol"]
            of_run[decision["run"], symbol] = Decimal(one["quantity"])
            parts = [held for (_, name), held in of_run.items() if name == symbol]
            sums = [sum(parts, _ZERO)]
            if symbol in ended:
                sums.append(sum((held for held in parts if held > _ZERO), _ZERO))
                sums.append(sum((held for held in parts if held < _ZERO), _ZERO))
            found[symbol].append((times[decision["decision_id"]], sums))
    return found


def _ends(decision: Mapping[str, Any]) -> bool:
    words = str(decision["event"])
    return bool(decision["run"] == RUN) and words.startswith(("fill ", "close "))


def _unknown_is_hold(facts: _Facts) -> _RULE:
    """B4: what a decision wants of a notional is that notional, or stays as it was."""
    prices: defaultdict[str, list[Decimal]] = defaultdict(list)
    for _, told in facts.ended.live.offers:
        for symbol, quoted in told.items():
            prices[symbol].append(quoted.mid)
    for decision in facts.decisions:
        granted = {one["symbol"]: one for one in decision["granted"]}
        for target in decision["targets"]:
            one = granted.get(target["symbol"])
            amount = Decimal(target["amount"])
            if one is None or target["measure"] != "notional":
                continue
            known = prices[target["symbol"]]
            low, high = min(known) * (1 - _FAR), max(known) * (1 + _FAR)
            size = abs(Decimal(one["quantity"]))
            step = facts.size(facts.asset(target["symbol"]), 1)
            if not abs(amount) / high - step <= size <= abs(amount) / low:
                yield f"B4: {decision['decision_id']} wants {amount}, granted {size}"


def _settled_in_time(facts: _Facts) -> _RULE:
    """Half a minute after the last fault nothing is open but what may still land."""
    ended = facts.ended
    calm_ms = ended.faults_end_ms
    by_id = {row["intent_id"]: row for row in facts.intents.values()}
    for intent_id in ended.open_after_calm:
        if by_id[intent_id]["expires_ms"] < calm_ms:
            yield f"liveness: {intent_id} was open half a minute after the faults"
    for row in facts.intents.values():
        is_old = row["expires_ms"] + 2 * LIVES_MS < ended.exchange.now_ms
        if row["state"] == _OPEN and is_old:
            yield f"liveness: {row['intent_id']} is open for ever"


def _targets_are_reached(facts: _Facts) -> _RULE:
    """Or a gate refuses, or a quote of ours rests for it."""
    live = facts.ended.live
    resting = {
        facts.symbol(one.asset) for one in facts.ended.exchange.exchange.open.of(MASTER)
    }
    moved = {
        facts.symbol(one.asset)
        for one in facts.told
        if facts.is_recent(one, _UNHEARD_MS)
    }
    for symbol, wanted in facts.targets.items():
        quoted = live.quoted(symbol)
        if quoted is None or symbol in moved:
            continue
        position = facts.position(symbol)
        missing = abs(wanted - position) * quoted.mid
        small = max(_LEAST_NOTIONAL, abs(wanted) * quoted.mid * _SHARE)
        said = facts.ended.said.get(symbol, "")
        is_exit = (wanted - position) * position < _ZERO
        is_told = "refused" in said and not (is_exit and said.startswith(_PATIENT))
        if missing > small and symbol not in resting and not is_told:
            yield f"liveness: {symbol} lacks {missing:.2f} USDC, and says {said!r}"


_RULES = (
    _alive,
    _one_order_an_intent,
    _one_body_an_intent,
    _orders_are_ours,
    _states_are_true,
    _fills_are_the_position,
    _equity_is_explained,
    _own_books_agree,
    _nonces_rise,
    _no_risk_while_halted,
    _no_risk_in_the_dark,
    _nothing_beyond_the_wish,
    _unknown_is_hold,
    _settled_in_time,
    _targets_are_reached,
)


def rows_of(file: Path) -> str:
    """Intents and fills as text, for a digest."""
    with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as database:
        queries = (
            "SELECT * FROM order_intents ORDER BY nonce, intent_id",
            "SELECT * FROM fills ORDER BY time_ms, symbol, tid",
        )
        return repr([database.execute(query).fetchall() for query in queries])
