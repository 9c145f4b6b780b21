#!/usr/bin/env bash
# Installs what the tests need, builds the router, and runs every test suite. Run it as root (sudo ./test.sh), from any folder, as often as you like.
#
# usage: test.sh [--only SUITE]... [--no-install] [--no-build] [-- OPTION...]
#   --only SUITE   run only this suite (Unit, Simulation, EndToEnd, ...); may be repeated
#   --no-install   use the tools that are here; a test that lacks one skips itself and says so
#   --no-build     use the last Release build
#   -- OPTION...   what follows goes to every suite, as in: -- -method '*Port25*' (a suite's own --help lists what there is)
# environment: CI=true makes the run fail where a test was skipped; ROUTER_UNDER_TEST=Kernel,Epoll narrows the routers of the end-to-end suite;
#   ROUTER_BINARY names another binary than this repository's; SUITE_LIMIT (30m) bounds each suite.
# The last line is "N passed, N failed" (", N skipped" where some were). Exit code: 0 all passed, 1 something failed, 2 wrong usage, 130 or 143 interrupted.
set -Eeuo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
script=$root/${BASH_SOURCE[0]##*/}
limit=${SUITE_LIMIT:-30m}
install=yes build=yes only=() options=()

say() { printf '\n== %s\n' "$*"; }
usage_error() { printf 'test.sh: %s (see --help)\n' "$*" >&2; exit 2; }

# Whatever ends the run before its tests is one failure.
die() {
    printf 'test.sh: %s\n' "$*" >&2
    printf '\n0 passed, 1 failed\n'
    exit 1
}

while [ $# -gt 0 ]; do
    case $1 in
        --only) [ $# -gt 1 ] || usage_error "--only needs the name of a suite"; only+=("$2"); shift 2 ;;
        --no-install) install=no; shift ;;
        --no-build) build=no; shift ;;
        -h | --help) sed -n '2,/^set /{/^set /d;s/^# \{0,1\}//;p}' "$script"; exit 0 ;;
        --) shift; options=("$@"); break ;;
        *) usage_error "unknown option $1" ;;
    esac
done

[ "$(id -u)" = 0 ] || { echo "test.sh: the tests make network namespaces and TAP devices and so need root: sudo $script" >&2; exit 1; }

cd "$root"
work=$(mktemp -d)
suite_pid=
. "$root/lab/lib/guest.sh"

end_suite() {
    [ -n "$suite_pid" ] || return 0
    kill -TERM -- "-$suite_pid" 2>/dev/null || return 0
    for _ in {1..50}; do kill -0 -- "-$suite_pid" 2>/dev/null || return 0; sleep 0.1; done
    kill -KILL -- "-$suite_pid" 2>/dev/null || true
}

finish() {
    trap - ERR
    set +e
    end_suite
    remove_leftovers
    allow_daemons
    rm -rf "$work"
}
trap finish EXIT
trap 'die "line $LINENO: $BASH_COMMAND failed"' ERR
trap 'exit 130' INT
trap 'exit 143' TERM HUP

# docs/dependencies.md says what each is for.
tools=("${lab_tools[@]}" nft:nftables ethtool:ethtool iperf3:iperf3 traceroute:traceroute tcpdump:tcpdump curl:curl tshark:tshark python3:python3 scapy:python3-scapy aioice:python3-aioice promtool:prometheus turnserver:coturn mtr:mtr-tiny tracepath:iputils-tracepath nmap:nmap rdisc6:ndisc6 udhcpc:udhcpc systemd-analyze:systemd atk6-firewall6:thc-ipv6 nfcapd:nfdump)

# --- Suites: every xunit project under tests/, the quick ones first.
suites() {
    grep -l '"xunit\.v3"' tests/*/*.csproj | xargs -n 1 basename -s .csproj | awk '{ print ($0 == "Unit" ? 0 : $0 == "EndToEnd" ? 2 : 1), $0 }' | sort | cut -d' ' -f2
}

passed=0 failed=0 skipped=0 broken=()

# What the report says of the whole suite: total "passed", "failed", "skipped" or "errors".
count() { sed -n "s/.*<assembly [^>]* $1=\"\([0-9]*\)\".*/\1/p" "$2" | head -n 1; }

# The names of tests that failed, and of what broke outside a test, each with its message.
failures() {
    awk -v RS='<(test|error) ' '
        NR > 1 && match($0, /<failure/) {
            head = substr($0, 1, RSTART)
            if (head !~ /result="Fail"/ && head ~ /result="/) next
            text = $0
            sub(/^.*<message>/, "", text); sub(/<\/message>.*$/, "", text); gsub(/<!\[CDATA\[|\]\]>/, "", text)
            name = "outside a test"
            if (match(head, / name="[^"]*"/)) name = substr(head, RSTART + 7, RLENGTH - 8)
            line = "FAILED " name "\n" text
            gsub(/\n/, "\n    ", line); gsub(/&lt;/, "<", line); gsub(/&gt;/, ">", line); gsub(/&quot;/, "\"", line); gsub(/&#x[AD];/, " ", line); gsub(/&amp;/, "\\&", line)
            print line
        }' "$1"
}

run_suite() {
    local name=$1 executable=tests/$1/bin/Release/net10.0/$1 report=$work/$1.xml code=0 before=${#broken[@]} p f s e
    say "$name"
    [ -x "$executable" ] || { broken+=("$name is not built: there is no $executable"); return 0; }
    # In a process group of its own, so that an interrupted run can end all of it; this shell waits in a way that signals get through.
    set -m
    timeout --foreground --kill-after=10s "$limit" "$executable" -noLogo -noColor -result-xml "$report" "${options[@]}" </dev/null &
    suite_pid=$!
    set +m
    wait "$suite_pid" || code=$?
    end_suite
    suite_pid=
    if [ $code = 124 ] || [ $code = 137 ]; then broken+=("$name ran longer than $limit, or was killed"); code=0; fi
    p=$(count passed "$report" 2>/dev/null) f=$(count failed "$report" 2>/dev/null) s=$(count skipped "$report" 2>/dev/null) e=$(count errors "$report" 2>/dev/null) || true
    if [ -z "${p:-}" ] || [ -z "${f:-}" ] || [ -z "${s:-}" ] || [ -z "${e:-}" ]; then
        [ ${#broken[@]} != $before ] || broken+=("$name ended with exit code $code and left no report")
        return 0
    fi
    failures "$report" >>"$work/failures"
    passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))
    [ "$e" = 0 ] || broken+=("$name: $e errors outside its tests")
    [ $((p + f + s)) != 0 ] || [ ${#options[@]} != 0 ] || broken+=("$name ran no test")
    [ $code = 0 ] || [ $((f + e)) != 0 ] || [ $((p + f + s)) = 0 ] || broken+=("$name ended with exit code $code although no test failed")
    echo "$name: $p passed, $f failed, $s skipped"
}

# What an end-to-end suite that was killed left behind. Names carry the id of the process that made them (tests/Support/EndToEnd/Leftovers.cs, TapLab.cs);
# what belongs to a suite that still runs is let be.
remove_leftovers() {
    local name process folder
    is_orphan() { [[ $1 =~ ^(op25b-t|t|tapdev-)([0-9]+)-[0-9]+[-lr] ]] && ! grep -qs EndToEnd "/proc/${BASH_REMATCH[2]}/cmdline"; }
    command -v ip >/dev/null || return 0
    for folder in /run/op25b-lab/*; do
        name=${folder##*/}
        if is_orphan "$name-lab"; then "$root/lab/lab" --prefix "$name" down >/dev/null; fi
    done
    for folder in "${TMPDIR:-/tmp}"/op25b-t*; do
        [ -d "$folder" ] && is_orphan "${folder##*/}" || continue
        for process in /proc/[0-9]*; do
            if tr '\0' ' ' 2>/dev/null <"$process/cmdline" | grep -qF -- "$folder/"; then kill -KILL "${process#/proc/}" 2>/dev/null; fi
        done
        rm -rf "$folder"
    done
    for name in $(ip netns list | cut -d' ' -f1); do
        is_orphan "$name" || continue
        for process in $(ip netns pids "$name"); do kill -KILL "$process" 2>/dev/null; done
        ip netns del "$name"
    done
    return 0
}

export PATH=$PATH:/usr/sbin:/sbin

[ $install = no ] || install_packages "${tools[@]}"
find_sdk

all=$(suites) || die "there is no test project under tests/"
for name in "${only[@]}"; do
    grep -qx -- "$name" <<<"$all" || usage_error "there is no suite $name; there are: ${all//$'\n'/ }"
done
[ $build = no ] || build_release router.sln

for name in $all; do
    if [ ${#only[@]} = 0 ] || printf '%s\n' "${only[@]}" | grep -qx -- "$name"; then run_suite "$name"; fi
done

[ $((passed + failed + skipped + ${#broken[@]})) != 0 ] || broken+=("no test was run")
if [ -s "$work/failures" ]; then say "failed"; cat "$work/failures"; fi
# A suite that crashed, hung or ran nothing counts as one failure.
if [ ${#broken[@]} != 0 ]; then say "not as it should be"; printf '%s\n' "${broken[@]}"; fi
failed=$((failed + ${#broken[@]})) code=0 summary=
[ $failed = 0 ] || code=1
if [ "${CI:-}" = true ] && [ $skipped != 0 ]; then say "CI=true, and $skipped tests were skipped: the run has failed"; code=1; fi
summary="$passed passed, $failed failed"
[ $skipped = 0 ] || summary+=", $skipped skipped"
printf '\n%s\n' "$summary"
exit $code
