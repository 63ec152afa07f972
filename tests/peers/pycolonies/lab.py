"""A colony made with pycolonies, and shorthands for what nearly every test does in it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from crypto import Crypto
from model import Process
from pycolonies import Colonies, func_spec


@dataclass
class Member:
    """A key and its identity."""

    prvkey: str
    id: str

    @classmethod
    def new(cls) -> Member:
        crypto = Crypto()
        prvkey = crypto.prvkey()
        return cls(prvkey, crypto.id(prvkey))


class Lab:
    """A colony, one approved executor, and one user."""

    def __init__(self, client: Colonies, server_prvkey: str) -> None:
        self.client = client
        self.server_prvkey = server_prvkey
        self.owner, self.executor, self.user = Member.new(), Member.new(), Member.new()
        self.colonyname = f"peers-{self.owner.id[:8]}"
        self.executorname, self.executortype = "worker", "peer"
        client.add_colony({"colonyid": self.owner.id, "name": self.colonyname}, server_prvkey)
        self.add_executor(self.executorname, self.executor)
        user = {
            "colonyname": self.colonyname,
            "userid": self.user.id,
            "name": "ada",
            "email": "",
            "phone": "",
        }
        client.add_user(user, self.owner.prvkey)

    def add_executor(self, name: str, member: Member, *, approve: bool = True) -> dict[str, Any]:
        executor = {
            "executorname": name,
            "executorid": member.id,
            "colonyname": self.colonyname,
            "executortype": self.executortype,
        }
        added = self.client.add_executor(executor, self.owner.prvkey)
        if approve:
            self.client.approve_executor(self.colonyname, name, self.owner.prvkey)
        return added

    def spec(self, func: Any = "echo", args: Any = (), **options: Any) -> Any:
        """A function spec of pycolonies for the executor of this colony."""
        return func_spec(func, list(args), self.colonyname, self.executortype, **options)

    def submit(self, func: Any = "echo", args: Any = (), **options: Any) -> Process:
        return self.client.submit_func_spec(self.spec(func, args, **options), self.user.prvkey)

    def assign(self, timeout: int = 20) -> Process:
        return self.client.assign(self.colonyname, timeout, self.executor.prvkey)

    def close(self, process: Process, *output: Any) -> None:
        self.client.close(process.processid, list(output), self.executor.prvkey)

    def get(self, process: Process) -> Process:
        return self.client.get_process(process.processid, self.user.prvkey)
