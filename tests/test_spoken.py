"""The first guess at a category, so that a cadre need not look through 58 of them."""

from __future__ import annotations

import pytest

from zhubao_tui.community.categories import CATEGORIES
from zhubao_tui.community.spoken import PATTERNS, guess


@pytest.mark.parametrize(
    ("said", "category"),
    [
        ("楼梯口那个灯一直不亮，晚上下楼黑灯瞎火的", "light_stair"),
        ("院里路灯坏了两盏", "light_yard"),
        ("厨房下水老往上返", "drain_block"),
        ("楼门口的下水井往外冒脏水", "drain_sewage"),
        ("三楼的从窗户甩根线下来充电瓶车", "safe_ebike"),
        ("电梯又停在七楼了", "safe_lift"),
        ("能不能给装个电梯", "safe_newlift"),
        ("楼上卫生间漏水滴到我家", "near_leak"),
        ("过道里堆的全是纸箱子", "clean_pile"),
        ("", ""),
        ("[/]\x1b[31m", ""),
    ],
)
def test_ordinary_words_lead_to_their_category(said: str, category: str) -> None:
    assert guess(said) == category


def test_the_words_of_the_handbook_come_before_patterns() -> None:
    for code, category in CATEGORIES.items():
        if code != "help_other":
            assert guess(category.zh) == code


def test_patterns_name_known_categories_only() -> None:
    assert {code for code, _pattern in PATTERNS} <= CATEGORIES.keys()
