"""The keys with which a dataset chooses its Kaltura session; both of Kaltura's services are asked under such."""

from __future__ import annotations

from pydantic import Field, field_validator

from reportrunner.diagnose import Hinted
from reportrunner.flow import SessionKey
from reportrunner.spec import EndpointDataset


class SessionDataset(EndpointDataset):
    """Keys of a dataset that choose the session it is asked under (kaltura.md §9.3)."""

    impersonate: int | None = Field(default=None, gt=0, description="Partner id of the child account to ask as")
    role: int | None = Field(default=None, gt=0, description="Id of the role to ask in; becomes setrole:<id>")

    @field_validator("privileges")
    @classmethod
    def _one_each(cls, value: list[str]) -> list[str]:
        for privilege in value:
            if not privilege.strip() or "," in privilege or privilege != privilege.strip():
                raise Hinted(
                    f'"{privilege}" is no privilege: commas separate privileges, and / the values of one',
                    'write ["name:value", "other"]',
                )
            if privilege.startswith("setrole:"):
                raise Hinted("a role has a key of its own", f"write role = {privilege.removeprefix('setrole:')}")
        return value

    def session_at(self, source: str) -> SessionKey:
        """Return the session of that source: one per account, role and privileges."""
        role = () if self.role is None else (f"setrole:{self.role}",)
        return SessionKey(source, (*self.privileges, *role), self.impersonate or 0)
