"""What a change of the schema leaves to people: handlers, code that uses what is gone, traffic that has to be recorded.

Everything is found by reading: nothing of the project is imported, since it may not be importable just then.
"""

from __future__ import annotations

from colonyos_gen_codegen.left_to_do.item import Item
from colonyos_gen_codegen.left_to_do.project import PACKAGE, Project, project_around
from colonyos_gen_codegen.left_to_do.survey import left_to_do

__all__ = ["PACKAGE", "Item", "Project", "left_to_do", "project_around"]
