"""The storm: many laptops, many weeks, copies in random directions with loss, repetition, renaming and stale versions."""

from __future__ import annotations

import random
import shutil
from pathlib import Path

import pytest

from model_laptops import HARMS, NAMES, Laptop, Town
from storage_helpers import journal_files, notes, refs


class Storm:
    """Each week everybody works on two days and meets whom chance has them meet."""

    def __init__(self, place: Path, laptops: int, seed: int) -> None:
        self.town = Town(place / "town", laptops)
        self._dice = random.Random(seed)
        self._stale = place / "stale"
        self._stale.mkdir()
        self.said = 0

    def week(self) -> None:
        for laptop in self.town.laptops:
            for _day in range(2):
                self.town.set_clock(laptop, days=3, hours=self._dice.randint(-2, 2))
                self._work(laptop)
        for laptop in self.town.laptops:
            self._meet(laptop)
        for folder in self.town.folders:
            self._weather(folder)

    def _work(self, laptop: Laptop) -> None:
        count = self._dice.randint(1, 3)
        self.town.write(laptop, *(f"{self.said + number}" for number in range(count)))
        self.said += count

    def _meet(self, laptop: Laptop) -> None:
        """A stick, a file from a colleague, or nobody."""
        match self._dice.randint(0, 4):
            case 0 | 1:
                self.town.exchange(laptop, self._dice.choice(self.town.folders))
            case 2:
                giver = self._dice.choice(self.town.laptops)
                self._send(giver, laptop)
            case 3:
                self.town.restart(laptop)

    def _send(self, giver: Laptop, taker: Laptop) -> None:
        """Through a chat program: some files are lost on the way, some come twice, some whole, some not."""
        harm = HARMS["unharmed" if self._dice.random() < 0.7 else self._dice.choice(sorted(HARMS))]
        for _time in range(self._dice.randint(1, 2)):
            self.town.hand_over(giver, taker, harm, self._dice, self._dice.choice(NAMES))
        for path in (taker.store.folder / "inbox").iterdir():
            path.unlink()  # people tidy up

    def _weather(self, folder: Path) -> None:
        if not folder.is_dir():
            return
        for path in journal_files(self._stale):  # what lay here weeks ago comes back
            if self._dice.random() < 0.1:
                shutil.copy(path, folder)
        for path in journal_files(folder):
            if self._dice.random() < 0.05:
                shutil.copy(path, self._stale)
            if self._dice.random() < 0.03:
                path.unlink()
        self.town.harm_some(folder, HARMS[self._dice.choice(sorted(HARMS))], self._dice)
        self.town.rename_some(folder, self._dice.choice(NAMES), self._dice)


def held_by_all(storm: Storm) -> None:
    town = storm.town
    town.full_round(town.folders[0])
    town.check()
    town.check_alike()
    assert {text for text in town.written.values() if text} == set(map(str, range(storm.said)))
    assert set(notes(town.laptops[0].store)) == set(map(str, range(storm.said))), "nothing acknowledged is missing"
    for laptop in town.laptops:
        before = refs(laptop.store)
        town.restart(laptop)
        assert refs(laptop.store) == before
        assert (laptop.store.ledger.gaps(), laptop.store.ledger.forks()) == ([], [])


def weathered(place: Path, laptops: int, weeks: int, seed: int) -> None:
    storm = Storm(place, laptops, seed)
    for _week in range(weeks):
        storm.week()
        storm.town.check()
    held_by_all(storm)
    storm.town.close()


@pytest.mark.fault("storm")
def test_a_small_storm(tmp_path: Path) -> None:
    weathered(tmp_path, laptops=6, weeks=8, seed=1)


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.fault("storm")
def test_the_storm_of_twenty_laptops_and_a_year(tmp_path: Path) -> None:
    weathered(tmp_path, laptops=20, weeks=52, seed=52)
