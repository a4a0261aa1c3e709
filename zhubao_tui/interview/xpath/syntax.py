"""XPath as XForms write it: elementpath's XPath 1 grammar with the functions of ODK, parsed only, not evaluated.

What an expression means is JavaRosa's affair (`evaluate`); elementpath's own evaluation follows the W3C, which differs in
what an empty node compares to, in dates, and in which functions there are.
"""

from __future__ import annotations

import re
from typing import Any

from elementpath import ElementPathError, XPath1Parser

NAMES = [
    "abs",
    "acos",
    "area",
    "asin",
    "atan",
    "atan2",
    "base64-decode",
    "boolean",
    "boolean-from-string",
    "ceiling",
    "checklist",
    "coalesce",
    "concat",
    "contains",
    "cos",
    "count",
    "count-non-empty",
    "count-selected",
    "current",
    "date",
    "date-time",
    "decimal-date-time",
    "decimal-time",
    "depend",
    "digest",
    "distance",
    "ends-with",
    "exp",
    "exp10",
    "extract-signed",
    "false",
    "floor",
    "format-date",
    "format-date-time",
    "geofence",
    "id",
    "if",
    "indexed-repeat",
    "instance",
    "int",
    "intersects",
    "join",
    "last",
    "local-name",
    "log",
    "log10",
    "max",
    "min",
    "name",
    "namespace-uri",
    "normalize-space",
    "choice-name",
    "not",
    "now",
    "number",
    "once",
    "pi",
    "position",
    "pow",
    "property",
    "pulldata",
    "random",
    "randomize",
    "regex",
    "reverse",
    "round",
    "selected",
    "selected-all",
    "selected-at",
    "sin",
    "sqrt",
    "starts-with",
    "string",
    "string-length",
    "substr",
    "substring",
    "substring-after",
    "substring-before",
    "sum",
    "tan",
    "today",
    "translate",
    "true",
    "uuid",
    "version",
    "weighted-checklist",
]
"""Names that a parser must know as functions before it can read a call; which of them exist is judged later."""


class SyntaxFault(ValueError):
    """An expression can't be read."""


class FormPathParser(XPath1Parser):
    """XPath 1 with ODK's functions."""

    PATH_STEP_LABELS = (*XPath1Parser.PATH_STEP_LABELS, "function")  # current()/.., instance('x')/root

    def parse(self, source: str) -> Any:
        """Token tree of an expression, without elementpath's static evaluation."""
        if self.tokenizer is None:
            type(self).tokenizer = self.create_tokenizer(self.symbol_table)
        return super(XPath1Parser, self).parse(source)


for _name in NAMES:
    FormPathParser.symbol_table.pop(_name, None)  # any number of arguments: which are right is judged by `functions`
    FormPathParser.function(_name, nargs=(0, None))
for _operator in ("=", "!=", "<", ">", "<=", ">="):
    FormPathParser.symbol_table.pop(_operator)  # the W3C's grammar lets these be chained, elementpath does not
    FormPathParser.infix(_operator, bp=30)


_PREFIXED = re.compile(r"""('[^']*'|"[^"]*")|\bjr:(?=[\w-]+\s*\()""")
"""A function of JavaRosa's own namespace; string literals are passed over."""


_LITERAL = re.compile(r"""'[^']*'|"[^"]*\"""")
_EMPTY_ARGUMENT = re.compile(r"[(,]\s*,|,\s*\)")


def parse(expression: str) -> Any:
    """Token tree of an expression; raises `SyntaxFault`."""
    plain = _PREFIXED.sub(lambda match: match[1] or "", expression)
    if _EMPTY_ARGUMENT.search(_LITERAL.sub("''", plain)):
        raise SyntaxFault(expression)  # elementpath reads over a comma too many
    try:
        return FormPathParser().parse(plain)
    except (ElementPathError, ValueError, TypeError) as error:
        raise SyntaxFault(expression) from error
