# What a host of the topology has and does, in lab/lab's namespaces and on the Vagrant machines alike. Sourced by bash after topology.sh, once these are there:
# `lab` (this folder's parent), `state` (the folder of the hosts' servers), on HOST COMMAND... (runs it there), and usage_error TEXT.

name_of() { topology name | awk -v address="$1" '{ for (i = 2; i <= NF; i++) if ($i == address) { print $1; exit } }'; }
is_mail_host() { topology mail | cut -d' ' -f1 | grep -qx -- "$1"; }
resolver_address() { topology name resolver.seikyou.example | cut -d' ' -f2; }

# The outside has a name server of its own; everybody else asks the provider's.
resolv_conf() { if [ "$1" = external ]; then echo "nameserver 127.0.0.1"; else echo "nameserver $(resolver_address)"; fi; }

# A host's name in SMTP: its mail server's, else what the resolver calls its first address.
smtp_name() {
    local name
    name=$(topology mail "$1" | cut -d' ' -f2)
    [ -n "$name" ] || name=$(name_of "$(addresses_of "$1" | head -n 1 | cut -d/ -f1)")
    echo "$name"
}

# Gives a host's device, which is up, its addresses and routes: configure_host HOST DEVICE IP-COMMAND..., as in: configure_host client eth0 ip -n op25b-client
configure_host() {
    local host=$1 device=$2 network address
    shift 2
    network=$(network_of "$host")
    for address in $(addresses_of "$host"); do
        if is_ipv6 "$address"; then "$@" addr replace "$address" dev "$device" nodad; else "$@" addr replace "$address" dev "$device"; fi
    done
    # No way out for IPv6: this version of the router drops it, and so a client knows at once.
    if [ "$host" = external ]; then
        # The outside knows the way to the provider's servers, and none to private addresses.
        "$@" route replace "$(prefix_of "$(topology network servers | cut -d' ' -f2)")" via "$(gateways_of wan | head -n 1)"
    else
        "$@" route replace default via "$(gateways_of "$network" | head -n 1)"
    fi
}

start_mail_server() { on "$1" postfix -c "$state/$1/etc" start 9>&- >"$state/$1/log/start.log" 2>&1 || { cat "$state/$1/log/start.log" >&2; die "Postfix did not start on $1"; }; }

listens() { on "$1" ss -Hltn | grep -qE "[:.]$2 +"; }

# Waits until a condition holds: await SECONDS WHAT COMMAND...
await() {
    local end=$((SECONDS + $1)) what=$2
    shift 2
    until "$@" >/dev/null 2>&1; do
        [ $SECONDS -lt $end ] || { printf '%s: waited in vain: %s\n' "${0##*/}" "$what" >&2; return 1; }
        sleep 0.05
    done
}

mailbox() { if [ -n "${2:-}" ]; then grep -lrF -- "$2" "$state/$1/mail/inbox/new" || true; else find "$state/$1/mail/inbox/new" -type f; fi; }
queue() { on "$1" postqueue -c "$state/$1/etc" "${2:--p}"; }

# The provider's server before or after the SMTP AUTH date.
set_auth() {
    "$lab/mail/setup" postfix mta "$state/mta" "$1-auth"
    on mta postfix -c "$state/mta/etc" reload 9>&- 2>"$state/mta/log/reload.log" || { cat "$state/mta/log/reload.log" >&2; exit 1; }
}

# Whether the arguments of a host's verb make sense: check_host_verb VERB ARGUMENT...
check_host_verb() {
    local verb=$1
    shift
    case $verb in
        exec) [ $# -ge 2 ] || usage_error "exec needs a host and a command" ;;
        mail) [ $# -ge 1 ] || usage_error "mail needs a host" ;;
        sendmail) [ $# -ge 2 ] || usage_error "sendmail needs a host and a recipient" ;;
        mailbox) [ $# = 1 ] || [ $# = 2 ] || usage_error "mailbox needs a host" ;;
        queue | log) [ $# = 1 ] || usage_error "$verb needs a host" ;;
    esac
    topology_hosts | grep -qx -- "$1" || usage_error "there is no host '$1'; there are: $(topology_hosts | tr '\n' ' ')"
    case $verb in
        sendmail | mailbox | queue | log) is_mail_host "$1" || usage_error "there is no mail server on '$1'; there is one on: $(topology mail | cut -d' ' -f1 | tr '\n' ' ')" ;;
    esac
}

# The verbs that a host does by itself: host_verb VERB HOST ARGUMENT...
host_verb() {
    local verb=$1 host=$2
    shift 2
    case $verb in
        exec) on "$host" "$@" ;;
        mail) on "$host" timeout "${mail_limit:-120}" swaks --helo "$(smtp_name "$host")" --from "somebody@$(smtp_name "$host")" "$@" ;;
        sendmail) on "$host" sendmail -C "$state/$host/etc" -f "somebody@$(topology mail "$host" | cut -d' ' -f3)" "$@" ;;
        mailbox) mailbox "$host" "$@" ;;
        queue) queue "$host" ;;
        log) cat "$state/$host/log/mail.log" ;;
    esac
}
