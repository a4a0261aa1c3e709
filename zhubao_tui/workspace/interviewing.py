"""Interviews (入户走访): which questionnaire a household is asked, what waits unfinished, what can be corrected."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from storage.drafts import Draft
from storage.record import Ref
from zhubao_tui import forms
from zhubao_tui.community.doors import Dwelling, Response
from zhubao_tui.community.issues import OPEN, Status

from .errors import DraftUnusable as DraftUnusable
from .reporting import CONSENTS
from .session import CARE_GROUP, InterviewSession
from .survey import Survey
from .workspace import Workspace

LONG_FORM, SHORT_FORM = "zhubao_household", "zhubao_return"
SHORT_FORM_DAYS = 365


class Interviewing:
    """Begin, resume and list interviews."""

    def __init__(self, workspace: Workspace, language: str = "zh") -> None:
        self._workspace = workspace
        self._language = language

    def waiting(self, dwelling: Dwelling) -> Draft | None:
        """My newest unfinished interview with who lives behind a door now, of those that can be gone on with."""
        for draft in reversed(Survey(self._workspace).drafts()):
            if draft.about.get("household") == dwelling.household.id and self._can_resume(draft):
                return draft
        return None

    def _can_resume(self, draft: Draft) -> bool:
        try:
            self.resume(draft)
        except DraftUnusable:
            return False
        return True

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
        about = {
            "form": name,
            "version": form.version,
            "xform": form.xform,
            "dwelling": dwelling.id,
            "household": dwelling.household.id,
            "person": self._workspace.person,
            "presets": dict(presets),
            "today": self._workspace.today().isoformat(),
            "begun": self._workspace.now().isoformat(timespec="seconds"),
        }
        draft = self._workspace.drafts.begin(about | dict(more))
        return InterviewSession(self._workspace, draft, self._language)

    def _just_saved(self, dwelling: Dwelling) -> Response | None:
        """My own response of today at this door, if it is the last one there and of a built-in form."""
        responses = dwelling.household.responses
        last = responses[-1] if responses else None
        mine = last is not None and last.author == self._workspace.person and last.on == self._workspace.today()
        known = mine and last is not None and last.form in forms.BUILT_IN
        return last if known else None

    def _correct(self, dwelling: Dwelling, saved: Response, *, by_phone: bool) -> InterviewSession:
        body = self._body(saved.ref)
        care = Ref.parse(str(body["care"])) if "care" in body else None
        needs = self._body(care).get("answers") if care else None  # in a sealed workspace only leads may read them
        answers = {**saved.answers, **({CARE_GROUP: needs} if needs else {})}
        hidden = {"last_open": str(dict(answers.get("last", {})).get("last_open", "0"))}
        if saved.form == SHORT_FORM:
            hidden["consent"] = dwelling.household.consent
        about: dict[str, object] = {
            "outcome": "by_phone" if by_phone else "interviewed",
            "corrects": str(saved.ref),
            "corrects_visit": saved.visit,
            "reports": list(saved.reports),
            "saved": {"answers": answers, "specials": dict(saved.specials), "remarks": dict(saved.remarks)},
        }
        return self._begin(dwelling, saved.form, hidden, about | ({"corrects_care": str(care)} if care else {}))

    def _body(self, ref: Ref) -> Mapping[str, Any]:
        entry = self._workspace.community.entry(ref)
        return entry.record.body if entry is not None else {}

    def _form_for(self, dwelling: Dwelling) -> str:
        household, since = dwelling.household, self._workspace.today() - timedelta(days=SHORT_FORM_DAYS)
        recent = any(response.on > since for response in household.responses)
        return SHORT_FORM if recent and household.consent in CONSENTS else LONG_FORM

    def resume(self, draft: Draft) -> InterviewSession:
        """Go on with an unfinished interview at the question where it stood.

        Raises:
            DraftUnusable: Its door (`door`), household (`household`) or form (`version`) is not known here, or what it
                holds is not understood (`step 3`, `unreadable`); the draft stays as it is.
        """
        try:
            session = InterviewSession(self._workspace, draft, self._language)
            session.catch_up()
        except DraftUnusable:
            raise
        except ValueError as error:
            raise DraftUnusable(str(error) if str(error).startswith("step ") else "unreadable") from error
        except (KeyError, IndexError, TypeError, AttributeError) as error:
            raise DraftUnusable("unreadable") from error  # the file is whole, but not as this program writes it
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
