"""`zhubao`, `python -m zhubao_tui`: sets what must be set before anything else is imported, then runs the commands."""

from __future__ import annotations

import gc
import os
import sys


def main() -> None:
    """Run the command line; stops with one sentence if `storage` or `screens` is another project's."""
    os.environ.setdefault(
        "TEXTUAL_DISABLE_KITTY_KEY", "1"
    )  # with that protocol five and more Han characters are garbled
    gc.set_threshold(100_000, 20, 20)  # a start makes much and throws little away
    import screens
    import storage

    for package in (screens, storage):
        if getattr(package, "OWNER", "") != "zhubao_tui":
            sys.exit(
                f"zhubao: the package {package.__name__!r} here is another project's. 这里的 {package.__name__} 不是 zhubao 的："
                "请按 README 在单独的虚拟环境里安装。"
            )
    try:
        from zhubao_tui.cli import run

        run()
    except KeyboardInterrupt:  # so early that nothing was begun
        sys.exit(1)


if __name__ == "__main__":
    main()
