"""Workflows, built task by task.

    with workflow("sweep", to="hpc") as wf:
        prep = wf.task("prep")
        runs = [wf.task("sim", i, after=prep) for i in range(500)]
        wf.task("reduce", after=runs)

`wf.spec("dev")` is what a server takes. The outputs of its parents, in one list, are the input of each task.
"""

from colonyos_gen._tracebacks import shown_as
from colonyos_gen.workflows._builder import Workflow, workflow
from colonyos_gen.workflows._rules import WorkflowError, check
from colonyos_gen.workflows._task import After, Task

shown_as("colonyos_gen", WorkflowError)

__all__ = ["After", "Task", "Workflow", "WorkflowError", "check", "workflow"]
