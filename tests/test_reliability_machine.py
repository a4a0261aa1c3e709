"""Laptops, folders and whatever happens to files, in any order, against the set of acknowledged records."""

from __future__ import annotations

import random
import tempfile
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from model_laptops import HARMS, NAMES, Laptop, Town

PLACES = st.integers(min_value=0, max_value=99)
HARM = st.sampled_from(sorted(HARMS))
NAME = st.sampled_from(NAMES)
DICE = st.integers(min_value=0, max_value=2**32).map(random.Random)
COUNT = st.integers(min_value=0, max_value=2)
MOST = 5
"""Laptops, doubles included."""


class Machine(RuleBasedStateMachine):
    """Each rule is one thing that people, tools or media do."""

    def __init__(self) -> None:
        super().__init__()
        self._disk = tempfile.TemporaryDirectory()
        self._texts = 0

    @initialize(laptops=st.integers(min_value=2, max_value=3))
    def begin(self, laptops: int) -> None:
        self.town = Town(Path(self._disk.name), laptops)
        for number in range(laptops):
            self.work(number, 2)

    def laptop(self, number: int) -> Laptop:
        return self.town.laptops[number % len(self.town.laptops)]

    def folder(self, number: int) -> Path:
        return self.town.folders[number % len(self.town.folders)]

    def work(self, who: int, count: int) -> None:
        """Between any two things that happen, somebody works."""
        texts = [f"第{self._texts + number}条" for number in range(count)]
        self._texts += count
        self.town.write(self.laptop(who), *texts)

    @rule(who=PLACES, count=COUNT)
    def write(self, who: int, count: int) -> None:
        self.work(who, count)

    @rule(who=PLACES, where=PLACES, count=COUNT)
    def exchange(self, who: int, where: int, count: int) -> None:
        self.work(who, count)
        self.town.exchange(self.laptop(who), self.folder(where))

    @rule(giver=PLACES, taker=PLACES, harm=HARM, name=NAME, count=COUNT, dice=DICE)
    def hand_over(self, giver: int, taker: int, harm: str, name: str, count: int, dice: random.Random) -> None:
        self.work(giver, count)
        self.town.hand_over(self.laptop(giver), self.laptop(taker), HARMS[harm], dice, name)

    @rule(where=PLACES, harm=HARM, dice=DICE)
    def harm_folder(self, where: int, harm: str, dice: random.Random) -> None:
        self.town.harm_some(self.folder(where), HARMS[harm], dice)

    @rule(where=PLACES, name=NAME, dice=DICE)
    def rename(self, where: int, name: str, dice: random.Random) -> None:
        self.town.rename_some(self.folder(where), name, dice)

    @rule(where=PLACES, dice=DICE)
    def roll_back(self, where: int, dice: random.Random) -> None:
        self.town.older_copy(self.folder(where), dice)

    @rule(where=PLACES, dice=DICE)
    def delete(self, where: int, dice: random.Random) -> None:
        self.town.delete_some(self.folder(where), dice)

    @rule(where=PLACES)
    def empty(self, where: int) -> None:
        self.town.empty(self.folder(where))

    @rule(who=PLACES, harm=HARM, dice=DICE)
    def harm_store(self, who: int, harm: str, dice: random.Random) -> None:
        self.town.harm_store(self.laptop(who), HARMS[harm], dice)

    @precondition(lambda self: len(self.town.laptops) < MOST)
    @rule(who=PLACES, count=COUNT)
    def clone(self, who: int, count: int) -> None:
        self.town.clone(self.laptop(who))
        self.work(who, count)
        self.work(-1, count)

    @rule(who=PLACES, count=COUNT)
    def back_up(self, who: int, count: int) -> None:
        self.town.back_up(self.laptop(who))
        self.work(who, count)

    @rule(who=PLACES, count=COUNT)
    def restore(self, who: int, count: int) -> None:
        self.town.restore(self.laptop(who))
        self.work(who, count)

    @rule(who=PLACES, count=COUNT)
    def restart(self, who: int, count: int) -> None:
        self.town.restart(self.laptop(who))
        self.work(who, count)

    @rule(
        who=PLACES, days=st.integers(min_value=-4000, max_value=4000), seconds=st.integers(min_value=0, max_value=90000)
    )
    def set_clock(self, who: int, days: int, seconds: int) -> None:
        self.town.set_clock(self.laptop(who), days=days, seconds=seconds)

    @rule(where=PLACES)
    def full_round(self, where: int) -> None:
        self.town.full_round(self.folder(where))
        self.town.check_alike()

    @invariant()
    def acknowledged_is_kept(self) -> None:
        if hasattr(self, "town"):
            self.town.check()

    def teardown(self) -> None:
        if hasattr(self, "town"):
            try:
                self.town.full_round(self.town.folders[0])
                self.town.check_alike()
                for laptop in self.town.laptops:
                    self.town.restart(laptop)
                self.town.check()
            finally:
                self.town.close()
        self._disk.cleanup()


FAULTS = pytest.mark.fault(
    "storm", "rollback-copy", "emptied-folder", "renamed", "conflict-copy", "torn-tail", "zeros", "bit-flip", "garbage",
    "re-encoded", "other-community", "cloned-laptop", "wrong-clock", "replayed", "hole",
)  # fmt: skip


@FAULTS
def test_whatever_happens_to_laptops_and_folders() -> None:
    run_state_machine_as_test(Machine, settings=settings(max_examples=25, stateful_step_count=30, deadline=None))


@pytest.mark.slow
@pytest.mark.timeout(3600)
@FAULTS
def test_whatever_happens_to_laptops_and_folders_at_length() -> None:
    run_state_machine_as_test(Machine, settings=settings(max_examples=1000, stateful_step_count=60, deadline=None))
