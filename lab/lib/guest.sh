# How demo.sh, test.sh and lab/lab behave on somebody's machine: they install only what lacks, start no service, and build as the user who called sudo.
# Sourced by bash once `root` (the repository) is set; installing and building need `work` (a folder for logs) and the functions say and die too.

# What the lab needs, as "command:package": a command that tells that the package is there, for systems other than Debian; its package.
lab_tools=(ip:iproute2 ping:iputils-ping ps:procps flock:util-linux postfix:postfix saslpasswd2:sasl2-bin sasl-plain:libsasl2-modules dnsmasq:dnsmasq-base
    swaks:swaks perl-ssl:libnet-ssleay-perl perl-inet6:libio-socket-inet6-perl openssl:openssl)

policy=/usr/sbin/policy-rc.d
policy_mark='Made by the OP25B router'\''s scripts while they install packages, so that none starts a daemon. If no such script runs, remove this file.'

is_installed() { [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]; }

has_tool() {
    case $1 in
        scapy | aioice) /usr/bin/python3 -c "import $1" 2>/dev/null ;;
        perl-ssl) perl -MNet::SSLeay -e 1 2>/dev/null ;;
        perl-inet6) perl -MIO::Socket::INET6 -e 1 2>/dev/null ;;
        sasl-plain) { compgen -G '/usr/lib*/sasl2/libplain.so*' || compgen -G '/usr/lib/*/sasl2/libplain.so*'; } >/dev/null ;;
        *) command -v "$1" >/dev/null ;;
    esac
}

# Of "command:package" words, the packages that lack: on Debian as dpkg says, elsewhere by their commands.
missing_packages() {
    local tool
    for tool; do
        if command -v dpkg-query >/dev/null; then is_installed "${tool#*:}"; else has_tool "${tool%:*}"; fi || printf '%s ' "${tool#*:}"
    done
}

elsewhere() {
    if command -v dnf >/dev/null; then echo "sudo dnf install"
    elif command -v pacman >/dev/null; then echo "sudo pacman -S"
    elif command -v zypper >/dev/null; then echo "sudo zypper install"
    elif command -v apk >/dev/null; then echo "sudo apk add"
    else echo "your package manager with"; fi
}

# No package may start a daemon here. A policy of the house's own stays, if it forbids that too.
forbid_daemons() {
    if [ -e "$policy" ] && ! grep -qF "$policy_mark" "$policy"; then
        local code=0
        "$policy" postfix start >/dev/null 2>&1 || code=$?
        [ $code = 101 ] || die "$policy lets packages start their daemons, and this script must not replace it. Install the packages yourself, and run this again with --no-install: apt-get install --no-install-recommends $*"
        return 0
    fi
    printf '#!/bin/sh\n# %s\nexit 101\n' "$policy_mark" >"$policy"
    chmod 755 "$policy"
}

allow_daemons() { if grep -qsF "$policy_mark" "$policy"; then rm -f "$policy"; fi; }

# Nor may they start at the next boot.
disable_services() {
    [ -d /run/systemd/system ] || return 0
    local units
    units=$(dpkg-query -L "$@" 2>/dev/null | sed -n 's,^\(/usr\)\?/lib/systemd/system/\([^/]*\.\(service\|timer\|socket\)\)$,\2,p' | grep -v '@' | sort -u | tr '\n' ' ')
    # shellcheck disable=SC2086 # a list of words
    [ -z "$units" ] || systemctl --quiet disable $units 2>/dev/null || true
}

# Installs what lacks of "command:package" words, and says so before.
install_packages() {
    local missing removed
    missing=$(missing_packages "$@")
    missing=${missing% }
    if [ -z "$missing" ]; then say "tools: all here"; return; fi
    command -v apt-get >/dev/null || die "this is no Debian, and tools are missing. Install them (Debian's names; yours may differ): $(elsewhere) $missing"
    say "installing from Debian, without starting or enabling a service: $missing"
    export DEBIAN_FRONTEND=noninteractive
    apt-get -qq update </dev/null || die "apt-get update failed: is the network there? With --no-install this runs with what is here"
    # shellcheck disable=SC2086 # a list of words
    apt-get -s install --no-install-recommends $missing </dev/null >"$work/apt.log" 2>&1 || { cat "$work/apt.log" >&2; die "cannot install $missing"; }
    removed=$(sed -n 's/^Remv \([^ ]*\).*/\1/p' "$work/apt.log" | tr '\n' ' ')
    [ -z "$removed" ] || die "installing $missing would remove ${removed% }, which somebody may rely on. Nothing was changed. Run this in a virtual machine or a container, or remove it yourself if nobody needs it: sudo apt-get install --no-install-recommends $missing"
    # shellcheck disable=SC2086
    forbid_daemons $missing
    # Postfix brings programs only: without a main.cf of the machine's own it could not start.
    if [[ " $missing " == *" postfix "* ]]; then echo 'postfix postfix/main_mailer_type select No configuration' | debconf-set-selections; fi
    # shellcheck disable=SC2086
    apt-get -qq -o DPkg::Lock::Timeout=120 install -y --no-install-recommends $missing </dev/null >"$work/apt.log" 2>&1 || { cat "$work/apt.log" >&2; die "cannot install $missing"; }
    # shellcheck disable=SC2086
    disable_services $missing
    allow_daemons
}

# --- The SDK and the build, as the user who called sudo, or else as the repository's owner, so that no files of root's are left in it.
builder=${SUDO_USER:-root}
if [ "$builder" = root ] || ! runuser -u "$builder" -- test -w "$root"; then builder=$(stat -c %U "$root"); fi
[ "$builder" != UNKNOWN ] || builder=root

as_builder() {
    if [ "$builder" = root ]; then "$@"; return; fi
    runuser -u "$builder" -- env HOME="$(home_of "$builder")" "$@"
}

home_of() { getent passwd "$1" | cut -d: -f6; }

# The folder of the first dotnet with an SDK 10. sudo's path often lacks it.
sdk_folder() {
    local candidate folder
    for candidate in "$(command -v dotnet || true)" "${DOTNET_ROOT:-}/dotnet" "$(home_of "${SUDO_USER:-root}")/.dotnet/dotnet" "$(home_of "$builder")/.dotnet/dotnet" \
        {/usr/share,/usr/lib,/usr/lib64,/usr/local/share,/opt}/dotnet/dotnet; do
        [ -x "$candidate" ] || continue
        folder=$(as_builder "$candidate" --list-sdks 2>/dev/null | sed -n 's/^10\.[^[]*\[\(.*\)\/sdk\]$/\1/p' | tail -n 1) || continue
        if [ -n "$folder" ]; then echo "$folder"; return; fi
    done
    return 1
}

# Exports DOTNET_ROOT and sets `dotnet`.
find_sdk() {
    DOTNET_ROOT=$(sdk_folder) || die "there is no .NET SDK 10 here (looked in PATH, DOTNET_ROOT, ~/.dotnet, and dotnet/ in /usr/share, /usr/lib, /usr/local/share, /opt). Install it by Microsoft's page \"Install .NET on Debian\" (package dotnet-sdk-10.0), or without root by Microsoft's dotnet-install.sh --channel 10.0"
    export DOTNET_ROOT DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 MSBUILDDISABLENODEREUSE=1 DOTNET_SYSTEM_GLOBALIZATION_INVARIANT=1
    dotnet=$DOTNET_ROOT/dotnet
    say "the SDK is $("$dotnet" --version), in $DOTNET_ROOT"
}

# An earlier build as root would stand in the builder's way.
give_back() {
    [ "$builder" != root ] || return 0
    find "$root" -path "$root/.git" -prune -o -user root \( -name bin -o -name obj -o -path '*/bin/*' -o -path '*/obj/*' -o -name packages.lock.json \) -exec chown -h "$builder": {} +
}

# Builds a project or solution of the repository.
build_release() {
    say "building $1 in Release as $builder"
    give_back
    as_builder "$dotnet" build "$root/$1" -c Release -nologo -v quiet --disable-build-servers </dev/null || die "the build failed"
}
