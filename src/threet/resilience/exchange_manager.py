"""The one door of a process to its exchange (R20).

Every request takes from the budget, passes the breaker of its class and is seen by the
monitor. What may be repeated is, after growing waits; an order never.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TypeVar

from threet.model.errors import (
    BudgetSpentError,
    CircuitOpenError,
    DependencyError,
    RateLimitedError,
)
from threet.model.events import AlertRaised
from threet.ports.clock import Clock
from threet.ports.exchange import ManagedExchange
from threet.ports.rate_budget import Priority, RateBudget
from threet.resilience import request_weights as weights
from threet.resilience.access_policy import AccessPolicy, RequestClass, Surroundings
from threet.resilience.access_state import AccessState, Figures
from threet.resilience.circuit_breaker import (
    BreakerState,
    CircuitBreaker,
    Denied,
    Permit,
)
from threet.resilience.guarded_reader import GuardedReader, Request
from threet.resilience.network_monitor import Exceeded, NetworkMonitor
from threet.resilience.retrying import Retrying, Verdict, kind_of, verdict

T = TypeVar("T")

# A wait beyond that is nobody's who knows the exchange: a minute refills all of it.
_MOST_PAUSE_SECS = 120.0
# How often, at most, an open breaker makes somebody look if the exchange is back.
_PROBE_EVERY_SECS = 10.0
# It weighs 2, and everything waits to know whether the exchange is there.
_HEALTH_PRIORITY = Priority.REDUCE
_HEALTH = Request(name="exchangeStatus", priority=_HEALTH_PRIORITY)


class ExchangeManager:
    """Safe in many threads. One for each process; ``bootstrap`` makes it."""

    def __init__(
        self,
        *,
        exchange: ManagedExchange,
        budget: RateBudget,
        clock: Clock,
        surroundings: Surroundings,
        policy: AccessPolicy | None = None,
        monitor: NetworkMonitor | None = None,
        dexes: int = 0,
    ) -> None:
        """``dexes`` is how many builder dexes ``exchange`` reads beside the first."""
        self._exchange = exchange
        self._budget = budget
        self._dexes = dexes
        self._clock = clock
        self._around = surroundings
        self._policy = policy or AccessPolicy()
        breakers = {
            one: CircuitBreaker(
                failures=self._policy.failures, reset_secs=self._policy.reset_secs
            )
            for one in RequestClass
        }
        self._state = AccessState(breakers, monitor or NetworkMonitor())

    def get_exchange(
        self, *, is_paid: bool = False, priority: Priority | None = None
    ) -> GuardedReader:
        """The reader to ask; ``is_paid`` for callers that plan and take the weight of
        each call themselves. Tries after the first are always paid here. ``priority``
        is that of questions about an account, unless it is their class's own."""
        return GuardedReader(
            self._exchange,
            self,
            is_paid=is_paid,
            priority=priority,
            dexes=self._dexes,
        )

    def execute_with_retry(
        self, operation: Callable[[], T], request_class: RequestClass, request: Request
    ) -> T:
        """What ``operation`` returns, which asks the exchange once each time.

        Raises what it raised last, ``BudgetSpentError`` or ``CircuitOpenError`` when
        nothing was asked, and ``DependencyError``.
        """
        permit = self._admitted(request_class, request)
        try:
            answer = self._until_answered(operation, request_class, request)
        except BaseException as error:
            self._settle(request_class, permit, verdict(error))
            raise
        self._settle(request_class, permit, Verdict.ANSWERED)
        return answer

    def charge(self, items: int, request_class: RequestClass) -> None:
        """Pay for the items of an answer whose number was not known before."""
        if items > 0:
            self._budget.charge(
                weights.surcharge(items), priority=request_class.priority
            )

    def check_health(self, *, is_paid: bool = False) -> int:
        """The exchange's own clock, asked now, never remembered.

        Counts in no breaker, and no breaker stops it. When it fails the connections are
        made anew; when it succeeds open breakers may try. Raises ``ExchangeError``.
        """
        if not is_paid:
            self._pay(_HEALTH, _HEALTH_PRIORITY)
        with self._around.lock:
            self._state.probed_at = self._clock.monotonic()
        try:
            server_ms = self._once(self._exchange.server_ms, _HEALTH)
        except Exception as error:
            if verdict(error) is Verdict.FAILED:
                self._fell_ill(error)
            raise
        self._is_well()
        return server_ms

    def figures(self) -> Figures:
        """For the process board."""
        with self._around.lock:
            return self._state.figures(self._clock.monotonic())

    def _admitted(self, request_class: RequestClass, request: Request) -> Permit:
        self._maybe_probe(request_class)
        with self._around.lock, self._transitions(request_class):
            answer = self._state.breakers[request_class].admit(self._clock.monotonic())
            if isinstance(answer, Denied):
                self._state.counts.not_asked += 1
        if isinstance(answer, Denied):
            raise CircuitOpenError(
                request.name, request_class.value, answer.retry_after_secs
            )
        return answer

    def _maybe_probe(self, request_class: RequestClass) -> None:
        """An open breaker is a reason to look if the exchange is back."""
        with self._around.lock:
            state, now = self._state, self._clock.monotonic()
            is_due = now - state.probed_at >= _PROBE_EVERY_SECS
            if not is_due or not state.breakers[request_class].may_recover(now):
                return
            state.probed_at = now
        try:
            self.check_health()
        except Exception as error:
            if verdict(error) is Verdict.OURS and not isinstance(
                error, DependencyError
            ):
                raise

    def _until_answered(
        self, operation: Callable[[], T], request_class: RequestClass, request: Request
    ) -> T:
        priority = request.priority
        priority = request_class.priority if priority is None else priority
        if not request.is_paid:
            self._pay(request, priority)
        retrying = self._retrying()
        while True:
            try:
                return self._once(operation, request)
            except Exception as error:
                if not request_class.may_repeat:
                    raise
                wait = retrying.after(error, self._clock.monotonic())
                if wait is None:
                    raise
                self._note(
                    "exchange_retry", request=request.name, wait=wait, reason=str(error)
                )
                self._around.wait(wait)
                if self._budget.take(request.weight, priority=priority):
                    raise
                with self._around.lock:
                    self._state.counts.retries += 1

    def _retrying(self) -> Retrying:
        with self._around.lock:
            self._state.operations += 1
            seed = (self._policy.seed << 20) + self._state.operations
        return Retrying(
            waits_secs=self._policy.retries_secs,
            seed=seed,
            started_at=self._clock.monotonic(),
            patience_secs=self._policy.patience_secs,
        )

    def _once(self, operation: Callable[[], T], request: Request) -> T:
        """One try, seen by the monitor; a rate limit slows everybody down."""
        began = self._clock.monotonic()
        try:
            with self._around.telemetry.asking(request.name):
                answer = operation()
        except Exception as error:
            self._saw(error, began)
            if isinstance(error, RateLimitedError):
                wait = min(error.retry_after_secs, _MOST_PAUSE_SECS)
                self._note("exchange_slow_down", request=request.name, wait=wait)
                self._slow_down(wait)
            raise
        self._saw(None, began)
        return answer

    def _slow_down(self, secs: float) -> None:
        try:
            self._budget.pause(secs)
        except DependencyError as error:
            self._note("pause_not_shared", reason=str(error))

    def _saw(self, error: Exception | None, began: float) -> None:
        exceeded: Sequence[Exceeded] = ()
        kind = None if error is None else kind_of(error)
        with self._around.lock:
            now = self._clock.monotonic()
            self._state.counts.requests += 1
            if kind is not None:
                exceeded = self._state.monitor.error(now, kind)
            elif error is None or verdict(error) is Verdict.ANSWERED:
                self._state.monitor.answer(now, now - began)
        for one in exceeded:
            threshold = one.threshold
            window_secs = threshold.window_secs
            self._alert(threshold.name, str(error), one.count, window_secs)

    def _alert(self, name: str, reason: str, count: int, window_secs: int) -> None:
        self._around.alert(
            AlertRaised(
                received_ns=self._clock.now_ns(),
                name=name,
                source=self._around.source,
                message=reason[:300],
                count=count,
                window_secs=window_secs,
            )
        )

    def _pay(self, request: Request, priority: Priority) -> None:
        wait = self._budget.take(request.weight, priority=priority)
        if wait:
            with self._around.lock:
                self._state.counts.not_asked += 1
            raise BudgetSpentError(request.name, wait)

    def _settle(
        self, request_class: RequestClass, permit: Permit, outcome: Verdict
    ) -> None:
        with self._around.lock, self._transitions(request_class):
            now = self._clock.monotonic()
            breaker = self._state.breakers[request_class]
            match outcome:
                case Verdict.FAILED:
                    breaker.failed(permit, now)
                case Verdict.ANSWERED:
                    breaker.succeeded(permit, now)
                case Verdict.TOO_FAST | Verdict.OURS:
                    breaker.abandoned(permit)

    def _fell_ill(self, error: Exception) -> None:
        self._exchange.recreate()
        with self._around.lock:
            self._state.counts.health_failures += 1
            self._state.counts.recreated += 1
            self._state.is_healthy = False
        self._note("exchange_unhealthy", reason=str(error))

    def _is_well(self) -> None:
        with self._around.lock:
            was_healthy = self._state.is_healthy
            self._state.is_healthy = True
        for one in RequestClass:
            with self._around.lock, self._transitions(one):
                self._state.breakers[one].recovered(self._clock.monotonic())
        if was_healthy is False:
            self._note("exchange_healthy_again")

    @contextmanager
    def _transitions(self, request_class: RequestClass) -> Iterator[None]:
        """Tell what the block made of a breaker's state."""
        breaker = self._state.breakers[request_class]
        before = breaker.state
        yield
        after = breaker.state
        if after is before:
            return
        name = request_class.value
        self._note(
            "breaker_changed", request_class=name, was=before.value, now=after.value
        )
        if before is BreakerState.CLOSED:
            failed = breaker.failed_in_row
            reason = f"{name}: {failed} operations failed in a row"
            self._alert(f"exchange_{name}_breaker_open", reason, failed, 0)

    def _note(self, name: str, **fields: object) -> None:
        self._around.note(name, fields)
