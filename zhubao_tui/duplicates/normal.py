"""Normalisation: one spelling for what people type in many."""

from __future__ import annotations

import re
import unicodedata

LONGEST = 1000
"""Characters of a text that are compared; what comes after them hardly ever tells of another trouble."""
_PAIRS = (
    "電电燈灯樓楼門门車车輪轮單单進进難难開开關关閉闭內内間间時时這这個个們们來来沒没說说過过還还對对點点無无與与為为"
    "於于從从後后應应將将聲声響响擾扰亂乱臟脏髒脏壞坏斷断頂顶層层頭头滲渗雜杂紙纸處处傷伤險险場场廠厂廣广視视費费漲涨"
    "價价帳账賬账賣卖買买業业務务維维護护設设備备檢检測测驗验証证證证書书學学園园區区縣县鎮镇鄉乡鋪铺號号幾几雙双獨独"
    "臺台檯台機机鐵铁網网線线纜缆樹树葉叶綠绿圍围牆墙磚砖橋桥溝沟溫温濕湿熱热氣气煙烟塵尘風风樣样麼么嗎吗裡里裏里邊边"
    "換换擺摆攤摊販贩爛烂貓猫雞鸡鴨鸭蟲虫蠅蝇聞闻養养醫医藥药療疗兒儿婦妇殘残礙碍輔辅導导補补貼贴續续寫写報报條条請请"
    "謝谢煩烦協协調调鄰邻戶户鎖锁鑰钥壓压燒烧爐炉廚厨廁厕衛卫陽阳廳厅樑梁東东長长馬马鳥鸟魚鱼龍龙麥麦黃黄齊齐齒齿龜龟"
    "靜静飛飞飯饭飲饮館馆驚惊體体鬧闹閃闪閘闸隊队階阶際际陰阴陳陈陸陆隨随隱隐離离霧雾頁页項项順顺預预領领題题額额願愿"
    "類类顯显飄飘騎骑騙骗髮发發发鬆松鬍胡黨党凍冻別别製制剛刚創创劃划勞劳動动卻却參参員员問问啟启啓启嚴严噴喷嚇吓囑嘱"
    "國国圖图團团圓圆執执堅坚塊块墊垫壇坛壩坝夠够夾夹奪夺奧奥婁娄媽妈宮宫實实審审寬宽寵宠專专尋寻屆届屍尸屬属岡冈島岛"
    "崗岗嶺岭師师帶带幫帮幹干庫库廢废張张強强彈弹復复徵征徹彻態态慣惯慘惨憑凭懷怀戲戏撥拨擋挡擔担據据擁拥擇择擊击擠挤"
    "擴扩攔拦敗败敵敌敘叙數数斃毙晝昼暈晕會会朧胧極极構构槍枪標标欄栏權权歐欧歲岁歷历歸归殼壳毀毁決决況况洩泄淚泪淨净"
    "淺浅溼湿滅灭滯滞滿满漁渔漸渐潔洁潤润澆浇濁浊濃浓瀉泻灑洒灘滩災灾燙烫營营爭争爺爷牽牵狀状猶犹獎奖瑪玛環环產产畝亩"
    "畫画當当瘋疯癢痒監监盜盗盤盘睜睁矯矫礦矿祕秘禍祸種种稱称穩稳窮穷竄窜竊窃競竞筆笔節节範范築筑簡简簽签糞粪糧粮糾纠"
    "紅红級级純纯細细終终組组結结絡络給给統统絲丝經经緊紧緩缓編编練练縫缝總总織织罰罚罵骂羅罗聯联職职聽听肅肃脈脉腳脚"
    "腦脑膠胶臨临舊旧艙舱藝艺莊庄華华萬万蓋盖蔥葱薦荐藍蓝蘇苏蘭兰虛虚蝦虾裝装複复見见規规覺觉覽览觀观觸触訂订計计討讨"
    "訓训託托記记訪访許许訴诉診诊詐诈評评詞词試试話话該该詳详誇夸認认誘诱語语誤误談谈論论諮咨講讲識识譜谱譯译議议讓让"
    "豎竖豬猪貝贝負负財财貨货貪贪責责貯贮貴贵貸贷資资賊贼賓宾賞赏賠赔賴赖質质趕赶跡迹踐践蹤踪軌轨軍军軟软較较載载輕轻"
    "輛辆輸输轉转轟轰農农迴回連连週周遊游運运達达違违遠远適适遲迟遷迁選选遺遗郵邮醜丑醬酱釋释鈴铃銀银銅铜銷销鋼钢錄录"
    "錢钱錯错鍋锅鍵键鏡镜鐘钟鑽钻閱阅闆板闖闯雖虽靈灵頸颈頻频顧顾飾饰饑饥駕驾駐驻騷骚"
)
"""Traditional characters that turn up in such reports, each followed by its simplified form."""
_TRADITIONAL = str.maketrans(dict(zip(_PAIRS[::2], _PAIRS[1::2], strict=True)))
_SOUNDS = (
    "灯登蹬 梯剃踢涕 停亭挺廷 堵赌睹 漏露陋 楼搂 单丹 元圆园 电店垫 充冲 坏怀 缝逢 业叶 "
    "锁索 栏拦 扰绕 噪躁燥 上尚 管馆 滑猾 阀伐 梁粱 账帐 狗苟"
)
"""Characters that input methods put for one another; the first of each group stands for all, in the lexicon too."""
_SAME_SOUND = str.maketrans({other: group[0] for group in _SOUNDS.split() for other in group[1:]})
_SLIPS = (
    ("下水到", "下水道"), ("列缝", "裂缝"), ("列开", "裂开"), ("墙列", "墙裂"), ("发抽", "发臭"), ("恶抽", "恶臭"),
    ("抽味", "臭味"), ("很抽", "很臭"), ("抽死", "臭死"), ("通到", "通道"), ("过到", "过道"), ("管到", "管道"),
    ("厨余拉圾", "厨余垃圾"), ("拉圾", "垃圾"), ("景盖", "井盖"), ("专头", "砖头"), ("地专", "地砖"), ("炒闹", "吵闹"),
    ("太炒", "太吵"), ("炒死", "吵死"), ("炒得", "吵得"), ("消访", "消防"), ("小防", "消防"), ("保按", "保安"),
    ("门近", "门禁"), ("物页", "物业"), ("路面破孙", "路面破损"), ("健生", "健身"), ("气材", "器材"), ("墙批", "墙皮"),
    ("老属", "老鼠"), ("跳炸", "跳闸"), ("水官", "水管"),
)  # fmt: skip
"""Slips of the pen whose characters are too common to be folded everywhere."""
_STAIRWELL = re.compile(r"(?<![\d一二三四五六七八九十])楼到(?![\d一二三四五六七八九十])")
_HAN = {char: digit for digit, char in enumerate("零一二三四五六七八九")} | {"两": 2, "〇": 0}
_HAN_NUMBER = re.compile(r"[〇零一二两三四五六七八九十]+(?=号楼|栋|幢|座|单元|楼|层|期|号|#|组|门洞|区|路|班|村)")
_BREAK = re.compile(r"[^\w#]+|_+")
_SPACES = re.compile(r"\s+")


def fold_sounds(text: str) -> str:
    """A text with one character for those that sound alike."""
    return text.translate(_SAME_SOUND)


def normal(text: str) -> str:
    """Simplified, half-width, lower-case, sounds folded, numbers before counters as digits.

    A space becomes `，`. Other signs stay (control characters and bidi marks too); `clauses` breaks the text at them.
    """
    plain = unicodedata.normalize("NFKC", text[:LONGEST]).casefold().translate(_TRADITIONAL)
    plain = _SPACES.sub("，", plain.strip())
    for slip, word in _SLIPS:
        plain = plain.replace(slip, word)
    plain = _STAIRWELL.sub("楼道", plain)
    return _HAN_NUMBER.sub(lambda match: str(han_number(match.group())), fold_sounds(plain))


def clauses(text: str) -> list[str]:
    """A normalised text at its breaks; digits and `-` between them stay together."""
    return [clause for clause in _BREAK.split(text) if clause]


def han_number(text: str) -> int:
    """Han numerals up to 99: 十二 is 12, 二十 is 20, 三五 is 35."""
    if "十" not in text:
        return int("".join(str(_HAN[char]) for char in text))
    tens, _, ones = text.partition("十")
    return (_HAN.get(tens[-1:], 1) if tens else 1) * 10 + (_HAN.get(ones[:1], 0) if ones else 0)


def number_of(text: str) -> str:
    """A building's or unit's number as the columns of a register write it: `3号楼`, `３`, `三单元` are `3`."""
    plain = fold_sounds(unicodedata.normalize("NFKC", text[:40]).casefold().translate(_TRADITIONAL).strip())
    plain = re.sub(r"(号楼|栋|幢|座|单元|楼|号|#)+$", "", plain)
    if plain and all(char in _HAN or char == "十" for char in plain):
        return str(han_number(plain))
    return plain.lstrip("0") or plain
