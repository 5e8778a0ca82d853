#!/bin/bash
# Runs a command as root on a machine of its own, as far as these tests change it: /etc, /usr/local, /run/sudo and
# /usr/bin/logger are copies, which nobody else sees and which are gone at the end.
#   private-machine.sh COMMAND…
set -euo pipefail
if [ -z "${PRIVATE_MACHINE:-}" ]; then
  [ "$(id -u)" = 0 ] || { echo 'These tests need root: they make a private copy of /etc.' >&2; exit 1; }
  room=$(mktemp -d)
  trap 'rmdir "$room"' EXIT
  PRIVATE_MACHINE=$room unshare --mount --propagation private "$0" "$@"
  exit
fi

room=$PRIVATE_MACHINE
mount -t tmpfs -o mode=755 none "$room"
mkdir "$room/local" "$room/sudo" "$room/log"
cp -a /etc "$room/etc"
chmod 711 "$room/sudo"
chmod 777 "$room/log"
for entry in /usr/local/*; do
  copy=$room/local/${entry##*/}
  if [ -d "$entry" ] && [ ! -L "$entry" ]; then
    mkdir "$copy"
    mount --rbind "$entry" "$copy"
  else
    cp -a "$entry" "$copy"
  fi
done
mkdir -p /run/sudo
mount --bind "$room/etc" /etc
mount --rbind "$room/local" /usr/local
mount --bind "$room/sudo" /run/sudo
# What programs log can be read by the tests, without a logging service.
printf '#!/bin/sh\necho "$*" >>%s\n' "$room/log/all" >"$room/logger"
chmod 755 "$room/logger"
touch "$room/log/all"
chmod 666 "$room/log/all"
mount --bind "$room/logger" /usr/bin/logger
"$@"
