"""A sentence for every error that is ours: what went wrong, and what to do."""

from __future__ import annotations

from storage import errors
from zhubao_tui.border import clean, short
from zhubao_tui.i18n import N_, _

from . import wording
from .errors import (
    AddressTaken,
    AnswersUnusable,
    BadAddress,
    ColumnsMissing,
    CountsOnly,
    DraftUnusable,
    IncompleteReport,
    MoveRefused,
    NoPage,
    NoPagesFolder,
    NoSuchFolder,
    NotAgreed,
    NotCarried,
    NotTheirCode,
    NumberTwice,
    OtherPages,
    PagesAhead,
    PagesNotWhole,
    PagesOlder,
    PagesUnsigned,
    PartlyTaken,
    PassphraseTaken,
    TableUnreadable,
    TooSoon,
    UnknownCase,
)
from .exchanging import NothingToJoin, SeveralCommunities
from .survey import UnknownDoor, UnknownOutcome
from .workspace import (
    HalfFounded,
    HalfJoined,
    KeysNotHere,
    NobodyChosen,
    NotLetIn,
    ShutOut,
    SomebodyElse,
    UnknownPerson,
)

_SAVING = {
    "full": N_("磁盘满了，“{name}”没有存进去；之前存的都在。请腾出空间，再按一次同样的键。"),
    "read_only": N_("“{name}”所在的地方不能写，没有存进去；之前存的都在。请检查权限或换一个地方。"),
    "busy": N_("“{name}”正被别的程序占用，没有存进去；之前存的都在。请关掉它再试一次。"),
    "disk": N_("磁盘出错，“{name}”没有存进去；之前存的都在。请换一个磁盘，或交换后再试。"),
}
_MEDIA = {
    "missing": N_("没有这个附件：{name}。请检查名字和位置；别人附的，等交换时传来。"),
    "unreadable": N_("{name} 读不了。请检查它，或换一份。"),
    "empty": N_("{name} 是空的，没有附上。"),
    "too_large": N_("{name} 超过 20 MB，没有附上。请先缩小，或只附要紧的一张。"),
    "locked": N_("附件 {name} 是用别的钥匙加密的，这里打不开。"),
    "harmed": N_("附件 {name} 已损坏，放进了 quarantine；和有好文件的文件夹交换一次就会补上。"),
    "erased": N_("附件 {name} 已经删除，不能再用。"),
    "place_inside": N_("{name} 这种文件里可能带着拍摄地点，去不掉，没有附上。请先转成 JPEG 再附。"),
    "no_picture": N_("{name} 看着是照片，却打不开，没有附上。请重新导出一份。"),
}
_LEAD_ONLY = frozenset({"publish", "settings"})
"""Moves without a record that somebody else could accept."""
_INCOMPLETE = {
    "words": N_("原话要写两个字以上、两千字以内。"),
    "category": N_("请选一个类别。"),
    "place": N_("请选在哪里。"),
    "urgency": N_("请选有多急。"),
    "remark": N_("备注不能超过两千字。"),
}
_TABLES = {
    "missing": N_("没有这个文件：{name}。请检查名字和位置。"),
    "kind": N_("{name} 不是 csv 或 xlsx 表格。请在表格软件里另存为 xlsx 或 csv（UTF-8）再导入。"),
    "encoding": N_("{name} 的文字编码认不出来。请另存为 xlsx 或 csv（UTF-8）再导入。"),
    "quotes": N_("{name} 第 {row} 行的引号没有配成对，后面的会读错。没有导入任何一行；请改好，或另存为 xlsx 再导入。"),
    "damaged": N_("{name} 已损坏，读不了。请重新导出一份。"),
    "empty": N_("{name} 是空的，没有表头。"),
    "too_large": N_("{name} 超过 64 MB。请分成几个文件导入。"),
}
_SENTENCES: tuple[tuple[type[Exception], str], ...] = (
    (errors.NotAWorkspace, N_("“{name}”不是工作区。新建用 zhubao init，加入用 zhubao join，先看看用 zhubao demo。")),
    (errors.WorkspaceExists, N_("“{name}”里已经有东西了。请换一个空文件夹，或直接打开它。")),
    (errors.ReadOnlyStore, N_("工作区“{name}”现在只能看：另一个程序正开着它，或文件夹不能写。")),
    (
        errors.NoExchangeFolder,
        N_("“{name}”是工作区或文件，不能当交换文件夹。请写 U 盘、共享盘上另外一个文件夹。"),
    ),
    (errors.OtherCommunity, N_("“{name}”是别的社区的，没有动它。请换一个文件夹。")),
    (
        errors.ExchangeNotThere,
        N_(
            "找不到交换文件夹“{name}”：U 盘没插好，路径写错，或里面的标记文件不见了。插好再试；"
            "确实要在这里重新开始，先建好上一级文件夹，再加 --new。"
        ),
    ),
    (NobodyChosen, N_("还没有说是谁在用。请先选名字（命令行用 --name 和 --role）。")),
    (UnknownPerson, N_("没有登记过叫“{what}”的人。请用 --role 说明角色：cadre、group_lead、team_lead 或 observer。")),
    (errors.WrongPassphrase, N_("口令不对（或恢复码抄错了）。请再写一遍；连错几次，要等的时间会越来越长。")),
    (
        errors.NoKeysHere,
        N_(
            "这台电脑上没有任何人的钥匙。新建或加入没做完的，再运行一次 zhubao init 或 zhubao join；"
            "否则用恢复码 zhubao recover，或用 zhubao rejoin 申请，请队长放行。"
        ),
    ),
    (PassphraseTaken, N_("这个口令在这台电脑上已经有钥匙在用，分不清是谁。请换一个口令。")),
    (
        KeysNotHere,
        N_(
            "这台电脑上的记录文件坏了或缺了，团队钥匙在里面，眼下打不开。先别新建，也别重新加入：插上有完好副本的 U 盘或共享盘，"
            "运行 zhubao exchange 文件夹，会自动补好。"
        ),
    ),
    (HalfJoined, N_("加入没有做完。请再运行一次同样的 zhubao join。")),
    (HalfFounded, N_("这个社区没有建完。请在同一个位置再运行一次 zhubao init。")),
    (errors.WeakPassphrase, N_("口令太短，至少要 {least} 个字符。几个不相干的词连在一起，好记又难猜。")),
    (errors.KeysUnreadable, N_("钥匙文件“{name}”坏了，打不开。请用恢复码 zhubao recover，或重新加入、请队长放行。")),
    (
        errors.Locked,
        N_("工作区“{name}”是加密的，要先用口令解锁；已经解锁还这样，就是队长停用了这台电脑的钥匙，这里只能看旧的。"),
    ),
    (TooSoon, N_("口令错了几次，请等 {seconds} 秒再试。")),
    (
        NotLetIn,
        N_(
            "队长还没有放行这台电脑。请把指纹念给队长核对：{fingerprint}。"
            "队长放行并交换以后，在这里再交换一次（zhubao exchange）就能用了。"
        ),
    ),
    (
        NotCarried,
        N_(
            "申请在这台电脑上，还没有写到交换文件夹：那里满了或不能写。请换一个能写的，运行 zhubao exchange 文件夹；"
            "指纹用 zhubao fingerprint 看。"
        ),
    ),
    (NotTheirCode, N_("这个恢复码不是现在这个社区在用的：可能换过新的，或是别的社区的。请找最近抄的那一张。")),
    (
        ShutOut,
        N_("队长停用了您在这台电脑上的钥匙，写了也不算数，所以没有写。要再用，请请求重新放行：zhubao rejoin。"),
    ),
    (SomebodyElse, N_("这个工作区是加密的，谁的口令打开就是谁。换人请退出，用自己的口令再打开。")),
    (errors.NotPlainData, N_("里面有存不了的字符，没有存进去。请改掉它再来。")),
    (
        NotAgreed,
        N_("这户没有同意登记，不能记成它说的。请先在访谈里征得同意；没有同意就记成新问题，只记地点。"),
    ),
    (CountsOnly, N_("观察员只看数字，不看具体的事：zhubao today。")),
    (NoSuchFolder, N_("没有“{name}”这个文件夹，或这个名字已经是文件夹。请换一个位置。")),
    (UnknownCase, N_("没有找到办件“{what}”。请核对号码；多个数字错一个也查不到。")),
    (UnknownDoor, N_("没有找到门牌“{what}”，或不止一个。请写全，例如 祥和苑/3-2-501。")),
    (UnknownOutcome, N_("没有“{what}”这种走访结果。")),
    (DraftUnusable, N_("这份没访完的问卷打不开（{what}）。它原样留着；可以重新访一次。")),
    (AnswersUnusable, N_("答案文件里的“{name}”不能用（{why}）。什么都没有写进去；请改好再来。")),
    (
        PartlyTaken,
        N_(
            "答案没有全部写进去，已经记下的问题也没能撤掉（磁盘满了，或别人已经办了）。没访完的问卷留在今日里，打开接着问。"
        ),
    ),
    (NoPage, N_("这户没有同意要办件页，没有给码。请先在访谈里征得同意。")),
    (NoPagesFolder, N_("“{name}”不是办件页的文件夹：里面有别的东西，或上一级文件夹不在。请写一个新的空文件夹。")),
    (OtherPages, N_("“{name}”里是别的社区的办件页，没有动它。请换一个文件夹。")),
    (PagesAhead, N_("“{name}”里的办件页用到了这台电脑还没有的记录，没有动它。请先交换，再发布。")),
    (PagesNotWhole, N_("“{name}”没有拷全，或路上被改过，没有用它。请重新拷一份。")),
    (PagesUnsigned, N_("“{name}”没有这个社区现任队长的签名，没有用它。请先交换；还是这样，就请队长重新发布。")),
    (PagesOlder, N_("“{name}”比那边已有的办件页旧，没有用它。")),
    (
        BadAddress,
        N_("办件页网址只能有字母、数字、横线和点：https://host/path。请队长用 zhubao settings --base-url 改。"),
    ),
    (AddressTaken, N_("{name} 用不了：多半是别的程序占着，或这台电脑没有这个地址。请换一个端口或地址。")),
    (NothingToJoin, N_("文件夹“{what}”里没有任何社区的记录。请先在第一台电脑上交换到这个文件夹。")),
    (SeveralCommunities, N_("文件夹“{what}”里有不止一个社区的记录。请分开放。")),
)


def sentence(error: Exception) -> str | None:
    """What went wrong and what to do, for every error that is ours; `None` for one that is not."""
    for kind, words in _SENTENCES:
        if isinstance(error, kind) and not isinstance(error, NumberTwice):
            return _(words).format(
                **{name: short(str(value)) for name, value in vars(error).items()}, what=short(str(error))
            )
    if isinstance(error, NumberTwice):
        return _("办件号 {name} 现在有 {count} 件，请用编号（id）：{ids}").format(
            name=short(error.name), count=error.count, ids=" ".join(map(clean, error.issues))
        )
    if isinstance(error, errors.SaveFailed):
        return _(_SAVING[error.reason]).format(name=clean(error.name))
    if isinstance(error, errors.MediaUnusable):
        return _(_MEDIA[error.reason]).format(name=short(error.name))
    if isinstance(error, errors.JournalUnreadable):
        return _("文件“{name}”{what}。").format(
            name=clean(error.name), what=_(wording.TROUBLES.get(error.reason, "读不了"))
        )
    if isinstance(error, MoveRefused):
        only = error.reason == "not_allowed" and error.move in _LEAD_ONLY
        reason = "lead_only" if only else error.reason
        why = _(wording.REASONS[reason])
        if error.field in wording.FIELDS:
            why += _("：{field}").format(field=_(wording.FIELDS[error.field]))
        return _("{move}没有生效：{reason}。").format(move=_(wording.MOVES.get(error.move, error.move)), reason=why)
    if isinstance(error, IncompleteReport):
        return _(_INCOMPLETE[error.field])
    if isinstance(error, TableUnreadable):
        return _(_TABLES[error.reason]).format(name=short(error.name), row=error.row)
    if isinstance(error, ColumnsMissing):
        return _("缺少这些列：{missing}。文件里有：{found}。请按手册改好表头再导入；没有导入任何一行。").format(
            missing="、".join(_(wording.COLUMNS[name]) for name in error.missing),
            found=short("、".join(error.found), 200) or "-",
        )
    return None
