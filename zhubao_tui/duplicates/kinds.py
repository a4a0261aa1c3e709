"""Kinds of trouble (类别): the app's codes and the words of registers, brought to one set of families."""

from __future__ import annotations

from functools import lru_cache

_FAMILIES = """
照明 light_stair light_yard 路灯 楼道灯
供电 light_power light_wire help_wire 停电 电力
供水 water_off water_low 水压 自来水
供气供暖 water_gas water_heat 燃气 供暖 暖气
排水 drain_block drain_sewage drain_cover drain_flood drain_smell 下水 污水 积水
房屋漏损 water_leak build_leak build_wall build_crack near_leak 漏水 房屋质量 房屋 外墙
环境卫生 clean_bin clean_debris clean_pest clean_ad 卫生 垃圾 保洁
消防 road_fire safe_fire safe_ebike clean_pile 消防安全 飞线充电 电动车 堆物
绿化 green_branch green_fall green_weed 树木
宠物 green_pet 养犬 犬 猫狗
道路交通 road_hole road_cross 道路 交通 出行
停车 road_park road_dead 车位
门禁安防 build_door safe_theft 门禁 安防 治安
电梯 safe_lift safe_newlift 加装电梯
高空抛物 safe_drop
噪音 near_noise 噪声 扰民
油烟 near_smoke 餐饮油烟
违建 near_grab 私搭乱建 违章
邻里 near_row help_other_neighbour 纠纷
物业 prop_fee prop_absent prop_fund prop_board 物业服务 业委会
公共设施 fac_gym fac_seat fac_parcel fac_ramp fac_net build_rail 设施 健身
教育 help_child 学校 幼儿园
民生 help_errand help_repair help_doctor help_claim help_job 社保 养老
拆迁规划 拆迁 规划
污染 环保
"""
_FAMILY = {word: line.split()[0] for line in _FAMILIES.strip().splitlines() for word in line.split()}
_WORDS = {"供电": ("供水供电",), "供水": ("供水供电",), "供气供暖": ("供水供电",), "供水供电": ("供水供电",)}
VAGUE = frozenset({"", "其他", "其它", "unknown", "未定", "help_other", "other", "不详", "无"})
"""Categories that say nothing."""


@lru_cache(maxsize=1000)
def family(category: str) -> str:
    """The family of a code or word; an unknown word is its own family, a vague one is empty."""
    name = category.strip().casefold()
    if name in VAGUE:
        return ""
    found = _FAMILY.get(name, name)
    return _WORDS.get(found, (found,))[0]
