# What the measuring commands of this folder share: contenders between namespaces of their own. Sourced after $root, $router and $churn are set.
#   client 192.168.25.10 ($C, device lan) -- the contender (or gateway, $G) -- server 203.0.113.25 ($S, device wan)

name=$(basename "$0")
top=$(mktemp -d) made=() pids=() settings="" of_each=""
client=192.168.25.10 gateway=192.168.25.1 server=203.0.113.25
say() { printf '== %s\n' "$*" >&2; }
die() { printf '%s: %s\n' "$name" "$*" >&2; exit 1; }

# NUMBER: which contender the functions below mean, where several are up at once. Each has namespaces and a folder ($work) of its own.
use() { C=sbs$$c${1:-} G=sbs$$g${1:-} S=sbs$$s${1:-} work=$top/${1:-one}; mkdir -p "$work"; }
use
# Ends what is up, all of it.
down() {
    for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null && wait "$pid" 2>/dev/null || true; done
    for n in "${made[@]}"; do ip netns del "$n" 2>/dev/null || true; done
    pids=() made=()
}
trap 'down; rm -rf "$top"' EXIT
trap 'echo "$name: line $LINENO: $BASH_COMMAND failed" >&2; tail -5 "$work/log" >&2 || true' ERR
wait_for() { for _ in $(seq 100); do "$@" >/dev/null 2>&1 && return 0; sleep 0.1; done; echo "$name: timed out: $*" >&2; return 1; }

# INSTALL BUILD: yes or no. The packages are those of the array tools.
prepare() {
    [ "$(id -u)" = 0 ] || die "it makes network namespaces and TAP devices and so needs root"
    . "$root/lab/lib/guest.sh"
    [ "$1" = no ] || install_packages "${tools[@]}"
    [ "$2" = no ] || { find_sdk; build_release router.sln; } >&2
}
# Where and of what a figure is.
describe() {
    printf '%s, %s processors of %s, Linux %s, .NET %s, commit %s%s, %s.' "$(date -u +%F)" "$(nproc)" "$(lscpu | sed -n 's/^Model name: *//p')" "$(uname -r)" \
        "$(dotnet --version 2>/dev/null || echo '?')" "$(git -C "$root" rev-parse --short HEAD)" "$(git -C "$root" diff --quiet HEAD || echo ' with changes')" \
        "load average before it $(cut -d' ' -f1 /proc/loadavg)"
}
# FILE NAME: standard input takes the place of the part between <!-- NAME --> and <!-- /NAME -->.
place_in() { python3 -c 'import re, sys
path, name = sys.argv[1:]
text, part = open(path).read(), sys.stdin.read()
new = re.sub(rf"(<!-- {name} -->\n).*?(<!-- /{name} -->)", lambda m: m[1] + part + m[2], text, flags=re.S)
open(path, "w").write(new)' "$1" "$2"; }

namespaces() {
    for n in $C $G $S; do ip netns add $n; made+=($n); ip -n $n link set lo up; done
    ip netns exec $C sysctl -qw net.ipv4.ip_local_port_range="1024 65000"
}
place() { ip -n "$1" link set "$2" up txqueuelen 10000; ip -n "$1" addr add "$3" dev "$2"; if [ -n "${4:-}" ]; then ip -n "$1" route add default via "$4"; fi; }
# The gateway of the contenders that are not ours has its outside in a veth pair.
outside() {
    ip link add wan netns $G type veth peer name wan netns $S
    place $G wan 203.0.113.2/24 203.0.113.1
    place $S wan $server/24
}

up_router() {
    namespaces
    cat > "$work/router.jsonc" <<J
{ "Interfaces": [
    { "Name": "lan", "Role": "Lan", "Tap": "lan", "Namespace": "$C", "Addresses": ["$gateway/24"] $of_each },
    { "Name": "wan", "Role": "Wan", "Tap": "wan", "Namespace": "$S", "Addresses": ["203.0.113.2/24"] $of_each } ],
  "Nat": { "Addresses": ["203.0.113.2"] },
  "Sessions": { "Capacity": 1048576, "PerSubscriber": { "Ports": 65535, "Sessions": 1048576 } },
  "Op25b": { "Groups": [ { "Name": "dynamic", "Sources": ["192.168.25.0/24"] } ],
    "OwnMailServers": { "Addresses": ["198.51.100.25"] },
    "Phases": [ { "Name": "op25b", "From": "2008-04-01T11:00:00+09:00", "Mode": "Block", "Action": "Icmp" } ] },
  $settings "Metrics": { "Listen": "127.0.0.1:0" }, "Control": { "Socket": "$work/control.sock" } }
J
    "$router" run --config "$work/router.jsonc" >"$work/log" 2>&1 & pids+=($!)
    wait_for ip -n $C link show lan; wait_for ip -n $S link show wan
    place $C lan $client/24 $gateway; place $S wan $server/24
}
up_kernel() {
    namespaces; outside
    ip link add lan netns $G type veth peer name lan netns $C
    place $G lan $gateway/24; place $C lan $client/24 $gateway
    ip netns exec $G sysctl -qw net.ipv4.ip_forward=1
    ip netns exec $G nft -f - <<'N'
table ip op25b {
    chain nat { type nat hook postrouting priority 100; oifname "wan" masquerade; }
    chain filter {
        type filter hook forward priority 0;
        ct state established,related accept
        iifname "lan" tcp dport 25 ip daddr != 198.51.100.25 drop
    }
}
N
}
# The least that a copier between two TAPs costs, in C, for latency: it sleeps until a frame comes.
up_copier() {
    namespaces
    [ -x "$top/copier" ] || gcc -O2 -o "$top/copier" "$root/tests/Benchmarks/sleeping-copier.c"
    "$top/copier" $C lan $S wan >"$work/log" 2>&1 & pids+=($!)
    wait_for ip -n $C link show lan; wait_for ip -n $S link show wan
    place $C lan 203.0.113.10/24; place $S wan $server/24
}
swallow() { ip netns exec $S nft -f - <<'N'
table ip swallow { chain input { type filter hook prerouting priority -300; udp dport 9 drop; }; }
N
}
up() {
    up_"$1"
    ip netns exec $S "$churn" churn-serve $server >"$work/serve.log" 2>&1 & pids+=($!)
    swallow
    # slirp4netns and pasta answer pings themselves or not at all: a query says that all is up.
    wait_for asks
}
asks() { [ "$(ip netns exec $C "$churn" churn udp $server 1 20 | cut -d' ' -f1)" -gt 0 ]; }

busy() { awk '/^cpu / {print $2 + $3 + $4 + $7 + $8}' /proc/stat; }     # hundredths of a second, the whole machine
received() { ip -n $S -s link show wan | awk '/RX:/{getline; print $2}'; }
own_address() { ip -n $C -4 -o addr show dev lan | awk '{split($4, a, "/"); print a[1]; exit}'; }
# The hardware address that the client sends to for the server, which it has asked already.
next_hop() {
    local via
    via=$(ip -n $C route get $server | sed -n 's/.* via \([^ ]*\).*/\1/p')
    ip -n $C neigh show "${via:-$server}" dev lan | awk '/lladdr/ {print $3; exit}'
}
# FLOWS FIRST-SOURCE SECONDS: UDP frames of 60 bytes, as many as arrive; prints thousands a second, and microseconds that the whole machine was busy for each.
flood() {
    [ -x "$top/flood" ] || gcc -O2 -o "$top/flood" "$root/tests/Benchmarks/flood.c"
    ip netns exec $C "$top/flood" -n "$1" lan "$(next_hop)" "$2" $server 9 18 $(($3 + 1)) >"$work/flood.log" 2>&1 & local generator=$!
    sleep 0.3
    local a c t0 b d t1
    a=$(received) c=$(busy) t0=$(date +%s%N); sleep "$3"; b=$(received) d=$(busy) t1=$(date +%s%N)
    kill $generator 2>/dev/null || true; wait $generator 2>/dev/null || true
    awk -v n=$((b - a)) -v t=$((t1 - t0)) -v c=$((d - c)) 'BEGIN {printf "%.1f %.2f", n * 1e6 / t, n ? c * 1e4 / n : 0}'
}
serve_streams() { ip netns exec $S iperf3 -s >/dev/null 2>&1 & pids+=($!); wait_for ip netns exec $S ss -Hltn "sport = 5201"; }
# STREAMS SECONDS: TCP, after serve_streams; prints Gbit/s, or 0 where it did not come about.
stream() {
    { ip netns exec $C timeout $(($2 + 10)) iperf3 -c $server -t "$2" -P "$1" -J 2>/dev/null || true; } | python3 -c 'import json, sys
try:
    print("%.2f" % (json.load(sys.stdin)["end"]["sum_received"]["bits_per_second"] / 1e9))
except (ValueError, KeyError):
    print(0)'
}
