# Reads topology.conf. Sourced by bash: lab/lab and mail/setup.
# Every function prints words of the lines "KIND NAME …".

topology_file=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)/topology.conf

# The lines of a kind, and of one name where it is given, without the kind and comments.
topology() { awk -v kind="$1" -v name="${2:-}" '{ sub(/#.*/, "") } $1 == kind && (name == "" || $2 == name) { $1 = ""; sub(/^ /, ""); print }' "$topology_file"; }

topology_hosts() { topology host | cut -d' ' -f1; }
network_of() { topology host "$1" | cut -d' ' -f2; }
addresses_of() { topology host "$1" | cut -d' ' -f3- | tr ' ' '\n'; }
gateways_of() { topology network "$1" | cut -d' ' -f2- | tr ' ' '\n' | sed 's,/.*,,'; }
is_ipv6() { case $1 in *:*) true ;; *) false ;; esac; }

# The IPv4 prefix that an address like 192.168.25.1/24 lies in: 192.168.25.0/24.
prefix_of() {
    local a b c d length value
    IFS=./ read -r a b c d length <<<"$1"
    value=$(((a << 24 | b << 16 | c << 8 | d) & (0xffffffff << (32 - length))))
    echo "$((value >> 24 & 255)).$((value >> 16 & 255)).$((value >> 8 & 255)).$((value & 255))/$length"
}
