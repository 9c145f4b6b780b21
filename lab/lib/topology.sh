# Reads topology.conf. Sourced by bash: lab/lab and mail/setup.
# Every function prints words of the lines "KIND NAME …".

topology_file=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)/topology.conf

# The lines of a kind, and of one name where it is given, without the kind and comments.
topology() { awk -v kind="$1" -v name="${2:-}" '{ sub(/#.*/, "") } $1 == kind && (name == "" || $2 == name) { $1 = ""; sub(/^ /, ""); print }' "$topology_file"; }

topology_hosts() { topology host | cut -d' ' -f1; }
network_of() { topology host "$1" | cut -d' ' -f2; }
addresses_of() { topology host "$1" | cut -d' ' -f3- | tr ' ' '\n'; }
gateways_of() { topology network "$1" | cut -d' ' -f2- | tr ' ' '\n' | sed 's,/.*,,'; }

# Of the addresses on standard input, one a line, those of a family: of_family 4|6
of_family() { awk -v family="$1" '(index($0, ":") != 0) == (family == 6)'; }

# The router's address in a network: gateway_of NETWORK 4|6
gateway_of() { gateways_of "$1" | of_family "$2" | head -n 1; }

# The prefix of a network: network_prefix NETWORK 4|6
network_prefix() { prefix_of "$(topology network "$1" | cut -d' ' -f2- | tr ' ' '\n' | of_family "$2" | head -n 1)"; }

# The prefix that an address like 192.168.25.1/24 lies in: 192.168.25.0/24. In IPv6 the topology's are /64 and written so: 2001:db8:25:1::1/64.
prefix_of() {
    local a b c d length value
    case $1 in
        *::*/64) echo "${1%%::*}::/64"; return ;;
        *:*) echo "topology.conf: $1 is not written as PREFIX::HOST/64" >&2; return 1 ;;
    esac
    IFS=./ read -r a b c d length <<<"$1"
    value=$(((a << 24 | b << 16 | c << 8 | d) & (0xffffffff << (32 - length))))
    echo "$((value >> 24 & 255)).$((value >> 16 & 255)).$((value >> 8 & 255)).$((value & 255))/$length"
}
