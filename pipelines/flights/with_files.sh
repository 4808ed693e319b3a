#!/bin/sh
# Runs a command that knows files only: as it stands on files, and by with_files.py where the store has addresses.
#
#   sh with_files.sh COMMAND [ARGUMENT]...
case "$*" in
    *://*) exec python3 with_files.py "$@" ;;
    *) exec "$@" ;;
esac
