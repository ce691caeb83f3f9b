"""The view of `runs show`: what was launched, how far it came, how each attempt of it ended."""

from __future__ import annotations

import signal
from collections.abc import Iterator, Mapping, Sequence

from ...errors import Problem, text
from ...model.host_names import folded
from ...model.run_results import RunShown
from ...model.runs import Attempt, Curve, Peaks, Run, RunRecord
from ..context import UNICODE, Context
from ..line import BLANK, Line, Span, line, prose, table, wrap
from ..moments import moment
from ..plots import sparkline
from ..problems import details
from ..units import duration, figure, size
from .run_parts import cause, command, mark, state
from .sentences import because, section, sentence

WIDEST = 40
NOTES = 3


def lines(shown: RunShown, context: Context) -> Iterator[Line]:
    """Yield the state, the record, what was seen, and the attempts."""
    run = shown.run
    name = line(Span(run.record.name, "strong"), "  ") if run.record.name else line()
    yield from sentence(
        line(state(run.state, context), "  ", name, run.record.id), context, mark(run.state, context)
    )
    if run.end is not None and run.end.why is not None:
        yield from because([run.end.why], context)
    elif run.state == "lost":
        yield from because([text("ui.run.lost_why")], context)
    if shown.waiting is not None:
        yield from _waiting(shown.waiting, context)
    yield BLANK
    rows = [(key, words) for key, words in _about(shown, context) if words]
    yield from _rows(rows, context)
    seen = [(key, words) for key, words in _seen(shown, context) if words]
    if seen:
        yield from section(context.say("ui.run.seen"))
        yield from _rows(seen, context)
    if run.attempts or run.begun:
        yield from section(context.say("ui.run.attempts"))
        for attempt in run.attempts:
            yield from _attempt(attempt, run, context)
        if run.begun > len(run.attempts):
            key = "ui.run.runs" if run.state == "running" else "ui.run.no_end"
            words = line(mark(run.state, context), " ", prose(context.say(key, number=run.begun)))
            yield from wrap(words, context.prose_width, first=line("  "), hang=4)
    for note in shown.seen.notes[: None if context.verbose else NOTES]:
        yield from wrap(line(Span(note, "quiet")), context.prose_width, first=line("  "))


def _waiting(found: Problem, context: Context) -> Iterator[Line]:
    """Yield why its batch system has not started it, and what can be done."""
    yield from wrap(context.prose(found.what), context.prose_width, first=line("  "))
    yield from details(
        context.words(found.why) if found.why is not None else None, found.hints, context, indent=4
    )


def _job(run: Run, context: Context) -> str:
    """Return the job's number, and how it stands as long as it is not over."""
    job = run.job
    if job is None or run.end is not None:
        return run.record.job
    key = "ui.run.job_on" if job.nodes else "ui.run.job_of"
    told = [
        context.say(key, id=job.id, word=job.word or "-", partition=job.partition or "-", nodes=job.nodes)
    ]
    if job.starts:
        told.append(context.say("ui.run.job_starts", starts=job.starts.replace("T", " ")))
    return context.say("ui.comma").join(told)


def _rows(rows: Sequence[tuple[str, str | Line]], context: Context) -> Iterator[Line]:
    told = [
        (line(Span(context.say(key), "quiet")), prose(words) if isinstance(words, str) else words)
        for key, words in rows
    ]
    yield from table(told, context.prose_width)


def _about(shown: RunShown, context: Context) -> Iterator[tuple[str, str | Line]]:
    """Yield what is known since the beginning."""
    run, record = shown.run, shown.run.record
    yield "ui.run.command", line(command(record.argv))
    yield "ui.run.job", _job(run, context)
    yield (
        "ui.run.began",
        context.say("ui.run.took", began=moment(record.began, context), took=duration(run.seconds)),
    )
    yield "ui.run.code", _code(shown, context)
    yield "ui.run.generation", _generation(record, context)
    if record.processes > 1 or record.retries:
        yield "ui.run.processes", context.say("ui.run.retries", n=record.processes, retries=record.retries)
    yield "ui.run.hosts", folded(record.hosts)
    yield "ui.run.seeds", _pairs(shown.seen.seeds, context)
    yield "ui.run.variables", _pairs(record.variables, context)
    yield "ui.run.data", _pairs({key: _short(value) for key, value in record.data.items()}, context)
    yield "ui.run.record", line(shown.path)


def _code(shown: RunShown, context: Context) -> str:
    code = shown.run.record.code
    if not code.revision:
        return context.say("ui.run.no_code")
    told = [context.say("ui.run.revision", revision=code.revision[:12], branch=code.branch or "-")]
    if code.dirty:
        told.append(context.say("ui.run.dirty", size=size(shown.difference)))
    if code.untracked:
        told.append(context.say("ui.run.untracked", n=code.untracked))
    return context.say("ui.comma").join(told)


def _generation(record: RunRecord, context: Context) -> str:
    told = [context.say("ui.run.of_target", number=record.generation, target=record.target)]
    if record.proof:
        told.append(context.say("ui.run.proof", digest=_short(record.proof)))
    if record.lock:
        told.append(context.say("ui.run.lock", digest=_short(record.lock)))
    return context.say("ui.comma").join(told)


def _seen(shown: RunShown, context: Context) -> Iterator[tuple[str, str | Line]]:
    """Yield what was seen of it while it ran."""
    seen, comma = shown.run.progressed, context.say("ui.comma")
    yield "ui.run.framework", line(seen.framework)
    steps = []
    if seen.total:
        steps.append(context.say("ui.run.steps_of", steps=f"{seen.steps:,}", total=f"{seen.total:,}"))
    elif seen.steps:
        steps.append(f"{seen.steps:,}")
    if seen.epoch is not None:
        steps.append(context.say("ui.run.epoch", epoch=seen.epoch))
    yield "ui.run.steps", comma.join(steps)
    rate = [] if seen.rate is None else [context.say("ui.run.rate_last", rate=figure(seen.rate))]
    if seen.mean_rate is not None:
        rate.append(context.say("ui.run.rate_mean", rate=figure(seen.mean_rate)))
    yield "ui.run.rate", comma.join(rate)
    if seen.waiting is not None:
        yield "ui.run.waiting", context.say("ui.run.of_time", percent=f"{100 * seen.waiting:.0f}")
    if seen.utilisation is not None:
        yield "ui.run.utilisation", f"{100 * seen.utilisation:.0f}%"
    if shown.seen.saved is not None:
        saved = shown.seen.saved
        yield (
            "ui.run.checkpoints",
            context.say("ui.run.saved", n=shown.seen.saves, step=f"{saved.step:,}", path=saved.path),
        )
    for one in shown.seen.resumed[-1:]:
        yield "ui.run.resumed", context.say("ui.run.resumed_from", step=f"{one.step:,}", path=one.path)
    yield "ui.run.peaks", _peaks(shown.run.peaks, context)
    for curve in sorted(shown.seen.curves, key=lambda one: (one.name != "loss", one.name)):
        if curve.values and (curve.name == "loss" or context.verbose):
            yield "ui.run.loss" if curve.name == "loss" else "ui.run.metric", _curve(curve, context)
    others = {name: value for name, value in seen.last.items() if name != "loss"}
    yield "ui.run.last", _pairs({name: figure(value) for name, value in others.items()}, context)
    for path in shown.stacks:
        yield "ui.run.stacks", line(path)


def _curve(curve: Curve, context: Context) -> Line:
    name = () if curve.name == "loss" else (curve.name, "  ")
    ends = f"{figure(curve.values[0])} {context.marks.arrow} {figure(curve.values[-1])}"
    width = max(min(WIDEST, context.width - 40), 8)
    return line(
        *name, Span(sparkline(curve.values, width, ascii=context.marks is not UNICODE), "note"), "  ", ends
    )


def _peaks(peaks: Peaks, context: Context) -> str:
    told = []
    if peaks.memory:
        told.append(context.say("ui.run.memory", size=size(peaks.memory, binary=True)))
    if peaks.cpu:
        told.append(context.say("ui.run.cores", cores=figure(peaks.cpu)))
    if peaks.gpu_memory:
        told.append(context.say("ui.run.gpu_memory", size=size(peaks.gpu_memory, binary=True)))
    if peaks.shm:
        told.append(context.say("ui.run.shm", size=size(peaks.shm, binary=True)))
    if peaks.read or peaks.written:
        told.append(context.say("ui.run.disk", read=size(peaks.read), written=size(peaks.written)))
    if peaks.received or peaks.sent:
        told.append(context.say("ui.run.network", received=size(peaks.received), sent=size(peaks.sent)))
    return context.say("ui.comma").join(told)


def _attempt(attempt: Attempt, run: Run, context: Context) -> Iterator[Line]:
    """Yield how an attempt ended, what the rules say of it, and why it was or was not the last."""
    told = [duration(attempt.seconds), context.say("ui.run.exit", code=exit_code(attempt.code))]
    hosts = list(dict.fromkeys(one.host for one in attempt.ranks if one.host))
    if hosts:
        told.append(context.say("ui.run.on_hosts", hosts=folded(hosts)))
    first = next((one for one in attempt.ranks if one.first), None)
    if first is not None and len(attempt.ranks) > 1:
        ended = "-" if first.code is None else exit_code(first.code)
        key = "ui.run.first_on" if first.host else "ui.run.first"
        told.append(context.say(key, rank=first.rank, code=ended, host=first.host))
    last = attempt is run.attempts[-1] and not attempt.restarted
    own = mark(run.state, context) if last and run.state in ("stopped", "preempted") else None
    lead = line("  ", own or context.mark("passed" if attempt.code == 0 else "failed"), " ")
    number = line(Span(str(attempt.number), "strong"), "  ", moment(attempt.began, context), "  ")
    words = line(number, context.say("ui.comma").join(told))
    yield from wrap(words, context.prose_width, first=lead, hang=4)
    found = cause(attempt.diagnosis) if attempt.diagnosis is not None else None
    if found is not None:
        label = line("    ", Span(context.say("ui.answer"), "note"), context.say("ui.colon"))
        yield from wrap(context.prose(found), context.prose_width, first=label, hang=6)
    if attempt.hang is not None:
        yield from wrap(context.prose(attempt.hang.what), context.prose_width, first=line("    "), hang=6)
        why = context.words(attempt.hang.why) if attempt.hang.why is not None else None
        yield from details(why, attempt.hang.hints, context, indent=6)
    # of the last one it stands at the top
    if attempt.why is not None and (run.end is None or attempt.why != run.end.why):
        yield from wrap(context.prose(attempt.why), context.prose_width, first=line("    "), hang=6)
    # of a job nobody wrote down when it came back from the queue
    if attempt.restarted and not run.record.job:
        again = context.say("ui.run.again", waited=duration(attempt.waited))
        yield from wrap(prose(again, "quiet"), context.prose_width, first=line("    "), hang=6)


def exit_code(code: int) -> str:
    """Return an exit code, with the signal's name where it says one."""
    try:
        return f"{code} {signal.Signals(code - 128).name}" if code > 128 else str(code)
    except ValueError:
        return str(code)


def _pairs(pairs: Mapping[str, str], context: Context) -> Line:
    comma = context.say("ui.comma")
    return line(comma.join(f"{name} {value}" for name, value in pairs.items()))


def _short(digest: str) -> str:
    kind, _, rest = digest.rpartition(":")
    return f"{kind}:{rest[:12]}" if kind else rest[:12]
