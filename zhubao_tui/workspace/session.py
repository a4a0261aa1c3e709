"""One interview at one door (入户走访): every answer is on disk before the next question shows, and it is written once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from storage.batch import Batch
from storage.drafts import Draft
from storage.errors import StorageError
from storage.record import Ref
from zhubao_tui import forms
from zhubao_tui.casepage import new_token
from zhubao_tui.community.categories import UNKNOWN
from zhubao_tui.community.doors import Dwelling, Household
from zhubao_tui.community.issues import Case, Report
from zhubao_tui.community.moves import parse_day
from zhubao_tui.community.outcomes import OUTCOMES
from zhubao_tui.i18n import N_, _
from zhubao_tui.interview import Form, FormUnreadable, Interview, Result, Verdict

from .consenting import renewed
from .errors import DraftUnusable as DraftUnusable
from .errors import NotAgreed
from .reporting import CONSENTS, NewReport, Reporting
from .survey import Survey
from .workspace import Workspace

NOTICE = "2026-1"
"""Version of the notice that is read out before consent; kept with each consent. Another text is another version."""
NOTICE_TEXT = N_(
    "我们是{community}的包联干部，想问问您家里的情况和楼里的问题，为的是帮着办好。您说的问题、愿意说的家庭情况，登记在我们的工作电脑里；"
    "姓名、电话可以不留。只有本社区的包联干部能看，关爱和健康方面的只有组长、队长和帮扶人能看；街面上的办件页不写姓名、电话、门牌。"
    "到了保存期限由队长删除。哪一题都可以不答。随时可以问登记了您什么、改、撤回同意、要求删除，都不影响给您办事："
    "找包联干部，或打社区办公室电话{phone}。您同意登记吗？"
)
CARE_GROUP = "care"
BESIDE = ("report", "unreport")
"""Steps of a draft that are no step of its form."""
Step = Mapping[str, Any]
Reports = list[tuple[Ref, str]]
Changed = TypeVar("Changed")


@dataclass(frozen=True, slots=True)
class Finished:
    """What an interview left behind."""

    visit: Ref
    response: Ref | None
    """`None` where the household did not agree: then nothing but door, day and that is kept."""
    reports: tuple[Ref, ...]


class InterviewSession:
    """One interview at one door; every change goes to the draft before the caller goes on.

    Whatever changes the interview is either on disk when it returns, or raises `StorageError` and has changed nothing.
    """

    def __init__(self, workspace: Workspace, draft: Draft, language: str = "zh") -> None:
        """Take a draft up where it stands; see `Interviewing.resume` for what is raised."""
        self._workspace = workspace
        self._reporting = Reporting(workspace)
        self._survey = Survey(workspace)
        self._language = language
        self._dwelling, self._household = _whose(workspace, draft)
        self._form = _form_of(draft, workspace.store.folder / "cache")
        self._finished: Finished | None = None
        self._pending: list[Step] = []
        """Steps that stand although the draft could not take them in; the next append takes them along."""
        self.draft = draft
        self.reports = _reported(draft)
        """Reports and supports written so far, each with the repeat instance that keeps its copy."""
        self.interview = self._played()
        self._written = len(self.interview.steps)

    def _played(self) -> Interview:
        """The interview as its draft has it."""
        about = self.draft.about
        interview = Interview(
            self._form,
            language=self._language,
            presets=dict(about["presets"]),
            today=parse_day(about.get("today")) or self._workspace.today(),
            no_specials=forms.NO_SPECIALS,
        )
        if (saved := about.get("saved")) is not None:
            interview.load(saved["answers"], saved["specials"], saved["remarks"])
        interview.replay([step for step in (*self.draft.steps, *self._pending) if step["do"] not in BESIDE])
        return interview

    @property
    def dwelling(self) -> Dwelling:
        """The door, as it is known now."""
        return self._workspace.community.dwellings.get(self._dwelling.id, self._dwelling)

    @property
    def household(self) -> Household:
        """Whom the interview is with, whoever has moved in since; as it is known now."""
        return _named(self.dwelling, self._household.id) or self._household

    # -- answering

    def answer(self, value: str | Sequence[str]) -> Verdict:
        """Answer the question at hand; when this returns an accepted answer is on disk."""
        return self._saved(lambda: self.interview.answer(value))

    def answer_special(self, special: str) -> Verdict:
        """«don't know» (`dk`) or «would not say» (`na`) as the answer."""
        return self._saved(lambda: self.interview.answer_special(special))

    def go_on(self) -> Verdict:
        """To the next question."""
        return self._saved(self.interview.go_on)

    def back(self) -> None:
        """To the question before."""
        self._saved(self.interview.back)

    def jump(self, ref: str) -> None:
        """To any question of the outline; raises `ValueError` where that is not asked now."""
        self._saved(lambda: self.interview.jump(ref))

    def remark(self, text: str) -> None:
        """A remark on the question at hand."""
        self._saved(lambda: self.interview.remark(text))

    def clear(self) -> None:
        """Take the answer to the question at hand away."""
        self._saved(self.interview.clear)

    def add_repeat(self, ref: str) -> str:
        """One more instance of a repeat; returns its reference."""
        return self._saved(lambda: self.interview.add_repeat(ref))

    def remove_repeat(self, ref: str, index: int) -> None:
        """Drop one instance of a repeat; a report whose copy it kept stands without one."""
        self._saved(lambda: self.interview.remove_repeat(ref, index))
        self.reports = _after_removal(self.reports, ref, index)

    def _saved(self, change: Callable[[], Changed]) -> Changed:
        """Make a change and write it down; where that fails the interview is as its draft has it."""
        changed = change()
        steps = self._unwritten()
        if steps:
            try:
                self._append(steps)
            except StorageError:
                self.interview = self._played()
                self._written = len(self.interview.steps)
                raise
        return changed

    def _unwritten(self) -> list[Step]:
        """Steps of the interview that were neither written nor put off."""
        steps: list[Step] = [dict(step) for step in self.interview.steps[self._written :]]
        self._written = len(self.interview.steps)
        return steps

    def _append(self, steps: Sequence[Step]) -> None:
        self.draft.append(*self._pending, *steps)
        self._pending.clear()

    def _put_off(self, beside: Sequence[Step]) -> None:
        """Keep what stands already, being a record, for the next append."""
        self._pending += [*self._unwritten(), *beside]

    def _append_if_possible(self) -> None:
        """What stands is not to be called unsaved: should the draft not take it in now, it will."""
        with suppress(StorageError):
            self._append(())

    # -- issues that come up

    @property
    def consent(self) -> str:
        """What the household agreed to in this interview, or before; empty until it was asked."""
        return self.interview.value_of("consent") or self.household.consent

    def report(self, new: NewReport, repeat: str = "") -> Ref:
        """Write a new issue at once; with consent it is the household's, without it stands for its place alone.

        What is raised is raised before anything is written: once this returns, the report stands.

        Args:
            new: What was taken down.
            repeat: The repeat that keeps a copy, where the dialog was opened from its place in the questionnaire.
        """
        household = self.household.id if self.consent in CONSENTS else ""
        ref = self._reporting.report(
            NewReport(
                new.words, new.category, new.level, new.urgency, self.dwelling.id, household, new.remark,
                keeps_door=bool(household),
            ),
            agreed=True,
        )  # fmt: skip
        copy = {"words": new.words, "category": new.category, "place": new.level, "urgency": new.urgency}
        self._keep_copy(ref, repeat, copy)
        return ref

    def support(self, case: Case, words: str = "", repeat: str = "") -> Ref:
        """Let the household join a case at once; what is known of the case need not be asked again.

        What is raised is raised before anything is written: once this returns, the household has joined.

        Raises:
            IncompleteReport: The words are too long.
            NotAgreed: It has not agreed to be recorded.
        """
        if self.consent not in CONSENTS:
            raise NotAgreed("the household did not agree to be recorded")
        ref = self._reporting.support(case.main.ref, self.household.id, words, agreed=True)
        issue = case.main
        known = {"words": words, "category": issue.category, "place": issue.place.level, "urgency": issue.urgency}
        given = {name: value for name, value in known.items() if value not in ("", UNKNOWN)}
        self._keep_copy(ref, repeat, {"joined": case.id, **given})
        return ref

    def undo_report(self, ref: Ref) -> None:
        """Take a report or support of this interview back; what is raised is raised before anything is changed."""
        self._reporting.undo(ref)
        self._forget([ref])
        self._append_if_possible()

    def _keep_copy(self, ref: Ref, repeat: str, copy: dict[str, str]) -> None:
        instance = ""
        if repeat:
            instance = self.interview.add_repeat(repeat)
            self.interview.set_values(instance, copy)
        self.reports.append((ref, instance))
        self._put_off([{"do": "report", "ref": str(ref), "instance": instance}])
        self._append_if_possible()

    def _forget(self, undone: Sequence[Ref]) -> None:
        """Take reports that are undone out of the interview, with their copies."""
        for ref in undone:
            instance = dict(self.reports).get(ref, "")
            if instance:
                repeat, index = _place_in(instance)
                self.interview.remove_repeat(repeat, index)
                self.reports = _after_removal(self.reports, repeat, index)
            self.reports = [pair for pair in self.reports if pair[0] != ref]
            self._put_off([{"do": "unreport", "ref": str(ref)}])

    def catch_up(self) -> None:
        """Take up what was written or undone just before the program was killed, the draft not knowing of it."""
        self._forget([ref for ref, _instance in self.reports if not self._stands(ref)])
        known = {ref for ref, _instance in self.reports}
        for case in self._workspace.community.cases_at(self.dwelling.id):
            for report in case.reports:
                if report.ref not in known and self._is_stray(report):
                    self.reports.append((report.ref, ""))

    def _stands(self, ref: Ref) -> bool:
        entry = self._workspace.community.entry(ref)
        if entry is None:
            return True  # its journal is not here: nothing is known against it
        case = self._workspace.community.case_of(str(entry.record.body.get("issue") or ref))
        return case is not None and any(report.ref == ref for report in case.reports)

    def _is_stray(self, report: Report) -> bool:
        entry = self._workspace.community.entry(report.ref)
        mine = report.household == self.household.id and report.author == self._workspace.person
        return entry is not None and mine and entry.record.at >= str(self.draft.about.get("begun", ""))

    # -- ending

    def put_down(self) -> None:
        """Leave for now: the draft waits, and once a day the door shows that the interview is not finished (未访完)."""
        if self._pending:
            self._append(())
        visit = self._survey.today_visit(self.dwelling, self.household)
        shown = visit is not None and (visit.outcome == "partial" or OUTCOMES[visit.outcome].reached)
        if not shown and self.consent != "no":
            self._survey.record_visit(self.dwelling, "partial", household=self.household)

    def finish(self) -> Finished:
        """Write what was said and drop the draft; asked again, it writes nothing more.

        A draft that somebody holds is dropped when drafts are next listed: what was said is saved all the same.

        Raises:
            ValueError: Something is missing.
        """
        if self._finished is None:
            self._finished = self._written_down()
        with suppress(StorageError):
            self.draft.discard()
        return self._finished

    def _written_down(self) -> Finished:
        if self.interview.missing():
            raise ValueError("not complete")
        result = self.interview.result()
        earlier = self._survey.today_visit(self.dwelling, self.household)
        agreed = self.consent in CONSENTS
        with self._workspace.writing() as batch:
            body = self._survey.visit_body(self.dwelling, self._outcome() if agreed else "refused", self.household)
            body["draft"] = self.draft.id
            if not agreed:
                body["not_again"] = True
            replaced = str(self.draft.about.get("corrects_visit", ""))
            if earlier is not None and (earlier.outcome == "partial" or self._survey.is_of(earlier.ref, self.draft)):
                replaced = str(earlier.ref)
            if replaced:
                body["corrects"] = replaced
            visit = batch.add("visit", body)
            if "consent" not in self._presets:  # the short form stands on the consent that was given before
                consent: dict[str, object] = {
                    "household": self.household.id,
                    "choice": self.consent,
                    "notice": NOTICE,
                    "visit": str(visit),
                    "by": "guardian" if self.interview.value_of("respondent") == "guardian" else "self",
                }
                batch.add("consent", consent | renewed(self.household))
            response = self._add_personal(batch, result, visit) if agreed else None
        return Finished(visit, response, tuple(ref for ref, _ in self.reports))

    def _outcome(self) -> str:
        return "by_phone" if self.draft.about.get("outcome") == "by_phone" else "interviewed"

    @property
    def _presets(self) -> Mapping[str, str]:
        return dict(self.draft.about["presets"])

    @property
    def _corrected(self) -> str:
        """The response that this one replaces; empty: none."""
        return str(self.draft.about.get("corrects", ""))

    def _response(self, result: Result, visit: Ref) -> dict[str, object]:
        answers = {name: value for name, value in result.answers.items() if name != CARE_GROUP}
        replaced = {"corrects": self._corrected} if self._corrected else {}
        return replaced | {
            "household": self.household.id,
            "visit": str(visit),
            "form": result.form,
            "version": result.version,
            "answers": answers,
            "specials": dict(result.specials),
            "remarks": dict(result.remarks),
            "reports": [str(ref) for ref, _ in self.reports],
        }

    def _add_personal(self, batch: Batch, result: Result, visit: Ref) -> Ref:
        """The response, and what is kept apart from it: telephone, care needs, and the token of a first case page."""
        body = self._response(result, visit)
        phone = self.interview.value_of("phone")
        if phone and phone != self.household.phone:
            batch.add("resident", {"household": self.household.id, "phone": phone})
        care = result.answers.get(CARE_GROUP)
        if care:
            body["care"] = str(batch.add("care", self._care(care, visit)))
        elif "corrects_care" in self.draft.about:  # what one may not read again still stands
            body["care"] = str(self.draft.about["corrects_care"])
        asked = "consent" not in self._presets  # who agrees to a page anew has one, declined before or not
        if self.consent == "all" and not self.household.token and (asked or not self.household.declined):
            batch.add("token", {"household": self.household.id, "token": new_token()})
        return batch.add("response", body)

    def _care(self, answers: Mapping[str, object], visit: Ref) -> dict[str, object]:
        replaced = self.draft.about.get("corrects_care")
        body: dict[str, object] = {"household": self.household.id, "visit": str(visit), "answers": answers}
        body["agreed"] = answers.get("care_agree") == "yes"  # readable for all, unlike the answers
        return body | ({"corrects": replaced} if replaced else {})


def _whose(workspace: Workspace, draft: Draft) -> tuple[Dwelling, Household]:
    """Door and household of a draft; raises `DraftUnusable`."""
    dwelling = workspace.community.dwellings.get(str(draft.about.get("dwelling")))
    if dwelling is None:
        raise DraftUnusable("door")
    household = _named(dwelling, draft.about.get("household"))
    if household is None:
        raise DraftUnusable("household")
    return dwelling, household


def _named(dwelling: Dwelling, household: object) -> Household | None:
    return next((one for one in dwelling.households if one.id == household), None)


def _form_of(draft: Draft, cache: Path) -> Form:
    """The form that a draft was begun with, whatever the program brings now; raises `DraftUnusable`."""
    about = draft.about
    current = forms.load(str(about["form"]), cache) if about.get("form") in forms.BUILT_IN else None
    if "xform" not in about:
        if current is None or current.version != about.get("version"):
            raise DraftUnusable("version")
        return current
    if current is not None and current.xform == about["xform"]:
        return current
    try:
        return Form(str(about["xform"]))
    except FormUnreadable as error:
        raise DraftUnusable("version") from error


def _reported(draft: Draft) -> Reports:
    """Reports that a draft knows of, each with the repeat instance that keeps its copy."""
    reports: Reports = [(Ref.parse(str(ref)), "") for ref in draft.about.get("reports", ())]
    for step in draft.steps:
        if step["do"] == "report":
            reports.append((Ref.parse(str(step["ref"])), str(step["instance"])))
        elif step["do"] == "unreport":
            reports = [pair for pair in reports if str(pair[0]) != step["ref"]]
        elif step["do"] == "remove":
            reports = _after_removal(reports, str(step["ref"]), int(step["index"]))
    return reports


def _place_in(instance: str) -> tuple[str, int]:
    """Which repeat an instance belongs to, and its number there."""
    repeat, _bracket, index = instance.rpartition("[")
    return repeat, int(index.rstrip("]"))


def _after_removal(reports: Reports, repeat: str, index: int) -> Reports:
    """Where copies are kept once an instance is gone: its own copy is gone, those behind it have moved up."""
    moved: Reports = []
    for ref, instance in reports:
        if instance and (place := _place_in(instance))[0] == repeat:
            kept = place[1] - (place[1] > index)
            moved.append((ref, "" if place[1] == index else f"{repeat}[{kept}]"))
        else:
            moved.append((ref, instance))
    return moved


def notice(workspace: Workspace) -> str:
    """The notice (告知书) as it is read out at a door, the office's telephone in it where one is set."""
    phone = str(workspace.community.settings.get("office_phone", "")).strip()
    return _(NOTICE_TEXT).format(community=workspace.name, phone=f" {phone}" if phone else "")
