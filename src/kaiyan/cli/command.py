"""What every command shares: a session with its language and console, help in two languages, click's own errors."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import click
from rich.console import Console

from kaiyan.cli.progress import working
from kaiyan.show.error import KaiyanError
from kaiyan.show.i18n import say
from kaiyan.show.json import document, text_of
from kaiyan.show.rich import on_screen
from kaiyan.show.sentence import Sentence, sentence

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from contextlib import AbstractContextManager

    from kaiyan.cli.progress import Step
    from kaiyan.show.shown import Shown
    from kaiyan.show.table import Part


@dataclass(frozen=True, slots=True)
class Session:
    """The language of one run, and where it prints: rich in a terminal, plain lines in a pipe."""

    lang: str
    console: Console = field(default_factory=lambda: Console(highlight=False, soft_wrap=not sys.stdout.isatty()))

    def say(self, sentence: Sentence) -> str:
        """A sentence in this language."""
        return say(sentence, self.lang)

    def print(self, *parts: Part) -> None:
        """Parts of a result, wrapped in a terminal between numbers, never in one."""
        self.console.print(on_screen(parts, self.lang))

    def show(self, result: Shown, *, as_json: bool) -> None:
        """A result for eyes, in this language, or as JSON."""
        if as_json:
            click.echo(result.to_json())
        else:
            self.print(*result.parts())

    def json(self, kind: str, facts: Any) -> None:
        """A document of other facts than a result's."""
        click.echo(text_of(document(kind, facts)))

    def working(self, what: Sentence) -> AbstractContextManager[Step]:
        """A bar on a terminal's standard error while it lasts, where that is more than a second."""
        return working(self.say(what))


def wide() -> click.Option:
    """The option of every command that shows a table: its lines are whole, however narrow the terminal is."""

    def widened(ctx: click.Context, _: click.Parameter, asked: bool) -> None:
        if asked:
            ctx.obj = replace(ctx.obj, console=Console(highlight=False, soft_wrap=True))

    return click.Option(
        ["--wide"],
        is_flag=True,
        expose_value=False,
        callback=widened,
        help="show whole lines on a narrow screen",
    )


def json_flag() -> click.Option:
    """The option of every command: what is shown to eyes, or the facts for a program."""
    return click.Option(["--json", "as_json"], is_flag=True, help="print the facts as JSON")


class Command(click.Command):
    """A command that declares its summary, arguments, options and examples, and helps in the session's language."""

    def __init__(self, *, summary: str, examples: Sequence[str], **attributes: Any) -> None:
        super().__init__(help=summary, add_help_option=False, **attributes)
        self.examples = tuple(examples)
        self.params.append(help_option())

    def get_help(self, ctx: click.Context) -> str:
        return help_text(self, ctx)


class Group(click.Group):
    """A command of commands, which may be groups themselves.

    ``renamed`` are old names, which work and say so, ``exits`` what exit codes mean.
    """

    def __init__(
        self,
        *,
        summary: str,
        examples: Sequence[str],
        commands: Sequence[Command | Group],
        renamed: Mapping[str, str] = MappingProxyType({}),
        exits: Mapping[int, str] = MappingProxyType({}),
        **attributes: Any,
    ) -> None:
        super().__init__(
            help=summary,
            add_help_option=False,
            no_args_is_help=False,
            invoke_without_command=True,
            callback=_show_help,
            commands={command.name or "": command for command in commands},
            **attributes,
        )
        self.examples, self.renamed, self.exits = tuple(examples), renamed, exits
        self.params.append(help_option())

    def get_help(self, ctx: click.Context) -> str:
        return help_text(self, ctx)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args[0] in self.renamed:
            old, args = args[0], [self.renamed[args[0]], *args[1:]]
            session: Session = ctx.obj
            renamed = sentence("renamed-command", "{old} is now called {new}", old=old, new=args[0])
            click.echo(f"kaiyan: {session.say(renamed)}", err=True)
        if args[0] not in self.commands:
            raise KaiyanError(
                "no-such-command",
                "there is no command {word!r}; the commands are {known}",
                "{path} --help",
                word=args[0],
                path=ctx.command_path,
                known=", ".join(self.commands),
            )
        return super().resolve_command(ctx, args)


def help_option() -> click.Option:
    def show(ctx: click.Context, _: click.Parameter, asked: bool) -> None:
        if asked:
            click.echo(ctx.get_help())
            ctx.exit()

    return click.Option(
        ["--help", "-h"], is_flag=True, is_eager=True, expose_value=False, callback=show, help="show this help"
    )


def help_text(command: Command | Group, ctx: click.Context) -> str:
    """The help of a command: what it is for, how it is called, its options, examples."""
    session: Session = ctx.obj
    usage = " ".join([ctx.command_path, *command.collect_usage_pieces(ctx)])
    sections = [_label(session, command.help or ""), f"  {usage}"]
    if isinstance(command, Group):
        rows = [(name, _label(session, inner.help or "")) for name, inner in command.commands.items()]
        sections.append(_section(_label(session, "commands"), rows))
    if isinstance(command, Group) and command.exits:
        codes = [(str(code), _label(session, meaning)) for code, meaning in command.exits.items()]
        sections.append(_section(_label(session, "exit codes"), codes))
    rows = [
        (_option_names(param), _label(session, param.help or ""))
        for param in command.params
        if isinstance(param, click.Option)
    ]
    sections.append(_section(_label(session, "options"), rows))
    sections.append("\n".join([_label(session, "examples"), *(f"  {example}" for example in command.examples)]))
    return "\n\n".join(sections)


def refusal_of(error: click.UsageError) -> KaiyanError:
    """Click's complaint about a command line as a sentence of ours."""
    ctx = error.ctx
    path = ctx.command_path if ctx else "kaiyan"
    if isinstance(error, click.NoSuchOption):
        near = (error.possibilities or [])[:1]
        return KaiyanError(
            "no-such-option",
            "there is no option {option}",
            *["{near}"] * len(near),
            "{path} --help",
            option=error.option_name,
            near="".join(near),
            path=path,
        )
    if isinstance(error, click.BadOptionUsage):
        return KaiyanError(
            "option-without-value",
            "the option {option} needs a value",
            "{path} --help",
            option=error.option_name,
            path=path,
        )
    if isinstance(error, click.BadParameter) and error.param is not None:
        return _refusal_of_value(error, error.param, path)
    return KaiyanError(
        "not-understood",
        "this command line is not understood: {reason}",
        "{path} --help",
        reason=error.format_message(),
        path=path,
    )


def _refusal_of_value(error: click.BadParameter, param: click.Parameter, path: str) -> KaiyanError:
    name = param.opts[0] if isinstance(param, click.Option) else param.make_metavar(click.Context(click.Command(path)))
    if isinstance(error, click.MissingParameter):
        return KaiyanError("missing-argument", "{name} is missing", "{path} --help", name=name, path=path)
    value = error.message.partition(" is not ")[0]
    return KaiyanError("bad-value", "{name} cannot be {value}", "{path} --help", name=name, value=value, path=path)


def _show_help(**_: object) -> None:
    ctx = click.get_current_context()
    if ctx.invoked_subcommand is None:
        click.echo(ctx.get_help())


def _label(session: Session, text: str) -> str:
    return session.say(sentence("help", text)) if text else ""


def _option_names(option: click.Option) -> str:
    names = ", ".join(option.opts)
    return names if option.is_flag else f"{names} {option.metavar}"


def _section(title: str, rows: list[tuple[str, str]]) -> str:
    width = max(len(name) for name, _ in rows) + 2
    return "\n".join([title, *(f"  {name:<{width}}{text}" for name, text in rows)])
