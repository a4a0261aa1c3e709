"""Interviews (入户走访): a questionnaire at one door whose every answer is on disk before the next question shows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from storage.drafts import Draft
from storage.record import Ref
from storage.store import Batch
from zhubao_tui import forms
from zhubao_tui.casepage import new_token
from zhubao_tui.community.categories import UNKNOWN
from zhubao_tui.community.doors import Dwelling, Response
from zhubao_tui.community.issues import OPEN, Case, Report, Status
from zhubao_tui.community.moves import parse_day
from zhubao_tui.community.outcomes import OUTCOMES
from zhubao_tui.interview import Form, Interview, Result, Verdict

from .errors import DraftUnusable as DraftUnusable
from .errors import NotAgreed
from .reporting import CONSENTS, NewReport, Reporting
from .survey import Survey
from .workspace import Workspace

LONG_FORM, SHORT_FORM = "zhubao_household", "zhubao_return"
SHORT_FORM_DAYS = 365
NOTICE = "2026-1"
"""Version of the notice that is read out before consent; kept with each consent."""
CARE_GROUP = "care"


@dataclass(frozen=True, slots=True)
class Finished:
    """What an interview left behind."""

    visit: Ref
    response: Ref | None
    """`None` where the household did not agree: then nothing but door, day and that is kept."""
    reports: tuple[Ref, ...]


class InterviewSession:
    """One interview at one door; every change goes to the draft before the caller goes on."""

    def __init__(self, workspace: Workspace, dwelling: Dwelling, interview: Interview, draft: Draft) -> None:
        self._workspace = workspace
        self._reporting = Reporting(workspace)
        self._survey = Survey(workspace)
        self._written = len(interview.steps)
        self.dwelling = dwelling
        self.household = dwelling.household
        self.interview = interview
        self.draft = draft
        self.reports: list[tuple[Ref, str]] = []
        """Reports and supports written so far, each with the repeat instance that keeps its copy."""

    # -- answering

    def answer(self, value: str | Sequence[str]) -> Verdict:
        """Answer the question at hand; when this returns an accepted answer is on disk."""
        return self._kept(self.interview.answer(value))

    def answer_special(self, special: str) -> Verdict:
        """«don't know» (`dk`) or «would not say» (`na`) as the answer."""
        return self._kept(self.interview.answer_special(special))

    def go_on(self) -> Verdict:
        """To the next question."""
        return self._kept(self.interview.go_on())

    def back(self) -> None:
        """To the question before."""
        self.interview.back()
        self._flush()

    def jump(self, ref: str) -> None:
        """To any question of the outline."""
        self.interview.jump(ref)
        self._flush()

    def remark(self, text: str) -> None:
        """A remark on the question at hand."""
        self.interview.remark(text)
        self._flush()

    def clear(self) -> None:
        """Take the answer to the question at hand away."""
        self.interview.clear()
        self._flush()

    def add_repeat(self, ref: str) -> str:
        """One more instance of a repeat; returns its reference."""
        instance = self.interview.add_repeat(ref)
        self._flush()
        return instance

    def remove_repeat(self, ref: str, index: int) -> None:
        """Drop one instance of a repeat."""
        self.interview.remove_repeat(ref, index)
        self._flush()

    def load(self, answers: Mapping[str, Any], specials: Mapping[str, str], remarks: Mapping[str, str]) -> None:
        """Take over what was saved before, to correct it."""
        self.interview.load(answers, specials, remarks)
        self._flush()

    def _kept(self, verdict: Verdict) -> Verdict:
        self._flush()
        return verdict

    def _flush(self) -> None:
        steps = self.interview.steps
        while self._written < len(steps):
            self.draft.append(dict(steps[self._written]))
            self._written += 1

    # -- issues that come up

    @property
    def consent(self) -> str:
        """What the household agreed to in this interview, or before; empty until it was asked."""
        return self.interview.value_of("consent") or self.household.consent

    def report(self, new: NewReport, repeat: str = "") -> Ref:
        """Write a new issue at once; with consent it is the household's, without it stands for its place alone.

        Args:
            new: What was taken down.
            repeat: The repeat that keeps a copy, where the dialog was opened from its place in the questionnaire.
        """
        household = self.household.id if self.consent in CONSENTS else ""
        ref = self._reporting.report(
            NewReport(new.words, new.category, new.level, new.urgency, self.dwelling.id, household, new.remark),
            agreed=self.consent in CONSENTS,
        )
        copy = {"words": new.words, "category": new.category, "place": new.level, "urgency": new.urgency}
        self._keep_copy(ref, repeat, copy)
        return ref

    def support(self, case: Case, words: str = "", repeat: str = "") -> Ref:
        """Let the household join a case at once; what is known of the case need not be asked again.

        Raises:
            NotAgreed: It did not agree in this interview, whatever it said before.
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
        """Take a report or support of this interview back."""
        self._reporting.undo(ref)
        kept = dict(self.reports)
        if kept.get(ref):
            repeat, _, index = kept[ref].rpartition("[")
            self.interview.remove_repeat(repeat, int(index.rstrip("]")))
            self._flush()
        self.reports = [pair for pair in self.reports if pair[0] != ref]
        self.draft.append({"do": "unreport", "ref": str(ref)})

    def _keep_copy(self, ref: Ref, repeat: str, copy: dict[str, str]) -> None:
        instance = ""
        if repeat:
            instance = self.interview.add_repeat(repeat)
            self.interview.set_values(instance, copy)
            self._flush()
        self.reports.append((ref, instance))
        self.draft.append({"do": "report", "ref": str(ref), "instance": instance})

    def adopt_strays(self, begun: str) -> None:
        """Name reports of this interview that were written just before the program was killed."""
        known = {ref for ref, _ in self.reports}
        for case in self._workspace.community.cases_at(self.dwelling.id):
            for report in case.reports:
                if report.ref not in known and self._is_stray(report, begun):
                    self.reports.append((report.ref, ""))

    def _is_stray(self, report: Report, begun: str) -> bool:
        entry = self._workspace.community.entry(report.ref)
        mine = report.household == self.household.id and report.author == self._workspace.person
        return entry is not None and mine and entry.record.at >= begun

    # -- ending

    def put_down(self) -> None:
        """Leave for now: the draft waits, and once a day the door shows that the interview is not finished (未访完)."""
        visit = self._survey.today_visit(self._workspace.community.dwellings[self.dwelling.id])
        shown = visit is not None and (visit.outcome == "partial" or OUTCOMES[visit.outcome].reached)
        if not shown and self.consent != "no":
            self._survey.record_visit(self.dwelling, "partial")

    def finish(self) -> Finished:
        """Write what was said and drop the draft; raises `ValueError` while something is missing."""
        if self.interview.missing():
            raise ValueError("not complete")
        result = self.interview.result()
        earlier = self._survey.today_visit(self._workspace.community.dwellings[self.dwelling.id])
        agreed = self.consent in CONSENTS
        with self._workspace.writing() as batch:
            body = self._survey.visit_body(self.dwelling, self._outcome() if agreed else "refused")
            body["draft"] = self.draft.id
            if not agreed:
                body["not_again"] = True
            replaced = str(self.draft.about.get("corrects_visit", ""))
            if earlier is not None and earlier.outcome == "partial":
                replaced = str(earlier.ref)
            if replaced:
                body["corrects"] = replaced
            visit = batch.add("visit", body)
            if "consent" not in self._presets:  # the short form stands on the consent that was given before
                consent = {
                    "household": self.household.id,
                    "choice": self.consent,
                    "notice": NOTICE,
                    "visit": str(visit),
                }
                batch.add("consent", consent)
            response = self._add_personal(batch, result, visit) if agreed else None
        self.draft.discard()
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
        if self.consent == "all" and not self.household.token:
            batch.add("token", {"household": self.household.id, "token": new_token()})
        return batch.add("response", body)

    def _care(self, answers: Mapping[str, object], visit: Ref) -> dict[str, object]:
        replaced = self.draft.about.get("corrects_care")
        body: dict[str, object] = {"household": self.household.id, "visit": str(visit), "answers": answers}
        return body | ({"corrects": replaced} if replaced else {})


class Interviewing:
    """Begin, resume and list interviews."""

    def __init__(self, workspace: Workspace, language: str = "zh") -> None:
        self._workspace = workspace
        self._language = language
        if not workspace.read_only:
            self._drop_finished()

    def _drop_finished(self) -> None:
        """Drop drafts whose interview was written down, the program having been killed before it could drop them."""
        for draft in Survey(self._workspace).drafts():
            dwelling = self._workspace.community.dwellings.get(str(draft.about.get("dwelling")))
            visits = [visit.ref for home in dwelling.households for visit in home.visits] if dwelling else []
            if any(self._body(ref).get("draft") == draft.id for ref in visits):
                draft.discard()

    def begin(self, dwelling: Dwelling, *, by_phone: bool = False) -> InterviewSession:
        """Begin an interview: the long form, or the short one where a year has not passed since the last.

        Where I have interviewed this household today, what was saved is opened again with every answer, to be corrected.
        """
        saved = self._just_saved(dwelling)
        if saved is not None:
            return self._correct(dwelling, saved, by_phone=by_phone)
        presets = {"last_open": str(self._last_open(dwelling))}
        name = self._form_for(dwelling)
        if name == SHORT_FORM:
            presets["consent"] = dwelling.household.consent
        return self._begin(dwelling, name, presets, {"outcome": "by_phone" if by_phone else "interviewed"})

    def _begin(
        self, dwelling: Dwelling, name: str, presets: Mapping[str, str], more: Mapping[str, object]
    ) -> InterviewSession:
        form = forms.load(name, self._workspace.store.folder / "cache")
        today = self._workspace.today()
        interview = self._interview(form, presets, today)
        about = {
            "form": name,
            "version": form.version,
            "dwelling": dwelling.id,
            "household": dwelling.household.id,
            "person": self._workspace.person,
            "presets": dict(presets),
            "today": today.isoformat(),
            "begun": self._workspace.now().isoformat(timespec="seconds"),
        }
        return InterviewSession(self._workspace, dwelling, interview, self._workspace.drafts.begin(about | dict(more)))

    def _just_saved(self, dwelling: Dwelling) -> Response | None:
        """My own response of today at this door, if nothing but it came of this form since."""
        responses = dwelling.household.responses
        last = responses[-1] if responses else None
        mine = last is not None and last.author == self._workspace.person and last.on == self._workspace.today()
        known = mine and last is not None and last.form in forms.BUILT_IN
        return last if known else None

    def _correct(self, dwelling: Dwelling, saved: Response, *, by_phone: bool) -> InterviewSession:
        body = self._body(saved.ref)
        care = Ref.parse(str(body["care"])) if "care" in body else None
        answers = {**saved.answers, **({CARE_GROUP: self._body(care)["answers"]} if care else {})}
        hidden = {"last_open": str(dict(answers.get("last", {})).get("last_open", "0"))}
        if saved.form == SHORT_FORM:
            hidden["consent"] = dwelling.household.consent
        about: dict[str, object] = {
            "outcome": "by_phone" if by_phone else "interviewed",
            "corrects": str(saved.ref),
            "corrects_visit": saved.visit,
            "reports": list(saved.reports),
        }
        session = self._begin(dwelling, saved.form, hidden, about | ({"corrects_care": str(care)} if care else {}))
        session.reports = [(Ref.parse(ref), "") for ref in saved.reports]
        session.load(answers, saved.specials, saved.remarks)
        return session

    def _body(self, ref: Ref) -> Mapping[str, Any]:
        entry = self._workspace.community.entry(ref)
        return entry.record.body if entry is not None else {}

    def _interview(self, form: Form, presets: Mapping[str, str], today: date) -> Interview:
        return Interview(
            form, language=self._language, presets=presets, today=today, no_specials=forms.NO_SPECIALS
        )  # fmt: skip

    def _form_for(self, dwelling: Dwelling) -> str:
        household, since = dwelling.household, self._workspace.today() - timedelta(days=SHORT_FORM_DAYS)
        recent = any(response.on > since for response in household.responses)
        return SHORT_FORM if recent and household.consent in CONSENTS else LONG_FORM

    def resume(self, draft: Draft) -> InterviewSession:
        """Go on with an unfinished interview at the question where it stood.

        Raises:
            DraftUnusable: Its door or form is not known here, or a step is not understood; the draft stays as it is.
        """
        about = draft.about
        dwelling = self._workspace.community.dwellings.get(str(about.get("dwelling")))
        if dwelling is None:
            raise DraftUnusable("door")
        form = forms.load(str(about["form"]), self._workspace.store.folder / "cache")
        if form.version != about.get("version"):
            raise DraftUnusable("version")
        today = parse_day(about.get("today")) or self._workspace.today()
        interview = self._interview(form, dict(about["presets"]), today)
        own, steps = _parted(draft.steps)
        try:
            interview.replay(steps)
        except ValueError as error:
            raise DraftUnusable(str(error)) from error
        session = InterviewSession(self._workspace, dwelling, interview, draft)
        session.reports = [(Ref.parse(str(ref)), "") for ref in about.get("reports", ())] + own
        session.adopt_strays(str(about.get("begun", "")))
        return session

    def _last_open(self, dwelling: Dwelling) -> int:
        """How many of the household's earlier cases it may ask about: open, or done since it was last interviewed."""
        household = dwelling.household
        asked = household.responses[-1].on if household.responses else None
        cases = [case for case in self._workspace.community.cases_at(dwelling.id) if household.id in case.followers]
        return sum(
            case.reported_on < self._workspace.today()
            and (
                case.status in OPEN
                or case.status is Status.POSTPONED
                or (case.last_move_on or case.due) >= (asked or case.due)
            )
            for case in cases
        )


def _parted(steps: Sequence[Mapping[str, object]]) -> tuple[list[tuple[Ref, str]], list[Mapping[str, object]]]:
    """Part a draft's steps: reports that were written beside the form, and the form's own steps."""
    reports: list[tuple[Ref, str]] = []
    rest: list[Mapping[str, object]] = []
    for step in steps:
        if step["do"] == "report":
            reports.append((Ref.parse(step["ref"]), str(step["instance"])))
        elif step["do"] == "unreport":
            reports = [pair for pair in reports if str(pair[0]) != step["ref"]]
        else:
            rest.append(step)
    return reports, rest
