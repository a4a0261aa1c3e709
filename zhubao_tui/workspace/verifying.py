"""Verify (核对): what is wrong with a workspace, whose records it concerns and what to do, in plain words.

It reads the folder by itself: no lock, nothing written, so it works where the workspace can only be read. Nothing of a
record's body is told, so no household stands in what a person reads here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from storage.keys import Identity
from storage.settings import is_sealed
from storage.snapshot import stand
from storage.verify import Examined, Finding, examine
from zhubao_tui.border import clean, short
from zhubao_tui.community.authority import Person
from zhubao_tui.community.community import Community
from zhubao_tui.community.kinds import AUTHORITY, LANDMARKS
from zhubao_tui.i18n import N_, _

from . import wording
from .starting import cache_file, recall
from .workspace import Progress, Workspace, new_ring

SHOWN = 12
"""Numbers of records that are listed one by one."""
CACHES = {
    "none": N_("缓存：没有。不要紧，下次关上时会再做一份。"),
    "fits": N_("缓存：和记录对得上。"),
    "behind": N_("缓存：比记录旧一点。不要紧，打开时会补上。"),
    "closed": N_("缓存：锁着，没有看。不要紧，里面没有记录。"),
    "unfit": N_("缓存：不能用（别的版本做的、坏了或对不上）。不要紧，里面没有记录，打开时会重做。"),
}
WHAT = {
    "unreadable": N_("读不了"),
    "empty": N_("是空的，或只有零"),
    "too_large": N_("超过 64 MB，没有读"),
    "encoding": N_("被别的程序另存过"),
    "other_community": N_("是别的社区的"),
    "foreign": N_("不是本程序的文件"),
    "harmed": N_("第 {numbers} 条有损坏，没有采用"),
    "head": N_("开头有损坏，不知道是谁的"),
    "incomplete": N_("不完整，第 {numbers} 条以后的可能缺了"),
    "newer": N_("有新版本写的记录，原样留着，签名没有核对"),
    "signature": N_("第 {numbers} 条的签名不对"),
    "chain": N_("第 {numbers} 条和它前一条接不上"),
    "gap": N_("缺第 {first} 到 {last} 条"),
    "clock": N_("第 {numbers} 条自报的先后和它知道的事对不上，已重新推算"),
    "late": N_("第 {numbers} 条写的时候，它依据的记录还没到齐，先后已重新推算"),
    "time": N_("第 {numbers} 条的时间存疑：钟上是{day}"),
    "fork": N_("同一个身份有两份不同的后续，都完整留着"),
    "fork_settled": N_("曾有两份不同的后续，都完整留着；其中一台已换新身份"),
    "double": N_("另一台电脑和这台用着同一个身份，两份后续都完整留着"),
    "moved": N_("工作区换了一台电脑（搬过、恢复过备份，或整盘复制过）"),
    "quarantined": N_("损坏的原件，已有完好的替下它：{detail}"),
    "draft": N_("没访完的访谈，打不开"),
    "settings": N_("坏了或没了，现在靠它的副本"),
    "keys": N_("钥匙文件坏了，或一个也没有：口令打不开这台电脑上的资料"),
}
ADVICE = {
    "unreadable": N_("和别的电脑交换一次，或重新拷贝一份。"),
    "empty": N_("和别的电脑交换一次，缺的会补回来。"),
    "too_large": N_("请把它移出 store。"),
    "encoding": N_("请用原来的文件放进 inbox。"),
    "other_community": N_("请把它移出 store，交给那个社区。"),
    "foreign": N_("请把它移出 store。"),
    "harmed": N_("和别的电脑交换一次，完好的一份会替下它；要紧的请问记录人。"),
    "head": N_("和别的电脑交换一次，或向原来那台电脑再要一份。"),
    "incomplete": N_("和别的电脑交换一次，缺的会补回来。"),
    "newer": N_("请更新程序。"),
    "signature": N_("请问记录人；不是他写的，请队长停用那台电脑。"),
    "chain": N_("请向原来那台电脑再要一份，放进 inbox。"),
    "gap": N_("和那台电脑交换一次，会自动补上。"),
    "clock": N_("不用做什么；请看看那台电脑的程序是不是最新的。"),
    "late": N_("不用做什么。"),
    "time": N_("请把那台电脑的钟调对；期限已按{likely}推算。"),
    "fork": N_("请给其中一台换新身份：zhubao renew-identity。"),
    "fork_settled": N_("不用做什么。"),
    "double": N_("请给其中一台换新身份：今日的 Esc 菜单，或 zhubao renew-identity。"),
    "moved": N_("原来那台也还在用的话，请在其中一台上换新身份：zhubao renew-identity。"),
    "quarantined": N_("不用做什么；不要了可以删掉。"),
    "draft": N_("请重新访一次；文件原样留着。"),
    "settings": N_("不用做什么，打开一次就会补好；磁盘可能不行了，请尽快交换一次。"),
    "keys": N_("请用恢复码 zhubao recover，或 zhubao rejoin 请队长重新放行。"),
}


@dataclass(frozen=True, slots=True)
class Told:
    """One finding as people read it."""

    finding: Finding
    laptop: int
    """Number of the laptop; 0 where it is not known."""
    person: str
    """Name of whose records it concerns; empty where that is not known."""
    words: str
    advice: str


@dataclass(frozen=True, slots=True)
class Report:
    """What a look at a whole workspace found."""

    files: int
    records: int
    cache: str
    """`none`, `fits`, `behind`, `unfit`, `closed`: it holds no records, so nothing is wrong with any of them."""
    told: list[Told]
    stopped: bool

    @property
    def is_right(self) -> bool:
        """Whether all was read and nothing is wrong."""
        return not self.stopped and not any(one.finding.is_wrong for one in self.told)


def verify(
    folder: Path,
    *,
    people: Mapping[str, Person] | None = None,
    identity: Identity | None = None,
    progress: Progress | None = None,
    stop: Callable[[], bool] | None = None,
) -> Report:
    """Look at a workspace.

    Args:
        folder: The workspace's folder.
        people: Everybody enrolled, where that is known; else what open records tell.
        identity: Who has unlocked a sealed workspace: it opens the cache, and the records that tell names.
        progress: Told of each file.
        stop: Asked before each file.

    Raises:
        NotAWorkspace: The folder holds none.
        JournalUnreadable: Its journals can't even be listed.
    """
    ring = new_ring() if identity is not None else None
    if ring is not None and identity is not None:
        ring.let_in(identity)
    found = examine(folder, LANDMARKS, progress=progress, stop=stop, ring=ring)
    people = people if people is not None else _people(found)
    findings = sorted(found.findings, key=lambda finding: not finding.is_wrong)
    told = [_told(finding, people) for finding in findings]
    return Report(found.files, len(found.ledger), _cache(folder, identity), told, found.stopped)


def verify_open(workspace: Workspace, progress: Progress, stop: Callable[[], bool]) -> Report:
    """Look at a workspace that is open; see `verify`."""
    store, people = workspace.store, workspace.community.people
    return verify(store.folder, people=people, identity=store.identity, progress=progress, stop=stop)


def summary(report: Report) -> str:
    """What it comes to, in one sentence."""
    wrong = sum(one.finding.is_wrong for one in report.told)
    if report.stopped:
        return _("中途停下了：只看了 {files} 个文件。").format(files=report.files)
    if not wrong:
        return _("看了 {files} 个文件、{records} 条记录：都对。").format(files=report.files, records=report.records)
    return _("看了 {files} 个文件、{records} 条记录：有 {count} 处要看。").format(
        files=report.files, records=report.records, count=wrong
    )


def _people(found: Examined) -> dict[str, Person]:
    """Everybody enrolled, as far as the records can be read; no founder is needed to know names."""
    return Community(found.ledger.of_kinds(*AUTHORITY)).people


def _cache(folder: Path, identity: Identity | None) -> str:
    if identity is None and is_sealed(folder):
        return "closed"
    if not cache_file(folder, identity).exists():
        return "none"
    kept = recall(folder, identity)
    stands = stand(kept.snapshot, folder / "store") if kept is not None else None
    if stands is None:
        return "unfit"
    return "behind" if stands.more else "fits"


def _told(finding: Finding, people: Mapping[str, Person]) -> Told:
    person = people.get(finding.person)
    name = person.name if person else ""
    laptop = next((one.laptops[finding.device] for one in people.values() if finding.device in one.laptops), 0)
    words = _(WHAT[finding.what]).format(**_facts(finding))
    whose = "，".join(part for part in (_laptop(finding.device, laptop), short(name)) if part)
    subject = short(finding.file or finding.journal)
    head = f"{subject}（{whose}）" if whose and subject else subject or whose
    return Told(finding, laptop, name, f"{head}：{words}", _(ADVICE[finding.what]).format(**_facts(finding)))


def _laptop(device: str, number: int) -> str:
    if not device:
        return ""
    return _("{number} 号电脑").format(number=number) if number else _("电脑 {id}").format(id=device[:8])


def _facts(finding: Finding) -> dict[str, str]:
    numbers = finding.numbers
    listed = "、".join(str(number) if number else "?" for number in numbers[:SHOWN])
    more = _(" 等 {count}").format(count=len(numbers)) if len(numbers) > SHOWN else ""
    return {
        "numbers": listed + more,
        "first": str(numbers[0]) if numbers else "",
        "last": str(numbers[-1]) if numbers else "",
        "day": _day(finding.day) if finding.what == "time" else "",
        "likely": _day(finding.detail) or _("它自己写的日子"),
        "detail": short(finding.detail),
    }


def _day(text: str) -> str:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return clean(text)
    return _("{year}年{day}").format(year=day.year, day=wording.day(day))
