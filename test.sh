#!/bin/bash
# Builds the router and runs its test suites. Run it as root (sudo ./test.sh), from any folder, as often as you like.
#
# usage: test.sh [--only SUITE]... [--method PATTERN]... [--no-install] [--no-build]
#   --only SUITE       run only this suite (Unit, Simulation, EndToEnd, ...); may be repeated
#   --method PATTERN   run only matching tests, as in --method '*Port25*'; may be repeated
#   --no-install       use the tools that are here; tests that lack one are skipped and say so
#   --no-build         use the last Release build
# environment: CI=true makes a skipped test a failed one; ROUTER_UNDER_TEST=Kernel,Epoll narrows the routers of the end-to-end suite;
#   ROUTER_BINARY names another binary than this repository's; SUITE_LIMIT (15m) bounds each suite.
# Ends with the line "N passed, N failed" (", N skipped"). Exit code: 0 when all passed, 1 when one failed, 2 when it could not start.
set -uo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
limit=${SUITE_LIMIT:-15m}
install=yes build=yes only=() filter=()

say() { printf '\n== %s\n' "$*"; }
die() { printf 'test.sh: %s\n' "$*" >&2; exit 2; }

while [ $# -gt 0 ]; do
    case $1 in
        --only) [ $# -gt 1 ] || die "--only needs the name of a suite"; only+=("$2"); shift 2 ;;
        --method) [ $# -gt 1 ] || die "--method needs a pattern"; filter+=(-method "$2"); shift 2 ;;
        --no-install) install=no; shift ;;
        --no-build) build=no; shift ;;
        -h | --help) sed -n '2,/^set /{/^set /d;s/^# \{0,1\}//;p}' "${BASH_SOURCE[0]}"; exit 0 ;;
        *) die "unknown option $1 (see --help)" ;;
    esac
done

[ "$(id -u)" = 0 ] || die "the end-to-end suite makes network namespaces and TAP devices: run it as root, sudo $0"

reports=$(mktemp -d)
policy=/usr/sbin/policy-rc.d made_policy=no
cleanup() {
    [ $made_policy = yes ] && rm -f "$policy"
    rm -rf "$reports"
}
trap cleanup EXIT
trap 'exit 130' INT TERM

# --- Tools, from Debian: docs/dependencies.md says what each is for.
packages=(iproute2 nftables ethtool iperf3 iputils-ping traceroute tcpdump python3 python3-scapy procps util-linux prometheus)

missing_packages() {
    local package
    for package in "${packages[@]}"; do
        dpkg-query -W -f '${db:Status-Status}\n' "$package" 2>/dev/null | grep -qx installed || printf '%s\n' "$package"
    done
}

install_packages() {
    command -v apt-get >/dev/null || { say "no apt-get here: install what this machine lacks of: ${packages[*]}"; return; }
    local missing
    mapfile -t missing < <(missing_packages)
    [ ${#missing[@]} -gt 0 ] || { say "tools: all here"; return; }
    say "installing ${missing[*]}"
    if [ ! -e "$policy" ]; then # no package may start a daemon here
        printf '#!/bin/sh\nexit 101\n' >"$policy" && chmod 755 "$policy" && made_policy=yes
    fi
    export DEBIAN_FRONTEND=noninteractive
    apt-get -qq update || die "apt-get update failed: is the network there? Or use --no-install"
    apt-get -qq install -y --no-install-recommends "${missing[@]}" >"$reports/apt.log" 2>&1 || { cat "$reports/apt.log" >&2; die "cannot install ${missing[*]}"; }
    [ $made_policy = yes ] && rm -f "$policy" && made_policy=no
}

# --- The SDK. sudo's path often lacks it.
find_dotnet() {
    local invoker=${SUDO_USER:-root} candidate
    local home; home=$(getent passwd "$invoker" | cut -d: -f6)
    for candidate in "$(command -v dotnet)" "${DOTNET_ROOT:-/nonexistent}/dotnet" "$home/.dotnet/dotnet" /usr/share/dotnet/dotnet /usr/lib/dotnet/dotnet /usr/local/share/dotnet/dotnet; do
        [ -x "$candidate" ] && "$candidate" --list-sdks 2>/dev/null | grep -q '^10\.' && { readlink -f "$candidate"; return; }
    done
    return 1
}

# Builds as whoever owns the repository, so that sudo leaves no files of root's behind.
as_owner() {
    local owner home; owner=$(stat -c %U "$root")
    if [ "$owner" = root ] || [ "$owner" = UNKNOWN ]; then "$@"; return; fi
    home=$(getent passwd "$owner" | cut -d: -f6)
    runuser -u "$owner" -- env HOME="$home" "$@"
}

build_all() {
    say "building (Release) as $(stat -c %U "$root")"
    as_owner "$dotnet" build "$root/router.sln" -c Release -nologo -v quiet --disable-build-servers || die "the build failed"
}

# --- Suites: every xunit project under tests/.
suites() {
    local project
    grep -l '"xunit.v3"' "$root"/tests/*/*.csproj | while read -r project; do basename "$project" .csproj; done |
        awk '{ rank = $0 == "Unit" ? 0 : $0 == "EndToEnd" ? 2 : 1; print rank, $0 }' | sort | cut -d' ' -f2
}

passed=0 failed=0 skipped=0 broken=()

# Counts come from the report, test by test, never from the exit code alone.
count() { grep -o "<test [^>]* result=\"$1\"" "$2" | wc -l; }

run_suite() {
    local name=$1 executable=$root/tests/$1/bin/Release/net10.0/$1 report=$reports/$1.xml options=(-noLogo -noColor) code p f s e
    say "$name"
    [ -x "$executable" ] || { broken+=("$name was not built: $executable"); return; }
    [ "${CI:-}" = true ] && options+=(-failSkips)
    timeout --kill-after=10s "$limit" "$executable" "${options[@]}" -result-xml "$report" "${filter[@]}"
    code=$?
    [ $code = 124 ] || [ $code = 137 ] && broken+=("$name ran longer than $limit")
    if ! [ -s "$report" ]; then
        broken+=("$name ended with exit code $code and left no report")
        return
    fi
    p=$(count Pass "$report") f=$(count Fail "$report") s=$(count Skip "$report")
    e=$(grep -o '<assembly [^>]* errors="[0-9]*"' "$report" | sed 's/.*errors="\([0-9]*\)"/\1/' | awk '{ n += $1 } END { print n + 0 }')
    passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))
    [ "$e" -gt 0 ] && broken+=("$name: $e errors outside its tests")
    [ $((p + f + s)) = 0 ] && [ ${#filter[@]} = 0 ] && broken+=("$name ran no test")
    [ "$code" != 0 ] && [ "$f" = 0 ] && [ "$e" = 0 ] && [ $((p + f + s)) != 0 ] && broken+=("$name ended with exit code $code although no test failed")
    printf '%s: %s passed, %s failed, %s skipped\n' "$name" "$p" "$f" "$s"
}

[ $install = yes ] && install_packages
dotnet=$(find_dotnet) || die "the .NET 10 SDK is not here (looked in PATH, ~/.dotnet, /usr/share, /usr/lib, /usr/local/share). Install it: https://dotnet.microsoft.com/download/dotnet/10.0"
export DOTNET_ROOT=${dotnet%/*} DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 PATH=$PATH:/usr/sbin:/sbin
say "SDK $("$dotnet" --version) in $DOTNET_ROOT"
[ $build = yes ] && build_all

mapfile -t all < <(suites)
[ ${#all[@]} -gt 0 ] || die "no test project under $root/tests"
for name in "${only[@]}"; do
    printf '%s\n' "${all[@]}" | grep -qx -- "$name" || die "no suite $name: there are ${all[*]}"
done
for name in "${all[@]}"; do
    [ ${#only[@]} = 0 ] || printf '%s\n' "${only[@]}" | grep -qx -- "$name" || continue
    run_suite "$name"
done
[ $((passed + failed + skipped + ${#broken[@]})) = 0 ] && broken+=("nothing matched")

# A suite that crashed, hung or ran nothing counts as one failure.
[ ${#broken[@]} -gt 0 ] && { say "not as it should be"; printf '%s\n' "${broken[@]}"; }
failed=$((failed + ${#broken[@]}))
summary="$passed passed, $failed failed"
[ $skipped -gt 0 ] && summary+=", $skipped skipped"
printf '\n%s\n' "$summary"
[ $failed = 0 ]
