#!/bin/sh
# Inside new mount and process namespaces: a bare Debian whose every change is thrown away at the
# end, and one command in it. Called by machine.py, which sets the variables.
#
#   ROOT     the bare root, which stays as it is
#   STAGE    an empty folder: the mounts of these namespaces lie on it
#   SOURCE   the checkout to clone (a git repository)
#   WHEELS   a folder of wheels that the company hands in, or nothing
#   PREPARE  a shell script, run by root first
#   COMMANDS a shell script, run by the user `dev` in the clone
set -eu
mount --make-rprivate /
mount -t tmpfs -o size=90% provenv-fresh "$STAGE"
mkdir "$STAGE/upper" "$STAGE/work" "$STAGE/root"
mount -t overlay overlay -o "lowerdir=$ROOT,upperdir=$STAGE/upper,workdir=$STAGE/work" "$STAGE/root"
root=$STAGE/root
mount -t proc proc "$root/proc"
mount -t sysfs -o ro sysfs "$root/sys" 2>/dev/null || true
mount --rbind /dev "$root/dev"
mount -t tmpfs -o mode=1777 tmpfs "$root/tmp"
mkdir -p "$root/run/source" "$root/run/wheels"
cp -L /etc/resolv.conf "$root/etc/resolv.conf"
printf "127.0.0.1 localhost fresh\n" >"$root/etc/hosts"

# the company's certificates, and pip's configuration as it hands them out
mkdir -p "$root/usr/local/share/ca-certificates"
for certificate in /usr/local/share/ca-certificates/*.crt; do
    [ -f "$certificate" ] && cp "$certificate" "$root/usr/local/share/ca-certificates/"
done
chroot "$root" /usr/sbin/update-ca-certificates >/dev/null 2>&1
{
    echo '[global]'
    echo 'cert = /etc/ssl/certs/ca-certificates.crt'
    if [ -n "${INDEX:-}" ]; then echo "index-url = $INDEX"; fi
    if [ -n "${WHEELS:-}" ]; then echo 'find-links = /run/wheels'; fi
} >"$root/etc/pip.conf"
if [ -n "${WHEELS:-}" ]; then
    mount --bind "$WHEELS" "$root/run/wheels"
    mount -o remount,bind,ro "$root/run/wheels"
fi
mount --bind "$SOURCE" "$root/run/source"
mount -o remount,bind,ro "$root/run/source"
if [ -n "${OUT:-}" ]; then
    mkdir -p "$root/run/out"
    mount --bind "$OUT" "$root/run/out"
fi

chroot "$root" /usr/sbin/useradd --create-home --shell /bin/bash dev
[ -z "${OUT:-}" ] || chroot "$root" chown dev /run/out
hostname fresh
[ -z "${PREPARE:-}" ] || chroot "$root" /bin/sh -ec "$PREPARE" >/dev/null
printf '%s\n' "$COMMANDS" >"$root/run/commands.sh"
exec chroot "$root" /bin/su - dev -c "
git config --global --add safe.directory /run/source/.git
git clone --quiet /run/source ~/provenv && cd ~/provenv && git config --global --unset-all safe.directory
export LANG=C.UTF-8 COLUMNS=${COLUMNS:-100} ${EXPORTS:-}
exec sh /run/commands.sh"
