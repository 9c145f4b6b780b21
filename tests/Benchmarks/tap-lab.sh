# What families and attacks share: a client's and a server's namespace with the router, or a C copier, between them. Sourced by bash once `root` is set; reads their options.
# shellcheck shell=bash
here=$root/tests/Benchmarks
rounds=5 span=3 install=yes build=yes router=$root/router/bin/Release/net10.0/op25b-router
while [ $# -gt 0 ]; do
    case $1 in
        --rounds) rounds=$2; shift 2 ;;
        --seconds) span=$2; shift 2 ;;
        --router) router=$2; shift 2 ;;
        --no-install) install=no; shift ;;
        --no-build) build=no; shift ;;
        -h | --help) sed -n '2,/^set /{/^set /d;s/^# \{0,1\}//;p}' "$0"; exit 0 ;;
        *) echo "${0##*/}: unknown option $1 (see --help)" >&2; exit 2 ;;
    esac
done
[ "$(id -u)" = 0 ] || { echo "${0##*/}: it makes network namespaces and TAP devices and so needs root" >&2; exit 1; }
work=$(mktemp -d) C=tap$$c S=tap$$s pid=
say() { printf '== %s\n' "$*" >&2; }
die() { printf '%s: %s\n' "${0##*/}" "$*" >&2; exit 1; }
. "$root/lab/lib/guest.sh"
[ $install = no ] || install_packages ip:iproute2 nft:nftables ping:iputils-ping iperf3:iperf3 gcc:gcc libc-headers:libc6-dev liburing:liburing-dev >&2
[ $build = no ] || { find_sdk; build_release router/router.csproj; } >&2
gcc -O2 -o "$work/copier" "$here/copier.c" -luring
gcc -O2 -o "$work/flood" "$here/flood.c"

down() {
    if [ -n "$pid" ]; then kill "$pid" 2>/dev/null && wait "$pid" 2>/dev/null || true; fi
    pid=
    for n in $C $S; do ip netns del $n 2>/dev/null || true; done
}
trap 'down; rm -rf "$work"' EXIT
trap 'echo "${0##*/}: line $LINENO: $BASH_COMMAND failed" >&2; tail -5 "$work/log" >&2 || true' ERR
wait_for() { for _ in $(seq 100); do "$@" >/dev/null 2>&1 && return 0; sleep 0.1; done; echo "${0##*/}: timed out: $*" >&2; return 1; }

server4=203.0.113.25 server6=2001:db8:25:3::25
source4=192.168.25.100 source6=2001:db8:25:1::100

namespaces() { for n in $C $S; do ip netns add $n; ip -n $n link set lo up; done; ip netns exec $S sysctl -qw net.ipv4.conf.all.rp_filter=0; }
place() { # NAMESPACE ADDRESS4 ADDRESS6 [GATEWAY4 GATEWAY6]
    wait_for ip -n "$1" link show tap0
    ip netns exec "$1" sysctl -qw net.ipv6.conf.tap0.accept_ra=0
    ip -n "$1" link set tap0 up txqueuelen 10000
    ip -n "$1" addr add "$2" dev tap0
    ip -n "$1" addr add "$3" dev tap0 nodad
    if [ -n "${4:-}" ]; then ip -n "$1" route add default via "$4"; ip -n "$1" -6 route add default via "$5"; fi
}
# Floods go to port 9, and end in the server's namespace. Between subscribers and outside the copier's frames need an address of the server's own network.
up_copier() {
    namespaces
    "$work/copier" 1 $C tap0 $S tap0 2>"$work/log" & pid=$!
    place $C 203.0.113.10/24 2001:db8:25:3::10/64
    place $S $server4/24 $server6/64
}
up_router() {
    namespaces
    cat >"$work/router.json" <<J
{ "Interfaces": [
    { "Name": "lan", "Role": "Lan", "Tap": "tap0", "Namespace": "$C", "Addresses": ["192.168.25.1/24", "10.0.0.1/12", "2001:db8:25:1::1/64"] },
    { "Name": "wan", "Role": "Wan", "Tap": "tap0", "Namespace": "$S", "Addresses": ["203.0.113.2/24", "2001:db8:25:3::2/64"] } ],
  "Nat": { "Addresses": ["203.0.113.2"] },
  "Op25b": { "Groups": [ { "Name": "dynamic", "Sources": ["192.168.25.0/24", "10.0.0.0/12", "2001:db8:25:1::/64"] } ],
    "OwnMailServers": { "Addresses": ["198.51.100.25", "2001:db8:25:2::25"] },
    "Phases": [ { "Name": "op25b", "From": "2008-04-01T11:00:00+09:00", "Mode": "Block", "Action": "Icmp" } ] },
  "Metrics": { "Listen": "127.0.0.1:0" }, "Control": { "Socket": "$work/control.sock" } }
J
    "$router" run --config "$work/router.json" >"$work/log" 2>&1 & pid=$!
    place $C 192.168.25.10/24 2001:db8:25:1::10/64 192.168.25.1 2001:db8:25:1::1
    place $S $server4/24 $server6/64 203.0.113.2 2001:db8:25:3::2
}
up() {
    up_"$1"
    ip netns exec $S nft -f - <<'N'
table inet swallow {
    chain input { type filter hook prerouting priority -300; udp dport 9 drop; }
}
N
    for address in $server4 $server6; do wait_for ip netns exec $C ping -qc 1 -W 1 $address; done
}

knows() { ip netns exec "$1" ping -qc 1 -W 1 "$2" >/dev/null || true; ip -n "$1" neigh show "$2" dev tap0 | grep -q lladdr; }
# The hardware address that a namespace sends to for an address: hop NAMESPACE ADDRESS
hop() {
    local next
    next=$(ip -n "$1" route get "$2" | sed -n 's/.* via \([^ ]*\).*/\1/p')
    wait_for knows "$1" "${next:-$2}"
    ip -n "$1" neigh show "${next:-$2}" dev tap0 | grep -o 'lladdr [^ ]*' | cut -d' ' -f2
}
received() { ip -n $S -s link show tap0 | awk '/RX:/{getline; print $2}'; }
# Thousands a second that arrive while it floods: small FAMILY [FLOOD-OPTION...]
small() {
    local server=server$1 source=source$1 payload=18 a b t0 t1 generator
    if [ "$1" = 6 ]; then payload=0; fi
    ip netns exec $C "$work/flood" "${@:2}" tap0 "$(hop $C "${!server}")" "${!source}" "${!server}" 9 $payload $((span + 1)) >/dev/null & generator=$!
    sleep 0.5
    a=$(received) t0=$(date +%s%N)
    sleep $span
    b=$(received) t1=$(date +%s%N)
    wait $generator
    awk -v n=$((b - a)) -v t=$((t1 - t0)) 'BEGIN { printf "%.1f", n * 1e6 / t }'
}
streams() {
    local server=server$1
    ip netns exec $S iperf3 -s -1 -D
    wait_for ip netns exec $S ss -Hltn "sport = 5201"
    sleep 0.3
    ip netns exec $C iperf3 -c "${!server}" -t $span -P 8 -J | python3 -c 'import json, sys; print("%.2f" % (json.load(sys.stdin)["end"]["sum_received"]["bits_per_second"] / 1e9))'
}

