"""What people say beside the matter: politeness, address, how long it has been told and to whom."""

from __future__ import annotations

import re

from .normal import fold_sounds

_ASIDES = """
说了也没人听 能不能帮忙问问 帮忙问问 麻烦尽快处理 麻烦你们管管 希望给个说法 给个说法 拖了好久 拖了很久 说了好多回 说过好多次 跟物业说过
打过电话 登记了 没有消息 没消息 踢皮球 来回推 修好没几天又这样 不是第1回 不是第一次 邻居们都有意见 大家都有意见 楼上楼下几家都这样
打市民热线 市民热线 交了钱 就应该有个说法 我是租房的 住了十几年 从来没这样 越来越严重 需要的话 拍了照片 可以现场来看看 来看看
真的很不方便 不方便 腿脚不好 老两口 家里有老人小孩 老人小孩 八十多岁的老人 别的小区 上班不在家 晚上打我电话 愿意配合 协调一下 出面协调
社区同志你好 社区同志 同志你好 师傅 到底谁管 谁来管 拜托了 谢谢 哎呀 辛苦了 辛苦你们
尊敬的 敬爱的 各位领导 领导 书记 市长 局长 县长 区长 您好 你好 感谢 百忙之中 谢谢您 盼复 为盼 此致 敬礼 为人民服务
我是 我们是 本人是 本人 业主 居民 住户 市民 群众 老百姓 反映 投诉 举报 请求 恳请 恳求 希望 盼望 咨询 建议 质疑
有关部门 相关部门 相关领导 政府 主管部门
请问 关于 问题 强烈要求 强烈 麻烦 解决 处理 尽快 一下 社区 小区 位于 再次 能不能 帮忙 请 街道 楼盘 我家 我们 严重
给市长 热线 多次 至今 一直 长期 到现在 已经 目前 现在 没有人管 说过 好久了 物业说 打电话 西地省
"""
_ASIDE = re.compile("|".join(map(re.escape, sorted(map(fold_sounds, _ASIDES.split()), key=len, reverse=True))))


def without_asides(text: str) -> str:
    """A normalised text without what is only politeness, breaks in its stead."""
    return _ASIDE.sub("，", text)
