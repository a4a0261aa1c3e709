"""Categories (类别) of issues: one table that the questionnaire, the due dates and the guess while typing share.

Source: the field handbook's list of what residents of old estates report. A community may add words, never re-use one.
"""

from __future__ import annotations

from typing import NamedTuple

UNKNOWN = "unknown"
"""未定: of an imported report until `recategorise` gives the category; reckoned as class O."""


class Category(NamedTuple):
    """One kind of trouble."""

    code: str
    zh: str
    en: str
    words: tuple[str, ...]
    """Words that people use for it."""
    units: tuple[str, ...]
    """Who usually mends it."""
    kind: str
    """Class: S small, O ordinary, X outside unit, R renovation."""
    small: bool
    """小切口: a small thing that a household feels at once."""


TOPS = {
    "light": ("照明用电", "Lighting, power"),
    "water": ("水气暖", "Water, gas, heating"),
    "drain": ("排水", "Drains"),
    "clean": ("环境卫生", "Cleanliness"),
    "green": ("绿化宠物", "Greenery, pets"),
    "road": ("道路停车", "Roads, parking"),
    "build": ("楼体楼道", "Building, stairs"),
    "safe": ("安全", "Safety"),
    "near": ("邻里", "Neighbours"),
    "prop": ("物业", "Property firm"),
    "fac": ("公共设施", "Facilities"),
    "help": ("帮办", "Help"),
}
"""Top codes (the part of a code before `_`) with their Chinese and English names."""

_TABLE: tuple[tuple[str, str, str, str, str, str, bool], ...] = (
    ("light_stair", "楼道灯", "Stairwell light", "楼道灯、感应灯、声控灯、灯泡坏了、黑咕隆咚", "物业", "S", True),
    ("light_yard", "小区路灯", "Yard light", "路灯、院里没灯、晚上黑漆漆、灯杆歪了", "物业", "O", True),
    ("light_power", "停电跳闸", "Power cut", "停电、没电、老跳闸、电压不稳、电表", "供电公司", "X", False),
    ("light_wire", "电线杂乱", "Loose wires", "飞线、蜘蛛网线、电线皮破了、线垂下来", "供电、通信", "X", False),
    ("water_off", "停水", "No water", "停水、没水了、不来水", "水务公司", "X", False),
    ("water_low", "水压水质", "Weak or dirty water", "水小、水上不来、水发黄、水有味", "水务、物业", "X", False),
    ("water_leak", "水管漏水", "Leaking pipe", "水管爆了、滴水、水表漏、哗哗流", "物业", "O", True),
    ("water_gas", "燃气", "Gas", "煤气味、没气、软管老了、燃气表", "燃气公司", "X", False),
    ("water_heat", "供暖", "Heating", "暖气不热、屋里冷、暖气漏水", "热力公司", "X", False),
    ("drain_block", "下水堵塞", "Blocked drain", "下水道堵了、不下水、返水、马桶堵", "物业", "O", True),
    ("drain_sewage", "污水外溢", "Sewage overflow", "冒粪水、化粪池满了、污水横流、臭得很", "物业", "O", False),
    ("drain_cover", "井盖", "Manhole cover", "井盖坏了、井盖响、没盖子、翘起来", "物业、市政", "S", True),
    ("drain_flood", "积水内涝", "Flooding", "一下雨就淹、积水、水排不出去、看海", "市政", "X", False),
    ("drain_smell", "管道返味", "Drain smell", "返臭味、地漏臭、厕所返味", "物业", "O", True),
    ("clean_bin", "垃圾清运", "Rubbish", "垃圾没人收、垃圾桶满了、苍蝇乱飞", "环卫、物业", "S", True),
    ("clean_pile", "楼道堆物", "Clutter", "堆东西、破烂、纸壳子、占楼道", "物业、社区", "O", True),
    ("clean_debris", "装修垃圾", "Building waste", "装修垃圾、渣土、砖头没人拉", "物业、城管", "O", True),
    ("clean_pest", "虫鼠", "Pests", "老鼠、蟑螂、蚊子多、白蚁", "社区", "O", True),
    ("clean_ad", "小广告", "Posters", "牛皮癣、小广告、乱贴乱画", "物业、城管", "S", True),
    ("green_branch", "树枝遮挡", "Branches", "树挡光、树枝戳窗户、要修树", "物业、园林", "O", True),
    ("green_fall", "枯树险树", "Dangerous tree", "枯树、树要倒、掉树枝", "园林", "X", False),
    ("green_weed", "绿地失管", "Neglected green", "草太高、没人剪、荒了", "物业", "O", True),
    ("green_pet", "犬猫", "Pets", "狗屎、遛狗不牵绳、狗叫、流浪猫", "社区、派出所", "O", False),
    ("road_hole", "路面破损", "Broken paving", "路烂了、有坑、地砖松了、绊脚", "物业、市政", "O", True),
    ("road_park", "停车难", "Parking", "没地停车、乱停、堵门口、抢车位", "物业、交警", "O", False),
    ("road_fire", "占消防通道", "Blocked fire lane", "堵消防通道、消防车进不来", "物业、消防", "S", False),
    ("road_dead", "僵尸车", "Abandoned car", "僵尸车、没人要的车、占着车位", "社区、交警", "X", False),
    ("road_cross", "出行不便", "Hard to get about", "路口危险、公交站远、没人行道", "交通、市政", "X", False),
    ("build_leak", "屋面墙面", "Roof and walls", "屋顶漏、墙渗水、下雨漏、楼道掉灰", "物业、住建", "R", False),
    ("build_wall", "外墙脱落", "Falling facade", "墙皮掉、瓷砖掉、掉水泥块", "物业、住建", "X", False),
    ("build_rail", "扶手门窗", "Rails and windows", "扶手松了、栏杆断了、窗户关不上", "物业", "O", True),
    ("build_door", "单元门禁", "Entrance door", "单元门坏了、锁不上、门禁、对讲", "物业", "S", True),
    ("build_crack", "裂缝沉降", "Cracks", "墙裂了、裂缝、地往下沉", "住建", "X", False),
    ("safe_lift", "电梯故障", "Lift fault", "电梯坏了、电梯困人、老停、咯噔响", "物业、维保", "S", False),
    ("safe_newlift", "加装电梯", "New lift", "装电梯、爬不动楼、老人下不来", "业主、住建", "R", False),
    ("safe_fire", "消防设施", "Fire equipment", "灭火器过期、消防栓没水、烟感", "物业、消防", "O", False),
    ("safe_ebike", "电动车充电", "E-bike charging", "飞线充电、电瓶车上楼、充电桩不够", "物业、社区", "O", False),
    ("safe_theft", "治安", "Crime", "丢东西、小偷、没监控、谁都能进、没门岗", "派出所", "X", False),
    ("safe_drop", "高空抛物", "Things thrown down", "楼上扔东西、花盆要掉、高空坠物", "社区、派出所", "O", False),
    ("near_noise", "噪声扰民", "Noise", "楼上吵、广场舞、半夜施工、睡不着", "社区、派出所", "O", False),
    ("near_leak", "邻户漏水", "Leak from above", "楼上漏水、泡了我家、天花板滴水", "社区调解", "O", False),
    ("near_smoke", "油烟", "Kitchen fumes", "油烟、烧烤、饭馆味", "城管", "X", False),
    ("near_grab", "私占违建", "Grabbed space, green", "地锁、私搭、种菜、占绿地、违建", "城管", "X", False),
    ("near_row", "邻里家庭纠纷", "Disputes", "吵架、扯皮、闹矛盾", "调解委员会", "O", False),
    ("prop_fee", "物业收费", "Fees", "乱收费、物业费贵、账不清", "街道、物业", "O", False),
    ("prop_absent", "无人管理", "No management", "没人管、物业不管事、叫不来人", "街道、社区", "O", False),
    ("prop_fund", "维修资金", "Repair fund", "维修基金、钱去哪了、没钱修", "住建、业委会", "R", False),
    ("prop_board", "业委会", "Owners' committee", "没业委会、不开会、换人", "街道、社区", "R", False),
    ("fac_gym", "健身游乐", "Exercise, play", "器材坏了、滑梯断了、没处玩、没地方活动", "社区", "O", True),
    ("fac_seat", "座椅晾晒", "Seats, drying", "没地方坐、晒被子、晾衣架", "社区", "O", True),
    ("fac_parcel", "快递信箱", "Parcels, mail", "快递柜、信箱坏了、取件远", "物业", "O", True),
    ("fac_ramp", "无障碍", "Step-free access", "坡道、轮椅上不去、台阶高", "住建、残联", "R", False),
    ("fac_net", "通信", "Network", "没信号、网慢、宽带拉不进来", "通信公司", "X", False),
    ("help_errand", "跑腿代办", "Errands", "代取、帮买、不会用手机、打印", "志愿者", "S", True),
    ("help_repair", "家中小修", "Small repairs", "换灯泡、水龙头、门锁、纱窗", "志愿者、物业", "S", True),
    ("help_doctor", "看病用药", "Doctor, medicine", "拿药、挂号、量血压、上门看病", "社区卫生中心", "O", False),
    ("help_claim", "补贴证件", "Benefits, papers", "低保、残疾证、高龄补贴、社保", "社区、民政、人社", "O", False),
    ("help_job", "就业", "Work", "找工作、没活干、学技术", "人社", "X", False),
    ("help_child", "入学托管", "School, childcare", "放学没人管、上学、辅导", "社区、教育", "X", False),
    ("help_other", "其他", "Other", "别的、说不清", "社区", "O", False),
)

CATEGORIES: dict[str, Category] = {
    code: Category(code, zh, en, tuple(words.split("、")), tuple(units.split("、")), kind, small)
    for code, zh, en, words, units, kind, small in _TABLE
}


def kind_of(code: str) -> str:
    """Class of a category; `O` for one that is unknown here."""
    category = CATEGORIES.get(code)
    return category.kind if category else "O"


def is_small(code: str) -> bool:
    """Whether a category is a small thing (小切口)."""
    category = CATEGORIES.get(code)
    return category is not None and category.small


def by_word(word: str) -> str | None:
    """The code that a register's word stands for: the code itself, its Chinese or English name; `None` if none does."""
    wanted = word.strip().casefold()
    return _BY_NAME.get(wanted)


_BY_NAME: dict[str, str] = {
    name.casefold(): category.code
    for category in CATEGORIES.values()
    for name in (category.code, category.zh, category.en, *category.words)
}
