"""The one table of modules that are imported only when they are needed.

Start-up is part of the design: a command must not pay for another command's
libraries. Every late import of the project stands in this table; there is no
import inside a function anywhere else.
"""

from __future__ import annotations

from importlib import import_module

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

TABLE: dict[str, str] = {
    # name -> "module:attribute"
    "api.Failure": "provenv.errors:Failure",
    "api.Problem": "provenv.errors:Problem",
    "api.Project": "provenv.app.project:Project",
    "api.Text": "provenv.errors:Text",
    "api.history": "provenv.app.history:history",
    "api.make_lock": "provenv.app.locking:lock",
    "api.make_plan": "provenv.app.build:plan",
    "api.open_project": "provenv.app.project:open_project",
    "api.prove": "provenv.app.prove:prove",
    "api.read_facts": "provenv.app.machine:facts_of",
    "api.rollback": "provenv.app.clean:rollback",
    "api.status": "provenv.app.status:status",
    "api.up": "provenv.app.up:up",
    "api.why": "provenv.app.locking:why",
    "app.answer_to_run": "provenv.app.answered:answer_to_run",
    "app.answered": "provenv.app.answered:answered",
    "app.answering": "provenv.app.endpoints:answering",
    "app.asking": "provenv.app.machine:asking",
    "app.build": "provenv.app.build:build",
    "app.carried": "provenv.app.carried:carried",
    "app.keep_text": "provenv.app.files:keep_text",
    "app.system_findings": "provenv.app.system:findings_of",
    "app.facts_of": "provenv.app.machine:facts_of",
    "app.download": "provenv.app.download:download",
    "cli.add": "provenv.cli.add:add",
    "cli.complete": "provenv.cli.completion:complete",
    "cli.completion": "provenv.cli.completion:completion",
    "cli.demo": "provenv.cli.demo:demo",
    "cli.down": "provenv.cli.down:down",
    "cli.explain": "provenv.cli.explain:explain",
    "cli.facts": "provenv.cli.facts:facts",
    "cli.gc": "provenv.cli.gc:gc",
    "cli.history": "provenv.cli.history:history",
    "cli.init": "provenv.cli.init:init",
    "cli.lock": "provenv.cli.lock:lock",
    "cli.mirrors": "provenv.cli.mirrors:mirrors",
    "cli.plan": "provenv.cli.plan:plan",
    "cli.named": "provenv.cli.names:named",
    "cli.plain_run": "provenv.cli.plain_run:run",
    "cli.program": "provenv.cli.program:main",
    "cli.prove": "provenv.cli.prove:prove",
    "cli.render": "provenv.cli.render:render",
    "cli.remove": "provenv.cli.remove:remove",
    "cli.rollback": "provenv.cli.rollback:rollback",
    "cli.run": "provenv.cli.run:run",
    "cli.schema": "provenv.cli.schema:schema",
    "cli.shell": "provenv.cli.shell:shell",
    "cli.settled_up": "provenv.cli.settled_up:up",
    "cli.status": "provenv.cli.status:status",
    "cli.system": "provenv.cli.system:system",
    "cli.unknown_command": "provenv.cli.usage:unknown_command",
    "cli.up": "provenv.cli.up:up",
    "cli.usage_problem": "provenv.cli.usage:usage_problem",
    "cli.version": "provenv.cli.version:version",
    "cli.why": "provenv.cli.why:why",
    "cli.defect": "provenv.cli.defect:defect",
    "cli.interrupted": "provenv.cli.defect:interrupted",
    "quote": "shlex:quote",
    "runs.not_executable": "provenv.runs.refused:not_executable",
    "runs.not_found": "provenv.runs.refused:not_found",
    "runs.relay": "provenv.runs.relay:relay",
    "runs.not_started": "provenv.runs.refused:not_started",
    "spec.add": "provenv.spec.edit:add",
    "spec.bad_mirror": "provenv.spec.mirror_names:bad_mirror",
    "spec.find": "provenv.spec.leading:find",
    "spec.initial": "provenv.spec.adopt.begin:initial",
    "spec.json_schema": "provenv.spec.schema:json_schema",
    "spec.load": "provenv.spec.complete:load",
    "spec.remove": "provenv.spec.edit:remove",
    "spec.mirror_presets": "provenv.spec.presets:table",
    "spec.resolve_mirrors": "provenv.spec.presets:resolve",
    "spec.said_mirrors": "provenv.spec.presets:said",
    "spec.use_mirrors": "provenv.spec.edit_mirrors:use_mirrors",
    "spec.validate": "provenv.spec.validate:validate",
    "facts.load": "provenv.facts.file:load",
    "hosts.local": "provenv.hosts.local:LocalHost",
    "hosts.refused": "provenv.hosts.refused:refused",
    "lock.true_cause": "provenv.lock.failures.inquiry:true_cause",
    "pipconf": "provenv.pipconf:decided",
    "hosts.watch": "provenv.hosts.watch:Watch",
    "toml": "provenv.toml_library:tomllib",
    "model.answered": "provenv.model.diagnosis:Answered",
    "model.names": "provenv.model.names:NAMES",
    "ui.document": "provenv.ui.json_view:document",
    "ui.view": "provenv.ui.view:view",
    "ui.json_view": "provenv.ui.json_view:JsonView",
    "ui.live": "provenv.ui.live:Live",
    "ui.report": "provenv.ui.report:report",
    "ui.view.Answered": "provenv.ui.views.answer:lines",
    "ui.view.About": "provenv.ui.views.about:lines",
    "ui.view.Cleaned": "provenv.ui.views.cleaned:lines",
    "ui.view.DemoSummary": "provenv.ui.views.demo:lines",
    "ui.view.Diagnosis": "provenv.ui.views.diagnosis:lines",
    "ui.view.Download": "provenv.ui.views.download:lines",
    "ui.view.EditResult": "provenv.ui.views.edit:lines",
    "ui.view.Evidence": "provenv.ui.views.evidence:lines",
    "ui.view.Explanation": "provenv.ui.views.explanation:lines",
    "ui.view.Facts": "provenv.ui.views.facts:lines",
    "ui.view.History": "provenv.ui.views.history:lines",
    "ui.view.InitResult": "provenv.ui.views.init:lines",
    "ui.view.Launch": "provenv.ui.views.launch:lines",
    "ui.view.LockResult": "provenv.ui.views.lock:lines",
    "ui.view.MirrorResult": "provenv.ui.views.mirrors:lines",
    "ui.view.Plan": "provenv.ui.views.plan:lines",
    "ui.view.PlanResult": "provenv.ui.views.plan:result_lines",
    "ui.view.Rendered": "provenv.ui.views.render:lines",
    "ui.view.Rollback": "provenv.ui.views.rollback:lines",
    "ui.view.Status": "provenv.ui.views.status:lines",
    "ui.view.SystemReport": "provenv.ui.views.system:lines",
    "ui.view.UpResult": "provenv.ui.views.up:lines",
}


def load(name: str) -> Any:
    """Return the object that the table names.

    Raises KeyError for a name that the table does not have.
    """
    module, _, attribute = TABLE[name].partition(":")
    return getattr(import_module(module), attribute)
