"""Merge requests for measuring: code-like text in several languages, with planted lines, the same for the same seed."""

import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

_WORDS = [
    "order",
    "invoice",
    "customer",
    "basket",
    "price",
    "stock",
    "ledger",
    "shipment",
    "refund",
    "coupon",
    "session",
    "token",
    "account",
    "address",
    "payment",
    "balance",
    "region",
    "carrier",
    "parcel",
    "ticket",
    "report",
    "cache",
    "buffer",
    "window",
    "cursor",
    "page",
    "filter",
    "query",
    "batch",
    "worker",
    "retry",
    "lease",
    "signal",
    "channel",
    "policy",
    "budget",
    "quota",
    "usage",
    "metric",
    "trace",
    "sample",
    "label",
    "branch",
    "commit",
    "review",
    "comment",
    "thread",
    "draft",
]
_VERBS = [
    "load",
    "store",
    "merge",
    "apply",
    "check",
    "build",
    "parse",
    "render",
    "update",
    "remove",
    "collect",
    "resolve",
    "notify",
    "charge",
    "reserve",
]
_REMARK = " the {a} comes before its {b}"
_SEVERITIES = ("critical", "warning", "suggestion")


@dataclass(frozen=True)
class Language:
    """How a file of a language is written. `{a}` `{b}` `{c}` are names, `{n}` a number, `{f}` a function."""

    suffix: str
    comment: str
    top: Sequence[str]
    opening: Sequence[str]
    statements: Sequence[str]
    blocks: Sequence[str]  # of several lines, without the statements' indentation
    closing: Sequence[str]
    camel: bool = False
    wrap: tuple[Sequence[str], Sequence[str]] = ((), ())  # around all functions


LANGUAGES = (
    Language(
        "py",
        "#",
        ("from dataclasses import dataclass", "", "from shop.{a} import {b}_of", ""),
        ("", "def {f}({a}: int, {b}: str, limit: int = {n}) -> list[str]:", '    """Return the {a} of each {b}."""'),
        (
            "    {a} = {b}.get({c}_id, {n})",
            "    if {a} > limit and not {b}.closed: raise ValueError(f'{a} {{{b}}} is over {n}')",
            "    {a}_total += {b}.amount * {n}",
            "    rows = [row.{a} for row in {b}.{c}s if row.{c} is not None]",
            "    logger.info('{a}.{b}', count=len({c}s), seconds={n})",
            "    {b}.append({c}_of({a}, limit={n}))",
            "    {c} = None if {a} is None else {a}.{b}[{n}:]",
        ),
        (
            "for {a} in {b}s:\n    if {a}.{c}:\n        continue\n    total += {a}.{b}\n",
            "try:\n    {a} = {b}.{f}({n})\nexcept KeyError:\n    return []\n",
            "if not {a}:\n    return []\nelse:\n    {a}.pop()",
        ),
        ("    return sorted(rows)",),
    ),
    Language(
        "ts",
        "//",
        ("import {{ {a}Of }} from '../lib/{a}';", "import type {{ {B} }} from './types';", ""),
        ("", "export async function {f}({a}: {B}, limit = {n}): Promise<number> {{"),
        (
            "  const {a} = await this.{b}Store.find({{ id: {c}Id, limit: {n} }});",
            "  if ({a}.length === 0 || {b} === undefined) {{ return {n}; }}",
            "  {a}.forEach((item) => total += item.{b} * {n});",
            "  this.logger.debug(`{a} ${{{b}.id}} took {n} ms`);",
            "  const {c}s = {a}.items.filter((one) => one.{b} !== null).map((one) => one.{c});",
            "  await Promise.all({c}s.map((one) => this.{a}Client.send(one, {n})));",
        ),
        (
            "for (const {a} of {b}s) {{\n  if (!{a}.{c}) {{\n    continue;\n  }}\n  total += {a}.{c};\n}}\n",
            "try {{\n  await this.{f}({a});\n}} catch (error) {{\n  return 0;\n}}",
            "const {a} = {{\n  {b}: {n},\n  {c}: null,\n}};\n",
        ),
        ("  return total;", "}}"),
        camel=True,
    ),
    Language(
        "go",
        "//",
        ("package {a}", "", 'import "context"', ""),
        ("", "func (s *Service) {F}(ctx context.Context, {a} int, {b} string) (int, error) {{"),
        (
            "\t{a}, err := s.{b}.Find(ctx, {c}ID, {n})",
            "\tif err != nil {{ return 0, err }}",
            "\tif len({b}) > {n} {{ {a} += {n} }}",
            "\tfor _, one := range s.{b}s {{ {a} += one.{c} * {n} }}",
            '\ts.log.Info("{a} {b}", "count", {n})',
            "\ts.{c}[{b}] = append(s.{c}[{b}], {a})",
        ),
        (
            "if err != nil {{\n\treturn 0, err\n}}\n",
            "for _, {a} := range {b}s {{\n\tif {a} == nil {{\n\t\tcontinue\n\t}}\n\ttotal++\n}}",
            "defer func() {{\n\ts.{a}.Close()\n}}()\n",
        ),
        ("\treturn {a}, nil", "}}"),
        camel=True,
    ),
    Language(
        "java",
        "//",
        ("package com.shop.{a};", "", "import java.util.List;", ""),
        ("", "    public List<{B}> {f}(final {B} {a}, final int limit) {{"),
        (
            "        final var {a} = {b}Repository.findById({c}Id).orElseThrow();",
            "        if ({a}.get{B}() == null || limit > {n}) {{ return List.of(); }}",
            "        total = total.add({a}.get{B}().multiply(BigDecimal.valueOf({n})));",
            '        log.debug("{a} {{}} has {{}} {b}s", {c}, {n});',
            "        {a}.set{B}({b}.stream().filter(one -> one.size() > {n}).toList());",
        ),
        (
            "for (final {B} {a} : {b}s) {{\n    if ({a}.isEmpty()) {{\n        continue;\n    }}\n    total++;\n}}\n",
            "if ({a} == null) {{\n    return List.of();\n}}\n",
            "try {{\n    this.{f}({n});\n}} catch (IOException error) {{\n    throw new {B}Failed(error);\n}}",
        ),
        ("        return {a}.get{B}s();", "    }}"),
        camel=True,
        wrap=(("public final class {B}Service {{",), ("}}",)),
    ),
    Language(
        "rb",
        "#",
        ("require 'set'", ""),
        ("", "def {f}({a}, {b}, limit: {n})"),
        (
            "  {a} = {b}.fetch(:{c}, {n})",
            "  raise ArgumentError, '{a} is over {n}' if {a}.size > limit",
            "  {b}s.each {{ |one| total += one.{c} * {n} }}",
            '  Rails.logger.info("{a} #{{{b}.id}}")',
            "  {c}s << {a}.map(&:{b}).compact.first({n})",
        ),
        (
            "{a}s.each do |one|\n  next if one.{b}.nil?\n\n  total += one.{c}\nend\n",
            "if {a}.empty?\n  return []\nelse\n  {b}.clear\nend",
            "unless {a}\n  raise '{b}'\nend\n",
        ),
        ("  {a}", "end"),
    ),
    Language(
        "sql",
        "--",
        ("SET search_path TO shop;", ""),
        ("", "CREATE VIEW {f} AS SELECT {a}.id, {b}.name"),
        (
            "    , {a}.{b}_{c} * {n} AS {c}_total",
            "    , COALESCE({b}.{c}, {n}) AS {a}_{c}",
            "    , SUM({a}.{c}) OVER (PARTITION BY {b}.{c} ORDER BY {a}.created_at) AS running_{b}",
            "    , CASE WHEN {a}.{b} > {n} THEN 'high' ELSE 'low' END AS {a}_{b}_class",
        ),
        (
            "-- {a} by {b}\n, {a}.id AS {a}_id\n, {b}.id",
            ", (\n    SELECT MAX({c})\n    FROM {b}\n  ) AS {c}",
        ),
        ("  FROM {a} JOIN {b} ON {b}.id = {a}.{b}_id WHERE {a}.{c} > {n};",),
    ),
    Language(
        "yaml",
        "#",
        ("version: {n}", ""),
        ("", "{f}_{n}:", "  image: registry.example.com/{a}:{n}"),
        (
            "  {a}_{b}: {n}",
            "  {b}_url: https://{a}.example.com/{c}/{n}",
            "  {c}s: [{a}, {b}, {c}]",
            "  {a}_{c}_seconds: {n}",
        ),
        (
            "{a}:\n  - {b}\n  - {c}\n",
            "{b}:\n  {a}: true\n  {c}: {n}",
        ),
        ("  enabled: true",),
    ),
    Language(
        "scss",
        "//",
        ("@import '{a}';", ""),
        ("", ".{f}-{a} {{"),
        (
            "  --{a}-{b}: {n}px;",
            "  margin: {n}px auto calc(var(--{c}) * {n});",
            "  grid-template-areas: '{a} {b}' '{c} {c}';",
            "  transition: {n}ms ease-in-out;",
        ),
        (
            "&:hover {{\n  color: red;\n}}\n",
            "{a} {{\n  margin: 0;\n  padding: {n}px;\n}}\n",
        ),
        ("}}",),
    ),
)


@dataclass(frozen=True)
class Plant:
    """A line that a reviewer is to find. `sign`: what it is in the diff."""

    path: str
    sign: str
    text: str
    title: str


@dataclass
class Change:
    """A merge request's content: all files before and the changed files after. `changed` counts added and removed."""

    base: dict[str, str] = field(default_factory=dict)
    head: dict[str, str] = field(default_factory=dict)
    plants: list[Plant] = field(default_factory=list)
    changed: int = 0


@dataclass(frozen=True)
class Order:
    """What to make. `plants` of them lie evenly over all changed lines; their signs take turns."""

    files: int
    lines: int
    plants: int = 0
    signs: str = "+"
    seed: int = 1
    folder: str = "app"


def make(order: Order) -> Change:
    """A third of the files is new, the others are edited in several places."""
    rng = random.Random(order.seed)
    change = Change()
    planted = _spread(order)
    for number in range(order.files):
        language = LANGUAGES[number % len(LANGUAGES)]
        folder = f"{order.folder}/{_WORDS[number // 7 % len(_WORDS)]}"
        path = f"{folder}/{_VERBS[number % len(_VERBS)]}_{rng.choice(_WORDS)}_{number:03d}.{language.suffix}"
        quota = max(1, order.lines * (number + 1) // order.files - change.changed)
        writer = _Writer(rng, language, path, planted[number])
        script = list(writer.new(quota) if number % 3 == 2 else writer.edited(quota))
        old = [text for sign, text in script if sign != "+"]
        if old:
            change.base[path] = _text(old)
        change.head[path] = _text([text for sign, text in script if sign != "-"])
        change.plants += writer.done
        change.changed += sum(sign != " " for sign, _ in script)
    return change


def _text(lines: Sequence[str]) -> str:
    return "\n".join(lines) + "\n"


def _spread(order: Order) -> list[list[tuple[int, str]]]:
    """Per file the (number, sign) of its planted lines. New files only have added lines."""
    planted: list[list[tuple[int, str]]] = [[] for _ in range(order.files)]
    for number in range(order.plants):
        file = number * order.files // order.plants if order.plants <= order.files else number % order.files
        sign = "+" if file % 3 == 2 else order.signs[number % len(order.signs)]
        planted[file].append((number, sign))
    return planted


class _Writer:
    """Writes one file as (sign, text) lines."""

    def __init__(self, rng: random.Random, language: Language, path: str, planted: Sequence[tuple[int, str]]) -> None:
        self._rng = rng
        self._language = language
        self._path = path
        self._waiting = list(planted)
        self.done: list[Plant] = []

    def new(self, quota: int) -> Iterator[tuple[str, str]]:
        written = 0
        for text in self._frame(0):
            written += 1
            yield "+", text
        while written < quota or self._waiting:
            for group in self._function(self._rng.randint(3, 9)):
                if self._due(written, quota):
                    yield self._plant("+")
                    written += 1
                for text in group:
                    yield "+", text
                    written += 1
        for text in self._frame(1):
            yield "+", text

    def edited(self, quota: int) -> Iterator[tuple[str, str]]:
        """Functions that stay, between them functions in which a few statements give way to others, or new ones."""
        changed = 0
        for text in self._frame(0):
            yield " ", text
        while changed < quota or self._waiting:
            for sign, text in self._signed(" ", self._function(self._rng.randint(2, 10))):
                yield sign, text
            for sign, text in self._changed_function(changed, quota):
                changed += sign != " "
                yield sign, text
        for text in self._frame(1):
            yield " ", text

    def _changed_function(self, changed: int, quota: int) -> Iterator[tuple[str, str]]:
        groups = list(self._function(self._rng.randint(5, 9)))
        whole = self._rng.random() < 0.3
        first = 0 if whole else self._rng.randint(2, 4)
        last = len(groups) if whole else min(len(groups) - 1, first + self._rng.randint(1, 4))
        for index, group in enumerate(groups):
            if not first <= index < last:
                yield from self._signed(" ", [group])
                continue
            if not whole:
                yield from self._signed("-", [group])
                changed += len(group)
            if self._due(changed, quota):
                yield self._plant(self._waiting[0][1])
            if whole or self._rng.random() < 0.9:
                group = group if whole else self._group()
                yield from self._signed("+", [group])
                changed += len(group)

    @staticmethod
    def _signed(sign: str, groups: Iterable[Sequence[str]]) -> Iterator[tuple[str, str]]:
        return ((sign, text) for group in groups for text in group)

    def _due(self, written: int, quota: int) -> bool:
        """Whether the next planted line's turn has come: they lie evenly over the file's changed lines."""
        if not self._waiting:
            return False
        all_ = len(self._waiting) + len(self.done)
        return written >= quota * (len(self.done) + 0.5) / (all_ + 0.5)

    def _plant(self, sign: str) -> tuple[str, str]:
        number, _ = self._waiting.pop(0)
        severity = _SEVERITIES[number % 3]
        title = f"{self._name()} {number:05d} is wrong"
        text = f"{self._statement()}  {self._language.comment} PLANT({severity}): {title}"
        self.done.append(Plant(self._path, sign, text, title))
        return sign, text

    def _frame(self, end: int) -> Iterator[str]:
        first = [*self._language.top, *self._language.wrap[0]] if end == 0 else self._language.wrap[1]
        for line in first:
            yield self._filled(line)

    def _function(self, statements: int) -> Iterator[list[str]]:
        """Its parts that stay together: the opening lines, each statement, the closing lines."""
        yield [self._filled(line) for line in self._language.opening]
        for _ in range(statements):
            yield self._group()
        yield [self._filled(line) for line in self._language.closing]

    def _group(self) -> list[str]:
        """A statement, every eighth time one of several lines, sometimes a blank line or a remark before it."""
        kind = self._rng.random()
        lines = (
            [""]
            if kind < 0.1
            else [self._filled(self._indent + self._language.comment + _REMARK)]
            if kind < 0.2
            else []
        )
        if self._rng.random() < 0.12:
            block = self._filled(self._rng.choice(self._language.blocks))
            return lines + [self._indent + line if line else "" for line in block.split("\n")]
        return [*lines, self._statement()]

    @property
    def _indent(self) -> str:
        line = self._language.statements[0]
        return line[: len(line) - len(line.lstrip())]

    def _statement(self) -> str:
        return self._filled(self._rng.choice(self._language.statements))

    def _filled(self, template: str) -> str:
        name, b = self._name(), self._rng.choice(_WORDS)
        function = f"{self._rng.choice(_VERBS)}_{name}"
        if self._language.camel:
            function = function.title().replace("_", "")
            function = function[0].lower() + function[1:]
        return template.format(
            a=name if not self._language.camel else name.replace("_", ""),
            b=b,
            c=self._rng.choice(_WORDS),
            n=self._rng.randint(2, 900),
            f=function,
            F=function[0].upper() + function[1:],
            B=b.title(),
        )

    def _name(self) -> str:
        return self._rng.choice(_WORDS)
