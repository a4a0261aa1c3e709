"""Normalisation: one spelling for what people type in many, and the place that they name in passing."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import NamedTuple

_PAIRS = (
    "電电燈灯樓楼門门車车輪轮單单進进難难開开關关閉闭內内間间時时這这個个們们來来沒没說说過过還还對对點点無无與与為为於于從从後后應应將将聲声響响擾扰亂乱臟脏髒脏壞坏斷断頂顶層层頭头滲渗雜杂紙纸處处傷伤險险"
    "場场廠厂廣广視视費费漲涨價价帳账賬账賣卖買买業业務务維维護护設设備备檢检測测驗验証证證证書书學学園园區区縣县鎮镇鄉乡鋪铺號号幾几雙双獨独臺台檯台機机鐵铁網网線线纜缆樹树葉叶綠绿圍围牆墙磚砖橋桥溝沟溫温"
    "濕湿熱热氣气煙烟塵尘風风樣样麼么嗎吗裡里裏里邊边換换擺摆攤摊販贩爛烂貓猫雞鸡鴨鸭蟲虫蠅蝇聞闻養养醫医藥药療疗兒儿婦妇殘残礙碍輔辅導导補补貼贴續续寫写報报條条請请謝谢煩烦協协調调鄰邻戶户鎖锁鑰钥壓压燒烧"
    "爐炉廚厨廁厕衛卫陽阳廳厅樑梁"
)
"""Traditional characters that turn up in such reports, each followed by its simplified form."""
_TRADITIONAL = str.maketrans(dict(zip(_PAIRS[::2], _PAIRS[1::2], strict=True)))
_SLIPS = (
    ("单圆", "单元"),
    ("亭车", "停车"),
    ("路登", "路灯"),
    ("楼到", "楼道"),
    ("晚尚", "晚上"),
    ("电剃", "电梯"),
    ("下水到", "下水道"),
)
_HAN = {char: digit for digit, char in enumerate("零一二三四五六七八九")} | {"两": 2, "〇": 0}
_HAN_NUMBER = re.compile(r"[零〇一二两三四五六七八九十]+(?=号楼|栋|幢|座|单元|楼|层|期|号|#|组|门)")
_SPACES = re.compile(r"\s+")
_PUNCTUATION = re.compile(r"[^\w#]+")
_BUILDING = re.compile(r"([a-z]?\d{1,3})(?:号楼|栋|幢|座|#楼|#)|(?<!\d)(\d{1,3})楼(?=\d单元)|(\d{1,3})号(?=\d单元)")
_UNIT = re.compile(r"(\d{1,2})(?:单元|门洞|门(?=洞|口|里))")
_ESTATE = re.compile(r"([\u4e00-\u9fff]{2,6}?(?:小区|花园|家园|新村|苑|湾|城|府|庭|里|公馆|广场|时代|国际|名都))")


class Normal(NamedTuple):
    """A text made comparable."""

    text: str
    """Simplified, half-width, lower-case, numbers before counters as digits, punctuation as single spaces."""
    buildings: frozenset[str]
    units: frozenset[str]
    estates: frozenset[str]


@lru_cache(maxsize=50_000)
def normal(text: str) -> Normal:
    """Normalise a report's text and read the places that it names; texts over 2,000 characters are cut."""
    plain = unicodedata.normalize("NFKC", text[:2000]).casefold().translate(_TRADITIONAL)
    for slip, word in _SLIPS:
        plain = plain.replace(slip, word)
    plain = _HAN_NUMBER.sub(lambda match: str(han_number(match.group())), plain)
    compact = _SPACES.sub("", plain)
    buildings = frozenset(next(filter(None, match.groups())) for match in _BUILDING.finditer(compact))
    units = frozenset(match[1] for match in _UNIT.finditer(compact))
    estates = frozenset(match[1] for match in _ESTATE.finditer(compact))
    return Normal(_PUNCTUATION.sub(" ", plain).strip(), buildings, units, estates)


def han_number(text: str) -> int:
    """Han numerals up to 99: 十二 is 12, 二十 is 20, 三五 is 35."""
    if "十" not in text:
        return int("".join(str(_HAN[char]) for char in text))
    tens, _, ones = text.partition("十")
    return (_HAN.get(tens[-1:], 1) if tens else 1) * 10 + (_HAN.get(ones[:1], 0) if ones else 0)


def number_of(text: str) -> str:
    """A building's or unit's number as the columns of a register write it: `3号楼`, `３`, `三单元`."""
    plain = unicodedata.normalize("NFKC", text).casefold().strip()
    plain = re.sub(r"(号楼|栋|幢|座|单元|号|#)$", "", plain)
    if plain and all(char in _HAN or char == "十" for char in plain):
        return str(han_number(plain))
    return plain.lstrip("0") or plain


def bigrams(text: str) -> frozenset[str]:
    """Pairs of neighbouring characters, across no space."""
    return frozenset(word[i : i + 2] for word in text.split() for i in range(len(word) - 1))
