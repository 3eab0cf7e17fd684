"""Run every ``manage.py`` command of a shell in a fork of one process that has started Django.

Starting Django takes ten times as long as the commands of the tutorials. ``SHELL`` replaces
``python …manage.py …`` in a bash; a fork imports the files as they are at that moment, except those
that belong to every command.
"""

import gc
import os
import signal
import sys
import traceback
from pathlib import Path

import django
from django.core.management import execute_from_command_line, load_command_class

#: Without a command for so long, it ends: a run that was killed has left it alone.
LONGEST_IDLE_SECONDS = 1800

#: Needs the variable ``django_fork_server``, a folder that is still empty, and takes the settings
#: from ``django_fork_settings``.
SHELL = """
python() {
  case "$1" in core_site/manage.py|manage.py) ;; *) command python "$@"; return;; esac
  if [ ! -p "$django_fork_server/asked" ]; then
    mkfifo "$django_fork_server/asked" "$django_fork_server/ended"
    DJANGO_SETTINGS_MODULE="$django_fork_settings" \\
      command python -m tests.tutorial.django_fork_server "$django_fork_server" \\
      </dev/null >"$django_fork_server/log" 2>&1 &
    echo $! >"$django_fork_server/pid"
  fi
  { printf '%s\\0' "$@" ""; env -0; } >"$django_fork_server/asked"
  local status; read -r status <"$django_fork_server/ended"
  cat "$django_fork_server/stdout"; cat "$django_fork_server/stderr" >&2
  return "$status"
}
"""


def main(folder: Path) -> None:
    django.setup()
    load_command_class("core_site.rollout", "rollout")
    # A fork would copy what it collects.
    gc.freeze()
    while True:
        signal.alarm(LONGEST_IDLE_SECONDS)
        asked = (folder / "asked").read_bytes().decode().split("\0")[:-1]
        signal.alarm(0)
        child = os.fork()
        if not child:
            end = asked.index("")
            for variable in asked[end + 1 :]:
                name, _, value = variable.partition("=")
                os.environ[name] = value
            _run(asked[:end], folder)
        _, status = os.waitpid(child, 0)
        (folder / "ended").write_text(f"{os.waitstatus_to_exitcode(status)}\n")


def _run(arguments: list[str], folder: Path) -> None:
    for descriptor, name in ((1, "stdout"), (2, "stderr")):
        file = os.open(folder / name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(file, descriptor)
    status = 0
    try:
        execute_from_command_line(arguments)
    except SystemExit as ended:
        status = int(ended.code or 0)
    except BaseException:
        traceback.print_exc()
        status = 1
    sys.stdout.flush()
    sys.stderr.flush()
    # Taking all modules down takes longer than the command.
    os._exit(status)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
