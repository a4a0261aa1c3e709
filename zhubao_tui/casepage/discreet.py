"""Whether somebody's words may stand on a page that is found by whoever picks up a slip of paper.

Source: the field handbook, "What a household sees": no telephone, identity or door number, no name from the roster, no
health word. Doubt counts against: what is withheld costs a household nothing but its own wording.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

_HAN_DIGIT = "零〇一二三四五六七八九"
_HOTLINE = re.compile(r"(?<!\d)(?:1[12]\d|12\d{3}|9[56]\d{3})(?!\d)")
"""110, 12345, 96xxx: public lines, no household's."""
_NUMBERS = re.compile(
    rf"\d{{3}}|\d[-\s._·()]{{1,2}}\d|[{_HAN_DIGIT}幺两]{{3}}"  # telephones, identity and door numbers
    rf"|[\d{_HAN_DIGIT}十百]+\s*(?:室|号房|号门|号户|户门)|(?:微信|QQ|qq|wx|邮箱|@)"
    rf"|[\d{_HAN_DIGIT}十]+\s*(?:楼|层)\s*[\d{_HAN_DIGIT}十东西南北中左右]{{1,3}}\s*(?:号|户|门|边|家)"  # which door of a floor
    rf"|单元.{{0,4}}[东西中南北左右](?:户|门|边|家)|号楼\s*[\d{_HAN_DIGIT}十]+\s*门"
)
_TITLES = (
    "某|先生|女士|小姐|太太|大爷|大妈|大娘|大叔|大姐|大哥|大伯|大婶|奶奶|爷爷|阿姨|叔叔|伯伯|婶|嫂|姨|师傅|老师|主任|经理|"
    "医生|大夫|书记|队长|局长|科长|警官|老板|家的|家里|家老|家孩|家那|老头|老太|婆婆|公公|老人家"
)
_SURNAMES = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔钟谭陆"
    "汪范金石廖贾夏韦付傅方白邹孟熊秦邱江尹薛闫阎段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤"
)
_GIVEN = "芳丽娟敏静艳玲霞英兰秀娜涛磊勇杰刚伟鹏斌辉萍婷梅琴军明强燕华亮凤珍红桂淑玉建国志文德"
"""Characters of many given names, of which `小` and `阿` make what somebody is called."""
_PERSON = re.compile(
    rf"[{_SURNAMES}](?:{_TITLES})|[老小][{_SURNAMES}]|[{_SURNAMES}]某|阿[{_GIVEN}]"
    rf"|小(?!红[灯书旗袖帽点色]|国旗|玉米|文件|明火)[{_GIVEN}]|[{_GIVEN}]{{2}}(?:哥|姐|叔|姨|婶|嫂|伯|爷|奶|妈|爸|家(?!庭|长|具|电))"
)
_TWO_SURNAMES = re.compile(
    "欧阳|太史|端木|上官|司马|东方|独孤|南宫|夏侯|诸葛|尉迟|皇甫|令狐|公孙|慕容|司徒|长孙|宇文|轩辕"
)
_HEALTH = re.compile(
    "病|癌|肿瘤|残疾|残障|伤残|轮椅|拐杖|瘫|失能|失智|失明|失聪|痴呆|中风|脑梗|心梗|偏瘫|卧床|糖尿|血压|血糖|血脂|透析|化疗|"
    "手术|住院|出院|吃药|服药|药费|用药|抑郁|焦虑|自杀|轻生|精神|疯|智力|智障|自闭|孤独症|聋|哑|盲人|瞎|怀孕|孕妇|流产|坐月子|"
    "艾滋|乙肝|肝炎|结核|感染|发烧|吸毒|戒毒|酗酒|低保|哮喘|过敏|骨折|摔断|腿脚|腰椎|关节|支架|起搏|呼吸机|氧气|养老院|护理|"
    "心脏|膝盖|(?:腿|腰|头|胸|胃|牙|背|脚)(?:疼|痛)|耳背|尿毒|走不动|下不了楼|风湿|痛风|"
    "heart|\\bknee|\\bhip\\b|\\bdeaf|\\bblind|"
    "cancer|disab|wheelchair|diabet|illness|disease|dementia|depress|surgery|hospital|pregnan",
    re.IGNORECASE,
)
_UNSEEN = frozenset({"Cf", "Cc", "Cs", "Co", "Cn", "Mn", "Me"})
SHORTEST, LONGEST = 2, 4
"""Characters of nearly every name: looked up piece by piece."""


class Discretion:
    """Judges words by what may not stand in them; knows the names of one community."""

    def __init__(self, names: Iterable[str] = ()) -> None:
        """`names` are those of residents and of the team, however they are written."""
        whole = {_tight(_plain(name)) for name in names}
        tight = whole | {given for name in whole if len(given := _given(name)) >= SHORTEST}
        self._short = {name for name in tight if SHORTEST <= len(name) <= LONGEST}
        self._long = sorted(name for name in tight if len(name) > LONGEST)

    def allows(self, words: str) -> bool:
        """Whether words hold nothing that tells who somebody is, where they live, or how they are."""
        plain = _plain(words)
        tight = _tight(plain)
        told = _NUMBERS.search(_HOTLINE.sub("", plain)) or _PERSON.search(tight) or _HEALTH.search(tight)
        return not told and not self._names_somebody(tight)

    def _names_somebody(self, text: str) -> bool:
        spans = ((start, start + length) for length in range(SHORTEST, LONGEST + 1) for start in range(len(text)))
        return any(text[start:end] in self._short for start, end in spans) or any(name in text for name in self._long)


def _given(name: str) -> str:
    """What neighbours call somebody by, if a name is one in Chinese characters: all behind the surname."""
    if not all("\u4e00" <= char <= "\u9fff" for char in name) or len(name) > LONGEST:
        return ""
    return name[2 if _TWO_SURNAMES.match(name) else 1 :]


def _plain(text: str) -> str:
    """Full-width forms as plain ones, without what can't be seen: nobody hides a number behind it."""
    plain = unicodedata.normalize("NFKC", text)
    return "".join(char for char in plain if char.isspace() or unicodedata.category(char) not in _UNSEEN)


def _tight(text: str) -> str:
    return "".join(text.split())
