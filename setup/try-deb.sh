#!/bin/sh
# Tries the Debian package as the person does who installs it: install, answer, upgrade, answer, remove, purge, install again;
# what people said and drew stays. `make try-deb` calls it with a folder that holds the starter models. It installs and removes
# the package and leaves nothing behind, so it wants root on a machine that can be thrown away.
set -eu

starter=$1
data=/var/lib/aisaac
work=$(mktemp -d)
chmod 755 "$work"

stop() {
    echo "try-deb: $*" >&2
    exit 1
}

[ "$(id -u)" = 0 ] || stop "this needs root, in a container or on a machine that can be thrown away"
[ ! -e $data ] || stop "there is a $data here already; this is for a machine that can be thrown away"
! dpkg -s aisaac >/dev/null 2>&1 || stop "aisaac is installed here already"
trap 'apt-get purge -y -qq aisaac >/dev/null 2>&1; userdel aisaac 2>/dev/null; rm -rf "$work" $data' EXIT

apt() {
    DEBIAN_FRONTEND=noninteractive apt-get "$@" >"$work/apt" 2>&1 || { cat "$work/apt"; stop "apt-get $* failed"; }
}

# As the service's user, in its folder, with no other environment.
aisaac() {
    (cd / && runuser -u aisaac -- env -i PATH=/usr/bin:/bin LANG=C.UTF-8 /usr/bin/aisaac --data $data "$@")
}

# The picture is asked for by a seed, so that it can be found again.
answers() {
    said=$(aisaac ask "What is the capital of France?") || stop "no answer: $said"
    echo "  asked for the capital of France: $said"
    drawn=$(aisaac ask --json "draw a red apple --steps 4 --seed $1") || stop "no picture: $drawn"
    echo "$drawn" | grep -q '"kind":"picture"' || stop "no picture: $drawn"
    [ "$(ls $data/media/*-"$1".png | wc -l)" = 1 ] || stop "the picture is not in $data/media"
    echo "  drew an apple with seed $1"
}

package() {
    "$DEB" --no-build --locked --quiet --fast --profile "$([ "$PROFILE" = release ] && echo release || echo dev)" \
        --deb-revision "$1" --output "$work/aisaac-$1.deb"
    chmod 644 "$work/aisaac-$1.deb"
}

package 1
package 2

echo "install"
apt install -y -qq --no-install-recommends "$work/aisaac-1.deb"
aisaac --version
[ "$(stat -c '%U:%G %a' $data)" = "aisaac:aisaac 700" ] || stop "$data is not its own: $(stat -c '%U:%G %a' $data)"
[ ! -e /etc/systemd/system/multi-user.target.wants/aisaac.service ] || stop "it is enabled, and nobody asked for that"
systemd-analyze verify aisaac.service 2>&1 | grep -v "RestartSteps\|RestartMaxDelaySec" | grep "aisaac.service" && stop "the unit is not well"
[ -f /usr/share/aisaac/aisaac.example.toml ] || stop "no example of a configuration"
aisaac --config /usr/share/aisaac/aisaac.example.toml config check
code=0
aisaac run 2>/dev/null || code=$?
[ $code = 2 ] || stop "without a messenger the daemon ends with $code, not with 2"
for part in models runtime; do cp -r "$starter/$part" $data/; done
chown -R aisaac:aisaac $data
answers 7001

echo "upgrade"
apt install -y -qq --no-install-recommends "$work/aisaac-2.deb"
dpkg -s aisaac | grep -q '^Version: .*-2$' || stop "it is not the newer one"
answers 7002
ls $data/media/*-7001.png >/dev/null || stop "the picture from before the upgrade is gone"

echo "remove, purge"
apt remove -y -qq aisaac
[ ! -e /usr/bin/aisaac ] && [ ! -e /usr/lib/systemd/system/aisaac.service ] || stop "something of it is left"
apt purge -y -qq aisaac
grep "stay in $data" "$work/apt" || stop "nothing is said about the data"
[ -f $data/aisaac.db ] && [ -f $data/models/instruct/model.onnx ] || stop "the data is gone"

echo "install again"
apt install -y -qq --no-install-recommends "$work/aisaac-2.deb"
rows=$(aisaac queue list)
[ "$(echo "$rows" | grep -c apple)" = 2 ] || stop "the drawings are not remembered: $rows"
answers 7003
echo "try-deb: everything held"
