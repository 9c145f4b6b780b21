#!/usr/bin/env bash
# The end-to-end tests on real machines: builds the router and the box, brings up the topology with Vagrant and libvirt, runs the tests over ssh, and destroys all of it.
# Without KVM the machines are emulated. Run it as root on Debian (sudo vagrant/e2e.sh), from any folder, as often as you like.
#
# usage: vagrant/e2e.sh [--no-install] [--no-build] [--new-box] [--shell] [-- OPTION...]
#   --no-install   use the tools that are here
#   --no-build     use the last published router and the last Release build of the tests
#   --new-box      build the box even where one is there that fits
#   --shell        a shell beside the machines in place of the tests: vagrant/lab, vagrant and virsh work there; its end is theirs
#   -- OPTION...   what follows goes to the tests, as in: -- -method '*Reboot*'
# environment: OP25B_CACHE (~/.cache/op25b) is the folder where the box is kept.
# libvirtd, its machines, networks and disks are in namespaces of their own and in memory: nothing leaves them, and they end with this script, however it ends.
# On a failure consoles and logs are in TestResults/vagrant. The last line is "N passed, N failed". Exit code: 0 all passed, 1 something failed, 2 wrong usage.
set -Eeuo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(dirname "$here")
script=$here/${BASH_SOURCE[0]##*/}
cache=${OP25B_CACHE:-${HOME:-/root}/.cache/op25b}
install=yes build=yes new_box=no shell=no

say() { printf '\n== %s\n' "$*"; }
usage_error() { printf 'e2e.sh: %s (see --help)\n' "$*" >&2; exit 2; }
die() {
    printf 'e2e.sh: %s\n' "$*" >&2
    printf '\n0 passed, 1 failed\n'
    exit 1
}

while [ $# -gt 0 ]; do
    case $1 in
        --no-install) install=no; shift ;;
        --no-build) build=no; shift ;;
        --new-box) new_box=yes; shift ;;
        --shell) shell=yes; shift ;;
        -h | --help) sed -n '2,/^set /{/^set /d;s/^# \{0,1\}//;p}' "$script"; exit 0 ;;
        --) shift; break ;;
        *) usage_error "unknown option $1" ;;
    esac
done
[ "$(id -u)" = 0 ] || { echo "e2e.sh: namespaces and libvirt need root: sudo $script" >&2; exit 1; }

export PATH=$PATH:/usr/sbin:/sbin
work=$(mktemp -d)
. "$root/lab/lib/guest.sh"
finish() {
    trap - ERR
    allow_daemons
    rm -rf "$work"
}
trap finish EXIT
trap 'die "line $LINENO: $BASH_COMMAND failed"' ERR
trap 'exit 130' INT
trap 'exit 143' TERM HUP

tools=(vagrant:vagrant -:vagrant-libvirt qemu-system-x86_64:qemu-system-x86 qemu-img:qemu-utils libvirtd:libvirt-daemon-system virsh:libvirt-clients dnsmasq:dnsmasq-base
    iptables:iptables mmdebstrap:mmdebstrap extlinux:extlinux sfdisk:fdisk mke2fs:e2fsprogs unshare:util-linux ip:iproute2 ssh:openssh-client curl:curl ruby:ruby gcc:gcc -:libc6-dev)
[ $install = no ] || install_packages "${tools[@]}"
find_sdk
if [ $build = yes ]; then
    build_release tests/EndToEnd/EndToEnd.csproj
    say "publishing the router as $builder"
    dotnet=$dotnet as_builder "$here/publish" </dev/null || die "the router was not published"
fi

lacking=$(ruby -r "$here/preflight" -e 'puts Preflight.lacking_for_tests')
[ -z "$lacking" ] || die "$lacking"

box=$cache/debian12-$("$here/box/build" --fingerprint).box
if [ $new_box = yes ] || [ ! -e "$box" ]; then
    say "building the box $box"
    mkdir -p "$cache"
    rm -rf "$cache"/debian12-*
    "$here/box/build" "$box" || die "the box was not built"
else
    say "the box is $box"
fi

finish
trap - EXIT
export OP25B_ROOT=$root OP25B_BOX=$box OP25B_SHELL=$shell OP25B_RESULTS=$root/TestResults/vagrant
exec unshare --net --mount --pid --fork --kill-child --mount-proc --propagation private "$here/e2e-inside" "$@"
