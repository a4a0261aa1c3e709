"""Verify (核对): read a whole workspace without changing anything, and say what is wrong with it.

Pure over a folder: it takes no lock, writes nothing and trusts no cache, so it works beside a running app and where
nothing may be written.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from .access import EPOCH, WRAP
from .doubles import doubles
from .drafts import Drafts
from .errors import JournalUnreadable, KeysUnreadable, OtherCommunity
from .intake import claims_to_be_journal, files_in, journal_name, journals_in, stamp
from .laptop import MACHINE
from .ledger import Ledger
from .machine import differs, fingerprint
from .reader import JournalFile, read_journal, sniff
from .record import Entry, Ref
from .rows import is_strange, signature_holds
from .settings import SETTINGS, are_harmed, settings_of

if TYPE_CHECKING:
    from .sealing import Keyring

NOTES = frozenset({"newer", "quarantined", "moved", "fork_settled", "late"})
"""Findings that are worth knowing, but nothing is wrong."""
PATIENCE = 5
"""How often a file is read again that somebody is writing just then."""
PAUSE = 0.05


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong, or worth knowing.

    `what` is one of: of a file `unreadable`, `empty`, `too_large`, `encoding`, `other_community`, `foreign`, `harmed`,
    `head`, `incomplete`, `newer`; of records `signature`, `chain`, `gap`, `clock`, `late`, `time`; of a laptop `fork`,
    `fork_settled`, `double`, `moved`; beside them `quarantined`, `draft`, `keys`, `settings`.
    """

    what: str
    file: str = ""
    journal: str = ""
    device: str = ""
    person: str = ""
    """Id of who wrote it."""
    numbers: tuple[int, ...] = ()
    """Numbers of the records that it is about; of a gap the first and the last that are missing."""
    day: str = ""
    """Of a doubtful time: what its clock said."""
    detail: str = ""

    @property
    def is_wrong(self) -> bool:
        """Whether something is to be done, or was lost."""
        return self.what not in NOTES


@dataclass(slots=True)
class Examined:
    """What a workspace holds and what is wrong with it."""

    device: str
    ledger: Ledger
    files: int = 0
    findings: list[Finding] = field(default_factory=list)
    stopped: bool = False
    """It was broken off: what was not read yet is not judged."""


def examine(
    folder: Path,
    landmarks: frozenset[str],
    *,
    progress: Callable[[int, int, str], None] | None = None,
    stop: Callable[[], bool] | None = None,
    ring: Keyring | None = None,
) -> Examined:
    """Read every file of `store/`, and look at quarantine and drafts.

    Args:
        folder: The workspace's folder.
        landmarks: As for `Store.open`.
        progress: Told of each file.
        stop: Asked before each file.
        ring: Of somebody who has unlocked: then the bodies open, once the records that hold their keys are read.

    Raises:
        NotAWorkspace: The folder holds none.
        JournalUnreadable: Its journals can't even be listed.
    """
    settings = settings_of(folder)
    found = Examined(str(settings["device"]), Ledger(landmarks))
    paths = journals_in(folder)
    for number, path in enumerate(paths, start=1):
        if stop is not None and stop():
            found.stopped = True
            return found
        _examine_file(path, str(settings["community"]), found, ring)
        if progress:
            progress(number, len(paths), path.name)
    found.ledger.settle()
    if ring is not None:
        for entry in found.ledger.of_kinds(EPOCH, WRAP):
            ring.learn(entry.record.body)
    found.findings += [*_of_chains(found.ledger), *_of_clocks(found.ledger), *_of_laptops(found)]
    found.findings += [
        *_of_quarantine(folder),
        *_of_drafts(folder),
        *_of_keys(folder, sealed=settings.get("sealed") is True),
    ]
    if are_harmed(folder):
        found.findings.append(Finding("settings", SETTINGS, device=found.device))
    if differs(settings.get(MACHINE), fingerprint(found.device)):
        found.findings.append(Finding("moved", device=found.device))
    return found


def _examine_file(path: Path, community: str, found: Examined, ring: Keyring | None) -> None:
    found.files += 1
    try:
        journal = _read_at_rest(path, community, ring)
    except OtherCommunity:
        found.findings.append(Finding("other_community", path.name))
        return
    except JournalUnreadable as error:
        found.findings.append(Finding(_what(path, error.reason), path.name, detail=error.detail))
        return
    found.findings += _of_file(path.name, journal)
    if not journal.true_head:
        found.ledger.add(journal.head, journal.records)


def _what(path: Path, reason: str) -> str:
    """Why a file can't be used: one that does not even begin as a journal was never one, or is nothing but its name."""
    if reason not in ("unreadable", "encoding") or sniff(path):
        return reason
    return "unreadable" if claims_to_be_journal(path) else "foreign"


def _read_at_rest(path: Path, community: str, ring: Keyring | None) -> JournalFile:
    """Read a journal that its author may be writing to right now: once more where it changed meanwhile."""
    for _try in range(PATIENCE):
        before = stamp(path)
        journal = read_journal(path, community, ring)
        if journal.complete and not journal.harmed:
            return journal
        time.sleep(PAUSE)
        if stamp(path) == before:
            return journal
    return journal


def _of_file(name: str, journal: JournalFile) -> Iterable[Finding]:
    head = journal.head
    about = Finding("", name, head.journal, head.device, head.person)
    if journal.true_head:  # then nobody knows whose it is
        about = Finding("head", name, head.journal)
        yield about
    if journal.re_encoded and journal.harmed:
        yield replace(about, what="encoding", detail=journal.re_encoded)
    for reason, numbers in _by_reason(journal).items():
        if reason == "signature":
            yield replace(about, what="signature", numbers=numbers)
        elif reason != "torn":
            yield replace(about, what="harmed", numbers=numbers, detail=reason)
    if not journal.complete or any(reason == "torn" for _seq, reason in journal.harmed):
        last = journal.records[-1].seq if journal.records else 0
        yield replace(about, what="incomplete", numbers=(last,))
    if is_strange(head):
        yield replace(about, what="newer")
    forged = tuple(record.seq for record in journal.records if not signature_holds(record, head))
    if forged:
        yield replace(about, what="signature", numbers=forged)


def _by_reason(journal: JournalFile) -> dict[str, tuple[int, ...]]:
    grouped: defaultdict[str, list[int]] = defaultdict(list)
    for seq, reason in journal.harmed:
        grouped[reason].append(seq)
    return {reason: tuple(sorted(numbers)) for reason, numbers in grouped.items()}


def _of_chains(ledger: Ledger) -> Iterable[Finding]:
    for journal in sorted({head.journal for head in ledger.journals()}):
        numbers = {ref.seq for ref in ledger.refs(journal)}
        loose = [
            ref.seq for ref in ledger.refs(journal)
            if ref.seq - 1 in numbers and Ref(journal, ref.seq - 1, ledger.prev(ref)) not in ledger
        ]  # fmt: skip
        if loose:
            yield _about("chain", ledger, journal, numbers=tuple(sorted(loose)))
    for gap in ledger.gaps():
        head = ledger.head(gap.journal)
        name = journal_name(head) if head else ""
        person = head.person if head else ""
        yield Finding("gap", name, gap.journal, gap.device, person, (gap.first, gap.last))


def _of_clocks(ledger: Ledger) -> Iterable[Finding]:
    contradicted = ledger.contradicted()
    late = {entry.record.ref for entry in contradicted if _came_late(ledger, entry)}
    for what, is_late in (("clock", False), ("late", True)):
        entries = [entry for entry in contradicted if (entry.record.ref in late) is is_late]
        for journal, told in _by_journal(entries).items():
            yield _about(what, ledger, journal, numbers=tuple(sorted(entry.record.seq for entry in told)))
    for journal, entries in _by_journal(ledger.doubtful()).items():
        for day in sorted({entry.record.at[:10] for entry in entries}):
            numbers = sorted(entry.record.seq for entry in entries if entry.record.at[:10] == day)
            likely = next(entry.day for entry in entries if entry.record.at[:10] == day)
            yield _about("time", ledger, journal, numbers=tuple(numbers), day=day, detail=likely or "")


def _came_late(ledger: Ledger, entry: Entry) -> bool:
    """Whether a claim is only too low: its author did not have all yet that it rests on. None is below the one before."""
    before = [ledger.get(ref) for ref in ledger.parents(entry.record.ref)[:1]]
    least = max((one.record.clock for one in before if one is not None and one.device == entry.device), default=0)
    return least < entry.record.clock < entry.clock


def _by_journal(entries: Iterable[Entry]) -> dict[str, list[Entry]]:
    grouped: defaultdict[str, list[Entry]] = defaultdict(list)
    for entry in entries:
        grouped[entry.record.journal].append(entry)
    return dict(sorted(grouped.items()))


def _of_laptops(found: Examined) -> Iterable[Finding]:
    """Chains that went on twice: settled where all but one of the branches took a new id."""
    ledger = found.ledger
    for device in sorted({head.device for head in ledger.journals()}):
        twice = doubles(ledger, device)
        for double in twice:
            yield _about("double" if device == found.device else "fork", ledger, double.at.journal)
        told = {double.at.journal for double in twice}
        for journal in ledger.forks():
            head = ledger.head(journal)
            if head is not None and head.device == device and not twice and journal not in told:
                yield _about("fork_settled", ledger, journal)


def _about(
    what: str, ledger: Ledger, journal: str, numbers: tuple[int, ...] = (), day: str = "", detail: str = ""
) -> Finding:  # fmt: skip
    head = ledger.head(journal)
    if head is None:
        return Finding(what, "", journal, "", "", numbers, day, detail)
    return Finding(what, journal_name(head), journal, head.device, head.person, numbers, day, detail)


def _of_quarantine(folder: Path) -> Iterable[Finding]:
    """What gave way to a good copy, or could not be used; each with the reason that lies beside it."""
    try:
        files = files_in(folder / "quarantine")
    except OSError:
        return
    for path in files:
        if path.suffix == ".json":
            try:
                reason = path.with_suffix(".txt").read_text(encoding="utf-8", errors="replace").strip()
            except OSError:
                reason = ""
            yield Finding("quarantined", path.name, detail=reason.partition(": ")[2] or reason)


def _of_keys(folder: Path, *, sealed: bool) -> Iterable[Finding]:
    """Files of keys that are harmed; in a sealed workspace also that there are none."""
    if not sealed:
        return
    from .keys import examine as examine_keys
    from .keys import key_files

    files = key_files(folder)
    if not files:
        yield Finding("keys", "keys")
    for path in files:
        try:
            examine_keys(path)
        except KeysUnreadable:
            yield Finding("keys", path.name)


def _of_drafts(folder: Path) -> Iterable[Finding]:
    drafts = Drafts(folder / "drafts")
    drafts.all()
    return [Finding("draft", name) for name in drafts.unreadable]
