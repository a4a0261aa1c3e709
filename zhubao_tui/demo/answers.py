"""Invented answers to the doorstep questionnaire, consistent with its rules."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from typing import Any

WHY = ("来的人多，办成的少", "说过的事没有回音", "换了好几个人，每次都从头讲")


def invented_answers(
    dice: random.Random, consent: str, issues: Sequence[Mapping[str, str]], phone: str
) -> dict[str, Any]:
    """Answers nested by group, as an interview stores them; the care group apart under `care`.

    Args:
        dice: What is invented follows from it.
        consent: `all` or `record`.
        issues: The questionnaire's copies of the troubles that were told.
        phone: May be empty.
    """
    size = dice.choices((1, 2, 3, 4, 5), (18, 34, 26, 15, 7))[0]
    aged60 = min(size, dice.choices((0, 1, 2), (45, 30, 25))[0])
    home: dict[str, Any] = {
        "tenure": dice.choices(("own", "rent", "public", "kin"), (62, 25, 8, 5))[0],
        "size": size,
        "aged60": aged60,
        "minors": 0 if size - aged60 < 2 else dice.choice((0, 0, 1)),
        "alone": "yes" if size == 1 and aged60 == 1 else "no",
    }
    if aged60:
        home["aged80"] = dice.choice((0, 0, 1))
    return {
        "open": {
            "consent": consent,
            "respondent": dice.choice(("head", "spouse", "child", "tenant")),
            **({"phone": phone} if phone else {}),
        },
        "home": home,
        "dwelling": {
            "gas": dice.choice(("pipe", "pipe", "bottle")),
            "home_state": dice.choices(("good", "old", "bad"), (70, 26, 4))[0],
            "ebike": dice.choices(("none", "shed", "home", "wire"), (50, 30, 12, 8))[0],
            "hazards": dice.choice((["none"], ["none"], ["pile"], ["wire", "ext"])),
        },
        "worries": {"any_issue": "yes", "issue": list(issues)} if issues else {"any_issue": "no"},
        "renewal": {
            "renew": dice.choice("54443"),
            "renew_items": dice.sample(("pipe", "roof", "stair", "lift", "park"), 2),
        },
        "joining": {"know": dice.choice(("name", "face", "no"))},
        "last": _satisfied(dice),
    }


def _satisfied(dice: random.Random) -> dict[str, Any]:
    sat = dice.choices("54321", (30, 45, 17, 6, 2))[0]
    return {"sat": sat, **({"sat_why": dice.choice(WHY)} if sat in "12" else {})}


def invented_care(dice: random.Random, home: dict[str, Any]) -> dict[str, Any]:
    """Answers of the care group."""
    if home["alone"] == "yes" or dice.random() < 0.04:
        agreed = dice.random() < 0.65
        need = ["alone"] if home["alone"] == "yes" else [dice.choice(("ill", "disabled", "poor"))]
        if agreed:
            return {
                "any_care": "yes",
                "care_agree": "yes",
                "care_need": need,
                "care_who": "家中老人",
                "care_wish": ["visit"],
            }
        return {"any_care": "yes", "care_agree": "no"}
    return {"any_care": "no"}
