"""This user: name, groups as the process has them and as the user database lists them. POSIX alone."""

from __future__ import annotations

import os
import sys

if sys.platform != "win32":
    import grp
    import pwd


def user_name() -> str:
    """Return the user's name, empty where there is none (Windows)."""
    return "" if sys.platform == "win32" else owner_of(os.geteuid(), always=True)


def owner_of(number: int, *, always: bool = False) -> str:
    """Return the name of a user that is not this one; of this one too with `always`."""
    if sys.platform == "win32" or (number == os.geteuid() and not always):
        return ""
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return str(number)


def group_name(number: int) -> str:
    """Return a group's name; its number where it has none."""
    if sys.platform == "win32":
        return str(number)
    try:
        return grp.getgrgid(number).gr_name
    except KeyError:
        return str(number)


def groups_now() -> tuple[str, ...]:
    """Return the groups of this process."""
    if sys.platform == "win32":
        return ()
    return tuple(sorted({group_name(one) for one in (*os.getgroups(), os.getegid())}))


def groups_listed() -> tuple[str, ...]:
    """Return the groups that the database gives the user: what a new login would have."""
    if sys.platform == "win32":
        return ()
    try:
        user = pwd.getpwuid(os.geteuid())
    except KeyError:
        return ()
    return tuple(sorted(group_name(one) for one in os.getgrouplist(user.pw_name, user.pw_gid)))
