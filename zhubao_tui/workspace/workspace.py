"""The workspace (工作区): one folder on disk, the Community that its records add up to, and who works in it."""

from __future__ import annotations

import gc
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path

from storage.cache import collector_at_rest
from storage.drafts import Drafts
from storage.errors import ReadOnlyStore, StorageError
from storage.record import Entry, Ref
from storage.store import Batch, Store
from zhubao_tui.community.authority import LEADS, ROLES, Person
from zhubao_tui.community.community import Community
from zhubao_tui.community.kinds import LANDMARKS, REPORTS
from zhubao_tui.community.numbers import running_of

from .starting import Kept, keep, recall

Now = Callable[[], datetime]
Progress = Callable[[int, int, str], None]
"""Done, in all, what is being worked at."""


class NobodyChosen(ValueError):
    """Something is to be written, but nobody has said who is at the keyboard."""


class UnknownPerson(ValueError):
    """A name that nobody enrolled bears, where one must be."""


def wall_clock() -> datetime:
    """The laptop's time with its offset."""
    return datetime.now().astimezone()


class Workspace:
    """One community's workspace; screens and commands change it through the services beside this module."""

    def __init__(self, store: Store, now: Now = wall_clock, kept: Kept | None = None) -> None:
        """Fold what the store holds; `kept` is what its last closing left, where the store went on from that."""
        self.store = store
        self.now = now
        self.person = ""
        """Id of who is at the keyboard; empty until chosen."""
        self.chosen = False
        """Somebody said who they are since this was opened; else `person` is only who was here last."""
        self.drafts = Drafts(store.folder / "drafts")
        """Unfinished interviews on this laptop."""
        self.version = 0
        """Counts changes of the Community; a screen that drew an older one draws again."""
        self.running = kept.running if kept else 0
        """Highest running number that a journal of this laptop gave to a report."""
        self._kept = kept is not None and not store.arrived
        """The next start can go on from what is in `cache/` already."""
        entries = store.arrived if kept else store.ledger.entries()
        self._count(entries)
        self.community = kept.community if kept else Community(founder=store.founder)
        self.community.apply(entries, founder=store.founder)
        last = store.recall("person")
        if isinstance(last, str) and last in self.community.people:
            self._use(last)

    # -- beginning, opening, closing

    @classmethod
    def create(cls, folder: Path, community_name: str, founder: str, *, office_phone: str = "", now: Now = wall_clock
               ) -> Workspace:  # fmt: skip
        """Begin a community; the founder becomes its first team lead, on laptop 1.

        Raises:
            WorkspaceExists: The folder already holds a workspace.
            ValueError: A name is empty.
        """
        if not community_name.strip() or not founder.strip():
            raise ValueError("a community and its founder need a name")
        person = secrets.token_hex(8)
        workspace = cls(Store.create(folder, person, now=now, landmarks=LANDMARKS), now)
        workspace._use(person)
        workspace.chosen = True
        settings = {"name": community_name.strip(), "office_phone": office_phone.strip()}
        workspace.write("enrol", workspace.enrolment(person, founder, "team_lead", 1))
        # in a flush of its own: a power cut could leave a community with a name and without its founder
        workspace.write("settings", {name: value for name, value in settings.items() if value})
        workspace.store.remember("person", person)
        return workspace

    @classmethod
    def open(cls, folder: Path, *, app: bool = False, now: Now = wall_clock, progress: Progress | None = None
             ) -> Workspace:  # fmt: skip
        """Open a workspace; raises `NotAWorkspace` where the folder holds none.

        Args:
            folder: The workspace's folder.
            app: Ask for the one lock; without it the workspace may still be read (`read_only`).
            now: The laptop's clock.
            progress: Told of each journal read.
        """
        with collector_at_rest():
            kept = recall(folder)
            snapshot = kept.snapshot if kept else None
            store = Store.open(folder, now=now, landmarks=LANDMARKS, app=app, progress=progress, snapshot=snapshot)
            workspace = cls(store, now, kept if store.resumed else None)
            if app:  # what was loaded stays: no search for garbage need look at it
                gc.freeze()
            return workspace

    def close(self) -> None:
        """Let go of the lock and of open files; what was folded is kept for a fast start."""
        try:
            self._keep()
        finally:
            self.drafts.close()
            self.store.close()

    def _keep(self) -> None:
        """Keep what was folded, if it is all that the store holds: an exchange that was broken off had not got so far."""
        if self._kept or self.read_only or len(self.community) != len(self.store.ledger):
            return
        snapshot = self.store.snapshot()
        if snapshot is not None:
            keep(self.store.folder, Kept(snapshot, self.community, self.running))
            self._kept = True

    def __enter__(self) -> Workspace:
        return self

    def __exit__(self, *_exc: object) -> None:
        self.close()

    # -- who is here

    @property
    def read_only(self) -> bool:
        """Whether another app writes here, or the folder can't be written."""
        return self.store.read_only

    @property
    def name(self) -> str:
        """The community's name."""
        return str(self.community.settings.get("name", ""))

    @property
    def me(self) -> Person | None:
        """Who is at the keyboard."""
        return self.community.people.get(self.person)

    @property
    def role(self) -> str:
        """My role now; empty while nobody is chosen."""
        return self.community.role(self.person)

    @property
    def is_lead(self) -> bool:
        """Whether I am a group or team lead."""
        return self.role in LEADS

    @property
    def may_write(self) -> bool:
        """Whether I may write anything here: an observer and a second app only look."""
        return not self.read_only and self.role not in ("", "observer")

    @property
    def sees_cases(self) -> bool:
        """Whether I may see issues and cases one by one: an observer sees counts alone."""
        return self.role not in ("", "observer")

    @property
    def laptop(self) -> int:
        """This laptop's number; 0 before anybody enrolled on it."""
        numbers = (person.laptops.get(self.store.device) for person in self.community.people.values())
        return next((number for number in numbers if number), 0)

    def people(self) -> list[Person]:
        """Everybody enrolled, by name."""
        return sorted(self.community.people.values(), key=lambda person: person.name)

    def people_here(self) -> list[Person]:
        """Everybody enrolled on this laptop, by name."""
        return [person for person in self.people() if self.store.device in person.laptops]

    def person_named(self, name: str) -> Person | None:
        """Who bears a name; the first enrolled of several."""
        wanted = name.strip()
        return next((person for person in self.people() if person.name == wanted), None)

    def choose(self, name: str, role: str = "") -> Person:
        """Say who is at the keyboard; a new name writes its own `enrol`, a known one is that person, role and all.

        Args:
            name: As it should be shown.
            role: Of a new person, one of `ROLES`; a known one's is not changed.

        Raises:
            ValueError: The name is empty.
            UnknownPerson: A new person's role is none of `ROLES`.
            StorageError: The `enrol` could not be written; whoever was there is still there.
        """
        if not name.strip():
            raise ValueError("a name is needed")
        known = self.person_named(name)
        if known is None and role not in ROLES:
            raise UnknownPerson(name)
        before = self.person
        if known is None and self.read_only:
            raise ReadOnlyStore(self.store.folder.name)
        self._use(known.id if known else secrets.token_hex(8))
        if known is None or (self.store.device not in known.laptops and not self.read_only):
            chosen = known.role if known else role
            try:
                self.write("enrol", self.enrolment(self.person, name, chosen, self.laptop or self._free_laptop()))
            except StorageError:  # whoever was there is still there
                self._use(before)
                raise
        self.chosen = True
        return self.community.people[self.person]

    def sit_down(self, name: str, role: str = "") -> Person:
        """As `choose`, and whoever opens this workspace next without a word is taken for the same person."""
        person = self.choose(name, role)
        if not self.read_only:
            self.store.remember("person", person.id)
        return person

    def enrolment(self, person: str, name: str, role: str, laptop: int) -> dict[str, object]:
        """Body of an `enrol` record of somebody on this laptop."""
        return {"person": person, "name": name.strip(), "role": role, "laptop": laptop, "device": self.store.device}

    def _free_laptop(self) -> int:
        """The lowest laptop number that no journal here names."""
        taken = {number for person in self.community.people.values() for number in person.laptops.values()}
        return next(number for number in range(1, 1000) if number not in taken)

    def _use(self, person: str) -> None:
        self.person = person
        if not self.store.read_only:
            self.store.use(person)

    # -- reading and writing

    def today(self) -> date:
        """The day by this laptop's clock."""
        return self.now().date()

    @contextmanager
    def writing(self) -> Iterator[Batch]:
        """Write some records in one flush; when the block is left they are on disk and in the Community.

        Raises:
            NobodyChosen: Nobody has said who is at the keyboard.
            ReadOnlyStore: Another app writes here.
        """
        if not self.person:
            raise NobodyChosen("nobody is chosen")
        if self.store.read_only:
            raise ReadOnlyStore(self.store.folder.name)
        with self.store.batch() as batch:
            yield batch
        self.take(batch.entries)

    def write(self, kind: str, body: dict[str, object]) -> Ref:
        """Write one record; see `writing`."""
        with self.writing() as batch:
            return batch.add(kind, body)

    def take(self, entries: list[Entry]) -> None:
        """Let entries that the store has taken in take effect."""
        self._count(entries)
        self._kept = self._kept and not entries
        if entries or self.store.founder != self.community.founder:
            self.community.apply(entries, founder=self.store.founder)
            self.version += 1

    def _count(self, entries: list[Entry]) -> None:
        for entry in entries:
            if entry.device == self.store.device and entry.record.kind in REPORTS:
                self.running = max(self.running, running_of(str(entry.record.body.get("number", ""))))

    def refresh(self) -> bool:
        """Take in what came by file copy or from a command beside the app; says whether anything did."""
        before = self.version
        self.take(self.store.refresh().entries)
        return self.version != before
