"""How residents say it: a first guess at a report's category, for the cadre to correct.

The categories' own words (the field handbook) decide where they stand in the text; else the first of these patterns,
which are general knowledge of what goes wrong in housing estates, the narrower ones before the wider.
"""

from __future__ import annotations

import re

from .categories import CATEGORIES

_STAIRS = "楼道|楼梯|单元|走廊|过道|门洞|楼栋|电梯厅|电梯间|上下楼|下楼|上楼|层"
_DARK = "灯|黑|不亮|照明"
PATTERNS: tuple[tuple[str, str], ...] = (
    ("clean_ad", r"小广告|广告.{0,4}(贴|喷|刷|糊)|(贴|喷|印|刷).{0,6}(广告|字|传单)|开锁"),
    ("fac_net", r"信号|宽带|网速|断网|没网|网络|光纤|手机.{0,6}(打不|没)"),
    ("safe_ebike", r"(电动车|电瓶|电单车|三轮).{0,12}(充|上楼|进楼|电梯|推进|停在?楼)|飞线.{0,4}充|充电(桩|棚|柜|口)|甩.{0,8}线|插线板.{0,8}(窗|楼|拖)"),
    ("light_wire", r"(电线|线缆|网线|电缆|明线|线).{0,8}(乱|垂|掉|拉|裸|破|耷拉|缠|露)|飞线|蜘蛛网|漏电"),
    ("light_power", r"停电|没电|跳闸|电压|电闸|保险丝|电表"),
    ("safe_newlift", r"(加装?|安装|想装|要装|装个|装部)电梯|没有?电梯"),
    ("light_stair", rf"({_STAIRS}).{{0,14}}({_DARK})|({_DARK}).{{0,8}}({_STAIRS})|楼[道梯]灯|声控|感应灯|灯泡"),
    ("light_yard", rf"路灯|灯杆|(院|小区|路|广场|步道|门口|车棚|地库|车库|木栈道|湖边).{{0,10}}({_DARK})|没有?灯|灯.{{0,6}}(坏|不亮|灭)"),
    ("safe_lift", r"电梯|电剃|困人|轿厢"),
    ("road_fire", r"(消防|救火|救护).{0,6}(通道|车|道).{0,10}(堵|占|停|进不)|(堵|占|停).{0,8}消防(通道|车道)"),
    ("safe_fire", r"消防|灭火|消火栓|烟感|防火门|喷淋|烧纸|火警|应急灯"),
    ("drain_cover", r"井盖|窨井|盖板|井.{0,6}(盖|没盖|敞)"),
    ("drain_sewage", r"粪|化粪|污水|脏水.{0,8}(冒|流|溢|漫)|冒.{0,6}(脏水|水)|外溢"),
    ("drain_flood", r"(下雨|暴雨|雨后|下完雨|雨水|雨天).{0,14}(淹|积|漫|退|灌|进水|不通|排)|积水|内涝|水.{0,4}没过|泡在水"),
    ("near_leak", r"(楼上|上面|天花|顶棚|隔壁|邻居).{0,12}(漏|滴|渗)|(漏|渗|泡).{0,8}(楼下|我家|我们家)"),
    ("drain_smell", r"(地漏|下水|厕所|卫生间|管道|洗手间).{0,10}(臭|味)|返味|返臭"),
    ("drain_block", r"(下水|马桶|厕所|管道|地漏|厨房|主管|排水).{0,12}(堵|返|反|不下|不通|溢|倒灌|慢)|返水|反水|疏通|下得慢"),
    ("water_heat", r"暖气|供暖|供热|地暖|暖管"),
    ("water_gas", r"燃气|煤气|天然气|液化气"),
    ("water_off", r"停水|没水|断水|不来水|没有水"),
    ("water_low", r"水压|水.{0,6}(细|小得|上不|不上|发黄|发黑|浑|有味|铁锈|不干净)|水质"),
    ("water_leak", r"(水管|管子|接头|阀门|水表|消防管|自来水).{0,12}(漏|爆|滴|崩|裂|冒|喷)|哗哗|跑水|滴水"),
    ("build_wall", r"(墙皮|瓷砖|外墙|墙面|水泥|砖|保温层|墙砖).{0,10}(掉|脱|落|鼓|砸)|掉.{0,4}(墙皮|瓷砖|水泥|砖)"),
    ("build_leak", r"(屋顶|楼顶|天台|房顶|外墙|山墙|墙|窗|阳台|房子|顶楼).{0,12}(漏|渗|湿|霉|返潮)|漏雨|渗水|掉灰"),
    ("build_crack", r"裂缝|裂|列縫|沉降|下沉|塌|危房|歪"),
    ("build_rail", r"扶手|栏杆|护栏|(楼道|楼梯|走廊).{0,6}窗|窗户.{0,6}(关不|掉|碎|坏)"),
    ("build_door", r"单元门|大门|门禁|对讲|门锁|防盗门|铁门|闭门器|刷卡|门.{0,6}(关不|锁不|敞|坏|打不开)"),
    ("clean_pile", r"(楼道|楼梯|走廊|过道|门口|公共).{0,14}(堆|杂物|破烂|纸箱|鞋柜|占)|杂物|纸壳|堆.{0,8}(东西|满)"),
    ("clean_debris", r"装修垃圾|建筑垃圾|渣土|砖头|沙石|(沙发|床垫|家具|柜子).{0,10}(扔|堆|没人|丢)"),
    ("clean_bin", r"垃圾|苍蝇|卫生.{0,6}(差|没人)|保洁|没人扫|脏"),
    ("clean_pest", r"老鼠|蟑螂|蚊|白蚁|虫|蛇|鼠"),
    ("safe_drop", r"(楼上|高空|天上|从天).{0,12}(扔|抛|掉|砸|泼|丢|降)|抛物|坠物|花盆|烟头|啤酒"),
    ("green_fall", r"(枯|死|老|大|歪).{0,3}树|树.{0,8}(倒|断|枯|死|歪)|掉树枝|枯枝"),
    ("green_branch", r"树.{0,10}(挡|遮|戳|伸|光|修|太密|太高)|修剪|树枝|树冠"),
    ("green_weed", r"草|绿化|绿地|花坛|草坪|草皮|灌木|荒"),
    ("green_pet", r"狗|猫|遛|宠物|犬"),
    ("near_grab", r"地锁|私搭|违建|搭(了|个|棚)|圈地|种菜|占.{0,6}(绿地|公共|院)|菜地|封(阳台|露台)"),
    ("road_dead", r"僵尸车|报废车|没人要的车|(车|面包车).{0,10}(几年|半年|一年|落灰|没动|没气)"),
    ("prop_fee", r"(物业费|停车费|车位费|水费|电费|收费|单价|公摊|涨价|费用)|乱收|涨.{0,4}费|账.{0,4}不清|代收"),
    ("road_park", r"停车|车位|乱停|堵.{0,4}(门|路|车)|占.{0,4}车位|地库|车库|外来车|没地(方|儿)停|挺车|三轮"),
    ("road_hole", r"(路|地面|地砖|台阶|人行道|沥青|水泥地|步道|跑道).{0,10}(坑|破|烂|松|翘|裂|塌|碎|不平|起皮|积|陷)|有坑|绊|坑洼|减速带"),
    ("fac_ramp", r"无障碍|坡道|轮椅|台阶.{0,4}高|婴儿车"),
    ("road_cross", r"公交|红绿灯|斑马线|过马路|人行横道|路口|马路"),
    ("near_noise", r"噪|吵|响|音乐|广场舞|施工|装修.{0,8}(早|晚|响|吵|中午)|睡不(着|好)|拖椅|喇叭|音响|狗叫"),
    ("near_smoke", r"油烟|烧烤|饭馆|餐馆|餐饮|抽烟机|烟味|饭店"),
    ("safe_theft", r"偷|丢了|小偷|撬|监控|摄像|门岗|保安|陌生人|治安|后门|谁都能进|推销"),
    ("near_row", r"吵架|打架|骂|矛盾|纠纷|闹|扯皮"),
    ("prop_fund", r"维修(基金|资金)|大修|公共收益"),
    ("prop_board", r"业委会|业主大会|业主委员会|开会"),
    ("fac_gym", r"健身|器材|滑梯|秋千|沙坑|儿童(乐园|设施)|篮球|乒乓|泳池|活动室|玩的地方"),
    ("fac_seat", r"坐|凳|椅|晾|晒|衣架|亭"),
    ("fac_parcel", r"快递|包裹|信箱|报箱|取件|外卖"),
    ("prop_absent", r"物业|没人管|没人理|管家|叫不来"),
    ("help_doctor", r"看病|拿药|买药|挂号|血压|医|住院|陪诊"),
    ("help_claim", r"低保|残疾证|补贴|补助|社保|医保|养老金|证|认证|户口"),
    ("help_job", r"找.{0,3}(工作|活)|失业|下岗|没活|学技术|就业"),
    ("help_child", r"孩子.{0,10}(没人|托|接|辅导|上学|入学)|放学|托管|幼儿园|学校"),
    ("help_repair", r"(水龙头|纱窗|灯管|插座|家里.{0,4}灯|门把手|合页|马桶盖|门锁).{0,8}"),
    ("help_errand", r"(代|帮).{0,4}(买|取|办|拿|跑)|跑腿|手机.{0,6}(不会|不懂)|打印"),
)  # fmt: skip
_COMPILED = tuple((code, re.compile(pattern)) for code, pattern in PATTERNS)
_WORDS = tuple((code, (category.zh, *category.words)) for code, category in CATEGORIES.items() if code != "help_other")


def guess(text: str) -> str:
    """The likeliest category of a report in a resident's words; empty where nothing tells."""
    best, weight = "", 0
    for code, words in _WORDS:
        held = sum(len(word) ** 2 for word in words if word in text)
        if held > weight:
            best, weight = code, held
    return best or next((code for code, pattern in _COMPILED if pattern.search(text)), "")
