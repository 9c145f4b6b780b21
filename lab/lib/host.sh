# What a host of the topology has and does, in lab/lab's namespaces and on the Vagrant machines alike. Sourced by bash after topology.sh, once these are there:
# `lab` (this folder's parent), `state` (the folder of the hosts' servers), on HOST COMMAND... (runs it there), and usage_error TEXT.

name_of() { topology name | awk -v address="$1" '{ for (i = 2; i <= NF; i++) if ($i == address) { print $1; exit } }'; }
is_mail_host() { topology mail | cut -d' ' -f1 | grep -qx -- "$1"; }
resolver_addresses() { topology name resolver.seikyou.example | cut -d' ' -f2- | tr ' ' '\n'; }
is_auto() { [ "$(addresses_of "$1")" = auto ]; }

# The outside has a name server of its own; everybody else asks the provider's, in the families that it speaks.
resolv_conf() {
    if [ "$1" = external ]; then echo "nameserver 127.0.0.1"
    elif is_auto "$1"; then resolver_addresses | of_family 6 | sed 's/^/nameserver /'
    else resolver_addresses | sed 's/^/nameserver /'; fi
}

# A host's name in SMTP: its mail server's, else what the resolver calls its first address.
smtp_name() {
    local name
    name=$(topology mail "$1" | cut -d' ' -f2)
    [ -n "$name" ] || name=$(name_of "$(addresses_of "$1" | head -n 1 | cut -d/ -f1)")
    echo "${name:-$1.example}"
}

# Gives a host's device its addresses and routes, and brings it up: configure_host HOST DEVICE [NAMESPACE]
configure_host() {
    local host=$1 device=$2 address network family ip=(ip) run=()
    if [ $# = 3 ]; then ip=(ip -n "$3") run=(ip netns exec "$3"); fi
    network=$(network_of "$host")
    # Who has addresses of his own has the routes below too, and listens to no advertisement.
    "${run[@]}" sysctl -qw "net.ipv6.conf.$device.accept_ra=$(if is_auto "$host"; then echo 1; else echo 0; fi)"
    "${ip[@]}" link set "$device" up
    if is_auto "$host"; then return; fi
    for address in $(addresses_of "$host" | of_family 4); do "${ip[@]}" addr replace "$address" dev "$device"; done
    # Linux would speak from the IPv6 address that came last: all but the first are deprecated (RFC 6724 section 5, rule 3), and answer as well.
    local lifetime=forever
    for address in $(addresses_of "$host" | of_family 6); do
        "${ip[@]}" addr replace "$address" dev "$device" nodad preferred_lft $lifetime
        lifetime=0
    done
    for family in 4 6; do
        if [ "$host" = external ]; then
            # The outside knows the way to the provider's servers, and in IPv6 to its subscribers: their IPv4 addresses are private.
            "${ip[@]}" route replace "$(network_prefix servers $family)" via "$(gateway_of wan $family)"
            if [ $family = 6 ]; then "${ip[@]}" route replace "$(network_prefix lan 6)" via "$(gateway_of wan 6)"; fi
        else
            "${ip[@]}" "-$family" route replace default via "$(gateway_of "$network" $family)"
        fi
    done
}

# Whether a host that advertisements configure has an address and a default router: when the router ends, it says so, and that is over.
is_configured() { on "$1" sh -c 'ip -6 route show default | grep -q . && ip -6 addr show scope global -tentative | grep -q .'; }

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

# Which family a host's Postfix tries first where a server has both: prefer HOST ipv4|ipv6
prefer() {
    postconf -c "$state/$1/etc" -e "smtp_address_preference = $2"
    on "$1" postfix -c "$state/$1/etc" reload 9>&- 2>"$state/$1/log/reload.log" || { cat "$state/$1/log/reload.log" >&2; exit 1; }
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
        prefer) [ $# = 2 ] && [[ $2 =~ ^ipv[46]$ ]] || usage_error "prefer needs a host, and ipv4 or ipv6" ;;
    esac
    topology_hosts | grep -qx -- "$1" || usage_error "there is no host '$1'; there are: $(topology_hosts | tr '\n' ' ')"
    case $verb in
        sendmail | mailbox | queue | log | prefer) is_mail_host "$1" || usage_error "there is no mail server on '$1'; there is one on: $(topology mail | cut -d' ' -f1 | tr '\n' ' ')" ;;
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
        prefer) prefer "$host" "$@" ;;
    esac
}
