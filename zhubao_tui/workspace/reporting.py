"""Taking down issues (问题): reports, and supports of what was reported already."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from storage.batch import Batch
from storage.record import Ref
from zhubao_tui.community.categories import CATEGORIES
from zhubao_tui.community.doors import Household
from zhubao_tui.community.due import URGENCIES
from zhubao_tui.community.numbers import case_number
from zhubao_tui.community.places import LEVELS, Place, address_of, normalise

from .errors import IncompleteReport as IncompleteReport
from .errors import NotAgreed as NotAgreed
from .verdicts import undo
from .workspace import Workspace

WORDS_MIN, WORDS_MAX = 2, 2000
CONSENTS = ("all", "record")


@dataclass(frozen=True, slots=True)
class NewReport:
    """What a cadre took down of one trouble."""

    words: str
    category: str
    level: str
    """One of `LEVELS`."""
    urgency: str
    dwelling: str = ""
    """The door at hand; its address gives the place."""
    household: str = ""
    """Whose word it is, if it agreed to be recorded."""
    remark: str = ""
    place: Place | None = None
    """Where no door is at hand: the place itself."""
    keeps_door: bool = True
    """False of words that somebody said at a door without agreeing to be recorded: they stand for the stairwell."""


class Reporting:
    """Write reports and supports, each as case part and personal part in one flush."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace

    def may_name(self, household: Household) -> bool:
        """Whether a report may be kept with this household: it agreed to be recorded."""
        return household.consent in CONSENTS

    def report(self, new: NewReport, *, agreed: bool = False) -> Ref:
        """Write a new issue's first report; returns the issue's reference.

        Args:
            new: What was taken down.
            agreed: Its household agreed just now, in an interview that is not written down yet.

        Raises:
            IncompleteReport: Something that must be given is missing or out of bounds.
            NotAgreed: It names a household that did not agree.
        """
        check(new)
        with self._workspace.writing() as batch:
            return self.add_report(batch, new, agreed=agreed)

    def add_report(self, batch: Batch, new: NewReport, *, agreed: bool = False) -> Ref:
        """Add a report's two records to a batch; raises `NotAgreed`, as `report` does."""
        if new.household:
            self._need_agreement(new.household, agreed=agreed)
        body = {
            "number": self.next_number(),
            "category": new.category,
            "place": place_of(new).to_body(),
            "urgency": new.urgency,
            "on": self._workspace.today().isoformat(),
            "behind": bool(new.household),
        }
        ref = batch.add("report", body)
        personal = {"of": str(ref), "household": new.household, "dwelling": new.dwelling if new.keeps_door else ""}
        texts = {"words": new.words.strip(), "remark": new.remark.strip()}
        batch.add("personal", _filled(personal | texts))
        return ref

    def support(self, issue: Ref, household: str, words: str = "", remark: str = "", *, agreed: bool = False) -> Ref:
        """Let a further household join an issue; its words, if any, are kept as its own report.

        Args:
            issue: Any issue of the case.
            household: Who joins.
            words: Its own words.
            remark: The taker's.
            agreed: It agreed just now, in an interview that is not written down yet.

        Raises:
            IncompleteReport: Words or remark are too long.
            NotAgreed: The household did not agree to be recorded.
        """
        with self._workspace.writing() as batch:
            return self.add_support(batch, issue, household, words, remark, agreed=agreed)

    def add_support(
        self, batch: Batch, issue: Ref, household: str, words: str = "", remark: str = "", *, agreed: bool = False
    ) -> Ref:
        """Add a support's two records to a batch; raises as `support` does."""
        if len(words) > WORDS_MAX or len(remark) > WORDS_MAX:
            raise IncompleteReport("words" if len(words) > WORDS_MAX else "remark")
        self._need_agreement(household, agreed=agreed)
        on = self._workspace.today().isoformat()
        ref = batch.add("support", {"issue": str(issue), "on": on, "behind": True})
        personal = {"of": str(ref), "household": household, "dwelling": household.partition("#")[0]}
        batch.add("personal", _filled(personal | {"words": words.strip(), "remark": remark.strip()}))
        return ref

    def _need_agreement(self, household: str, *, agreed: bool) -> None:
        known = self._workspace.community.household(household)
        if not agreed and (known is None or not self.may_name(known)):
            raise NotAgreed("the household did not agree to be recorded")

    def undo(self, record: Ref) -> Ref:
        """Make one's own report, support, merge, split or distinct unmade; see `verdicts.undo` for what is raised."""
        return undo(self._workspace, [record])[0]

    def next_number(self, ahead: int = 0) -> str:
        """The next free case number of this laptop, over all journals of it, `ahead` more already given out."""
        return case_number(self._workspace.laptop, self._workspace.running + 1 + ahead)


def check(new: NewReport) -> None:
    """Raise `IncompleteReport` for the first thing that a report lacks."""
    if not len(" ".join(new.words.split())) >= WORDS_MIN or len(new.words) > WORDS_MAX:
        raise IncompleteReport("words")
    if len(new.remark) > WORDS_MAX:
        raise IncompleteReport("remark")
    if new.category not in CATEGORIES:
        raise IncompleteReport("category")
    if new.level not in LEVELS or not (new.dwelling or (new.place and _is_whole(new.place._replace(level=new.level)))):
        raise IncompleteReport("place")
    if new.urgency not in URGENCIES:
        raise IncompleteReport("urgency")


def _is_whole(place: Place) -> bool:
    """Whether a place has as much of an address as its level needs."""
    needed = {"door": place.unit, "unit": place.unit, "building": place.building}.get(place.level, place.estate)
    return bool(place.estate and needed)


def place_named(name: str, level: str) -> Place:
    """A place from how people write it, `estate/building-unit`, cut to what its level needs."""
    estate, _slash, rest = name.strip().partition("/")
    building, _dash, unit = rest.partition("-")
    try:
        address = normalise(estate, building or "1", unit, "1")
    except ValueError:
        return Place(level)
    return place_at(level, address.estate, address.building if building else "", address.unit if unit else "")


def level_of(place: Place) -> str:
    """The nearest level that a place has an address for."""
    return "unit" if place.unit else "building" if place.building else "estate"


def place_of(new: NewReport) -> Place:
    """The place of a report: as much of the door's address as its level has."""
    if new.place is not None:
        return new.place._replace(level=new.level)
    address = address_of(new.dwelling)
    return place_at(new.level, address.estate, address.building, address.unit)


def place_at(level: str, estate: str, building: str, unit: str) -> Place:
    """Cut an address to what a level needs: a stairwell has a unit, an estate no building."""
    if level in ("door", "unit"):
        return Place(level, estate, building, unit)
    return Place(level, estate, building if level == "building" else "")


def _filled(body: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in body.items() if value}
