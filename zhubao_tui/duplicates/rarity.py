"""How much a pair of neighbouring characters tells: rare pairs much, common ones little."""

from __future__ import annotations

import math
from collections.abc import Iterable

COMMON: dict[float, str] = {
    0.4: """
        没有 物业 影响 一个 扰民 公司 开发 发商 安全 情况 电梯 晚上 施工 时间 生活 10 什么 停车 建设 交房 周边 噪音 有人 进行
        附近 坏了 规划 房屋 非常 工作 开始 房子 环境 的一 老人 部门
    """,
    0.5: """
        经常 都是 门口 12 了一 垃圾 导致 就是 消防 购买 造成 人员 但是 作为 凌晨 地下 无法 正常 车位 道路 不到 休息 公共 居住
        早上 每天 没人 管理 质量 个月 也没 地方 安置 建筑 怎么 旁边 有一 楼下 经营 而且 通道 都不 23 也不 住在 何时 合理 因为
        孩子 小孩 时候 有限 漏水 经过 路的 这个 限公 隐患 45 一名 不能 业公 东路 为什 公交 发现 基本 大的 好几 存在 小学 星沙
        楼上 楼道 污染 由于 的车 相关 营业 车辆
    """,
    0.6: """
        00 2期 34 3期 一年 上班 不合 之前 人民 充电 全体 几年 出现 卫生 可以 城管 塘路 巨大 当时 收费 有的 楼梯 油烟 的人 的安
        的情 知道 线路 路与 路口 过去 这些 一点 下水 不知 交车 以来 元的 入住 具体 几个 到了 半夜 只有 响了 回复 国家 城市 天天
        工地 左右 开裂 得到 效果 整改 的地 的房 看到 绿灯 要求 违法 违规 通过 部分 需要 11 15 70 万科 下的 不了 不堪 中心 为了
        之后 交汇 人的 今年 以及 修建 停水 儿元 全隐 公示 出行 到晚 动车 后面 地铁 声音 大道 实在 小时 工扰 年了 幼儿 很多 所有
        水管 灯坏 电动 的生 红绿 这一 这么 通知 都没 里的 里面 门面 面的 餐饮
    """,
    0.75: """
        20 30 不去 不是 不管 业费 两个 两点 交通 人管 全部 公里 出来 发生 外墙 太大 安装 拆迁 持续 新区 是一 最近 来了 法入 湖路
        百姓 的公 直接 看不 窗户 维修 职能 能够 能部 装修 距离 路交 路段 车费 边的 还在 还是 马路 0元 0多 19 1期 一到 一套 一开
        万人 下车 不亮 不出 不来 不通 个大 中间 临街 么时 买了 事件 事情 云路 今天 位置 住宅 住改 健康 况下 出的 分钟 办法 动工
        半年 单元 占用 厨房 反对 反应 合同 合法 启动 国际 地产 夜间 大量 大门 如下 学校 安排 就不 属于 市场 广告 应该 往下 承诺
        报告 拆除 收取 改商 改造 是不 是否 晨两 未经 村民 标准 根本 梅溪 梯里 汇处 活动 深夜 渗水 渣土 溪湖 烧烤 特别 瓶车 甚至
        电瓶 的事 的出 的消 真的 空调 设施 设计 车库 近的 还有 还要 这样 这种 进不 通宵 都会 配套 面积 音扰 项目 麻将 50 6号 一条
        一次 一片 上不 不仅 不作 不得 不敢 不见 也是 了两 了吗 人在 人行 以上 以下 任何 保证 停在 先后 公元 其中 几乎 医院 协商
        南路 去了 去年 发展 口的 只能 台阶 号线 品房 唯一 商业 商品 商铺 噪声 土车 在此 堪言 增加 备案 夏天 天气 如今 如果 完全
        完成 实际 家里 将管 就有 就读 工程 带来 常休 常生 年来 建了 建成 开工 很大 成了 或者 才能 掉了 排放 断了 方案 无人 无果
        时能 普通 有几 有安 期的 核实 根据 楼房 涉嫌 灯不 烟道 现场 现象 玻璃 生了 生命 电线 电话 的停 的回 的影 的正 的水 的电
        的规 的路 的道 监督 睡不 私自 积水 管道 结果 苦不 菜的 行道 衣服 裂了 裂缝 西路 规定 该是 调查 责任 货车 费用 起来 路和
        路线 路路 车停 车充 车的 车进 运行 近一 还不 还没 进出 速路 道的 金科 长的 阳台 隔音 雨天 雨就 需求 飞线 验收 高新 06
        08 14 16 17 18 22 24 2个 2号 3号 4期 5号 5年 9号 9年 一公 一天 一家 一身 三天 三次 上楼 上没 上看 下停 下来 下雨 下面
        不上 不停 不够 不明 不给 不行 不让 不起 业和 业管 两年 个小 个红 主管 主要 之久 买房 买的 买车 乱差 了1 了楼 事宜 产安
        人从 人身 仍然 从未 代表 价格 住人 住房 作人 使用 供水 依据 依法 保安 保障 停止 停电 元西 元路 入睡 全是 公布 公开 公路
        关职 其他 内的 几十 出入 到凌 前面 剩下 办事 劳动 区域 十二 十几 单位 南面 危险 原因 反馈 取得 受到 各种 吆喝 同意 向您
        否有 周围 和开 响到 响周 困人 困扰 在这 地库 地板 地漏 圾站 堵了 墙上 墙体 声控 外面 多年 夜宵 夜施 大半 大厦 大声 大学
        大家 天晚 天花 威胁 子多 学生 学的 家住 对面 封闭 将会 就在 就开 就算 工以 差点 常大 平台 年之 年多 年时 底商 开了 开元
        开区 开放 开设 强制 征地 得人 快递 快速 所以 打1 报警 按照 控灯 擅自 收到 收房 改建 故障 教育 整个 文件 新村 方便 无故
        无证 是有 是用 有2 有个 有关 有很 期待 期间 本上 本来 来车 架空 查看 栋楼 栏杆 样的 楼栋 楼的 楼顶 此事 每晚 每次 水公
        水沟 水表 没办 法经 滨江 点半 点就 烟直 然后 现有 理解 生间 电的 的不 的声 的就 的工 的建 的时 的是 的经 直排 福元 空层
        竣工 答复 管一 线充 经开 经济 继续 综合 绿化 置业 考虑 脏乱 自己 臭气 花板 范围 蚊子 行为 要的 要等 计划 设置 证经 负责
        财产 走了 走廊 路一 路上 路公 路灯 跳闸 身安 车场 过道 近期 这是 这条 这边 进去 进水 违建 违章 迟迟 那么 都有 重要 销售
        门的 防通 限制 雨水 青山 非法 面有 高速
    """,
}
"""Weights of the pairs that stand in at least 5, 3, 2 and 1 of 100 troubles, counted over 359 troubles of two sets of reports.

Any other pair weighs 1. A table rather than the counts of the reports at hand, so that a score is the same everywhere.
"""
_WEIGHT = {pair: weight for weight, table in COMMON.items() for pair in table.split()}


def pairs(words: Iterable[str]) -> set[str]:
    """Pairs of neighbouring characters, across no break."""
    return {word[i : i + 2] for word in words for i in range(len(word) - 1)}


def weights(words: Iterable[str]) -> dict[str, float]:
    """The pairs of a text, each with its weight, in the order of the pairs."""
    return {pair: _WEIGHT.get(pair, 1.0) for pair in sorted(pairs(words))}


def length(weighted: dict[str, float]) -> float:
    """Length of a text as a vector of pairs."""
    return math.sqrt(sum(weight * weight for weight in weighted.values()))
