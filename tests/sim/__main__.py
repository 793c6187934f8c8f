"""``python -m tests.sim --seeds 1000 --jobs 2``; see ``make sim``."""

import argparse
import sys

from tests.sim.planted import BUGS
from tests.sim.runner import Played, Summary, hunted, keep, kept_seeds, played


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def main() -> int:
    options = _options()
    is_good = True
    if not options.only_bugs:
        is_good = _play(options)
    if options.bugs or options.only_bugs:
        is_good = _hunt(options.most) and is_good
    return 0 if is_good else 1


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.sim")
    parser.add_argument("--seeds", type=int, default=1_000, help="how many")
    parser.add_argument("--first", type=int, default=0, help="the first seed")
    parser.add_argument("--seed", type=int, help="this one alone")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--secs", type=float, help="begin no seed after so long")
    parser.add_argument("--bugs", action="store_true", help="hunt planted bugs, too")
    parser.add_argument("--only-bugs", action="store_true")
    parser.add_argument("--most", type=int, default=100, help="seeds for each bug")
    return parser.parse_args()


def _play(options: argparse.Namespace) -> bool:
    if options.seed is not None:
        seeds, jobs = [options.seed], 1
    else:
        new = range(options.first, options.first + options.seeds)
        kept = kept_seeds()
        seeds = [*kept, *(seed for seed in new if seed not in kept)]
        jobs = options.jobs
    summary = Summary.begin()
    for one in played(seeds, jobs):
        summary.add(one)
        if one.violated:
            _tell(one)
            keep(one)
        if options.secs and summary.wall_secs > options.secs:
            break
    _sum_up(summary)
    return not summary.violated


def _tell(one: Played) -> None:
    _say(f"seed {one.seed} VIOLATED:")
    for text in one.violated[:10]:
        _say(f"  {text}")
    _say(f"  again: python -m tests.sim --seed {one.seed}")


def _sum_up(summary: Summary) -> None:
    for name, count in sorted((summary.counts or {}).items()):
        _say(f"{count:>9,}  {name}")
    _say(
        f"{summary.seeds} seeds, {summary.hours:.1f} simulated hours in "
        f"{summary.wall_secs:.0f} s: {summary.hours_a_minute:.1f} hours a minute, "
        f"{summary.cpu_secs_an_hour:.1f} s of a processor for each; "
        f"{summary.violated} seeds with violations"
    )


def _hunt(most: int) -> bool:
    is_good = True
    for bug in BUGS:
        caught = hunted(bug, most)
        if caught.seed is None:
            is_good = False
            _say(f"planted: {bug}: NOT CAUGHT in {most} seeds")
        else:
            _say(f"planted: {bug}: caught by seed {caught.seed}: {caught.by}")
    return is_good


if __name__ == "__main__":
    sys.exit(main())
