#!/usr/bin/env bash
# Outbound port 25 blocking, shown with real mail: builds the router, brings up the lab in network namespaces, sends mail through the router, over IPv4 and over IPv6,
# before and after the blocking begins, and shows what passed, what was blocked and why. Run it as root (sudo ./demo.sh), from any folder, as often as you like.
#
# usage: demo.sh [--keep] [--prometheus] [--json] [--no-install] [--no-build]
#   --keep         leave the lab up at the end, to look further; lab/lab down removes it
#   --prometheus   with a real Prometheus that scrapes the router and has the alert rules; with --keep it stays, too
#   --json         print the table as JSON on standard output, and what is being done on standard error
#   --no-install   use the tools that are here
#   --no-build     use the last Release build
# environment: ROUTER_BINARY names another binary than this repository's; DEMO_PREFIX another lab than op25b.
# Exit code: 0 everything went as expected, 1 something did not, 2 wrong usage, 130 or 143 interrupted.
set -Eeuo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
script=$root/${BASH_SOURCE[0]##*/}
install=yes build=yes keep=no json=no prometheus=no
prefix=${DEMO_PREFIX:-op25b}

exec 3>&1
say() { printf '\n== %s\n' "$*"; }
usage_error() { printf 'demo.sh: %s (see --help)\n' "$*" >&2; exit 2; }
die() { printf 'demo.sh: %s\n' "$*" >&2; exit 1; }

for option; do
    case $option in
        --keep) keep=yes ;;
        --prometheus) prometheus=yes ;;
        --json) json=yes ;;
        --no-install) install=no ;;
        --no-build) build=no ;;
        -h | --help) sed -n '2,/^set /{/^set /d;s/^# \{0,1\}//;p}' "$script"; exit 0 ;;
        *) usage_error "unknown option $option" ;;
    esac
done
[ $json = no ] || exec 1>&2
[ "$(id -u)" = 0 ] || die "the lab makes network namespaces and TAP devices and so needs root: sudo $script"

export PATH=$PATH:/usr/sbin:/sbin
work=$(mktemp -d)
. "$root/lab/lib/guest.sh"
finished=no

finish() {
    trap - ERR
    set +e
    allow_daemons
    if [ $keep = no ] || [ $finished = no ]; then "$root/lab/lab" --prefix "$prefix" down >/dev/null; fi
    rm -rf "$work"
}
trap finish EXIT
trap 'die "line $LINENO: $BASH_COMMAND failed"' ERR
trap 'exit 130' INT
trap 'exit 143' TERM HUP

say "what this does: $([ $install = no ] || echo 'installs the Debian packages that lack, without starting a service; ')$([ $build = no ] || echo "builds the router as $builder; ")makes network namespaces $prefix-…, and files under /run/op25b-lab and /etc/netns (a lab $prefix that is up is replaced); $([ $keep = yes ] && echo 'leaves them up (--keep)' || echo 'removes them at the end')"
[ $install = no ] || install_packages "${lab_tools[@]}" curl:curl $([ $prometheus = no ] || echo promtool:prometheus)
if [ -z "${ROUTER_BINARY:-}" ]; then
    find_sdk
    [ $build = no ] || build_release router/router.csproj
fi

lab() { "$root/lab/lab" --prefix "$prefix" "$@"; }

# --- The table. Each row: what, the family, expected, seen, and the evidence: a line of the sender's log, or where the mail lies.
rows_what=() rows_family=() rows_expected=() rows_seen=() rows_evidence=() misses=0 number=0
family=4 # of the mails to come

row() {
    rows_what+=("$1") rows_family+=("IPv$family") rows_expected+=("$2") rows_seen+=("$3") rows_evidence+=("$4")
    if [ "$2" = "$3" ]; then printf '   %-9s IPv%s %s\n' "$3" "$family" "$1"; else misses=$((misses + 1)); printf '!! %-9s IPv%s %s (expected: %s)\n' "$3" "$family" "$1" "$2"; fi
    [ -z "$4" ] || printf '             %s\n' "$4"
}

# The same over each family: both COMMAND...
both() { for family in 4 6; do "$@"; done; }

# Waits until a mail with the word lies in the host's mailbox, and prints where: arrived HOST WORD SECONDS.
arrived() {
    local end=$((SECONDS + $3)) found
    while :; do
        found=$(lab mailbox "$1" "$2" | head -n 1)
        if [ -n "$found" ]; then echo "$found"; return; fi
        [ $SECONDS -lt $end ] || return 1
        sleep 0.1
    done
}

# One mail that swaks sends: by_swaks WHAT EXPECTED FROM-HOST RECIPIENT MAILBOX-HOST SWAKS-OPTION...
by_swaks() {
    local what=$1 expected=$2 from=$3 to=$4 mailbox=$5 code=0 seen evidence word took
    shift 5
    number=$((number + 1)) word=demo-$$-$number
    took=$(date +%s%N)
    lab mail "$from" "-$family" --to "$to" --header "Subject: $word" --body "OP25B demonstration, mail $number" "$@" >"$work/swaks" 2>&1 || code=$?
    took=$((($(date +%s%N) - took) / 1000000))
    if [ $code = 0 ]; then
        if evidence=$(arrived "$mailbox" "$word" 20); then seen=delivered evidence="in $mailbox's mailbox: ${evidence##*/}"; else seen=lost evidence="accepted, and not in $mailbox's mailbox"; fi
    elif [ $code = 2 ]; then
        seen=refused evidence="after $took ms, swaks: $(sed -n 's/^\*\*\*[[:blank:]]*IO::Socket::[A-Z0-9]*: //p' "$work/swaks" | head -n 1)"
    elif [ $code = 24 ]; then
        seen=rejected evidence="swaks: $(sed -n 's/^<\*\* //p' "$work/swaks" | head -n 1)"
    else
        seen="code $code" evidence=$(grep -a '^<\*\*\|^\*\*\*' "$work/swaks" | head -n 1)
    fi
    row "$what" "$expected" "$seen" "$evidence"
}

# One mail that a host's own Postfix sends, which tries the family first and then the other one: by_postfix WHAT EXPECTED FROM-HOST RECIPIENT MAILBOX-HOST
by_postfix() {
    local what=$1 expected=$2 from=$3 to=$4 mailbox=$5 seen evidence word end line before
    number=$((number + 1)) word=demo-$$-$number
    lab prefer "$from" "ipv$family"
    before=$(lab log "$from" | wc -l)
    printf 'Subject: %s\nMessage-Id: <%s@demo.example>\n\nOP25B demonstration, mail %s\n' "$word" "$word" "$number" | lab sendmail "$from" "$to"
    end=$((SECONDS + 20))
    # The log names the queue entry of the message, and the queue entry its fate.
    while :; do
        lab log "$from" | tail -n +$((before + 1)) >"$work/log"
        line=$(awk -v word="<$word@" 'index($0, word) && match($0, /: [0-9A-Za-z]+: message-id/) { entry = substr($0, RSTART + 2); sub(/:.*/, "", entry) } entry != "" && index($0, entry ": to=") && /status=/' "$work/log" | head -n 1)
        [ -z "$line" ] && [ $SECONDS -lt $end ] || break
        sleep 0.1
    done
    case $line in
        *status=sent*)
            if ! evidence=$(arrived "$mailbox" "$word" 20); then seen=lost
            elif [[ $line =~ relay=[^[]*\[([^]]*)\] ]] && family_is "${BASH_REMATCH[1]}"; then seen=delivered evidence="to ${BASH_REMATCH[1]}, in $mailbox's mailbox: ${evidence##*/}"
            else seen="other way" evidence="Postfix: ${line#*, dsn=}"; fi
            ;;
        *status=deferred*"No route to host"* | *status=deferred*"Permission denied"* | *status=deferred*"Connection refused"* | *status=deferred*"timed out"*)
            seen=refused evidence="Postfix: $(sed -n 's/.*: \(connect to .*\)/\1/p' "$work/log" | head -n 2 | paste -sd'~' | sed 's/~/, then /')"
            ;;
        *) seen=unknown evidence="Postfix: ${line#*, dsn=}" ;;
    esac
    row "$what" "$expected" "$seen" "$evidence"
}

family_is() { case $1 in *:*) [ "$family" = 6 ] ;; *) [ "$family" = 4 ] ;; esac; }

metrics() { curl -fsS "http://$(lab status --json | sed -n 's/.*"listen": *"\([^"]*\)".*/\1/p')/metrics"; }
phase() { metrics | sed -n 's/^router_op25b_phase_info{phase="\([^"]*\)".* 1$/\1/p'; }

began=$SECONDS
say "the lab, at the policy time 2008-03-20 12:00 (+09:00): the notice has gone out, nothing is blocked yet"
lab down >/dev/null
lab up --as-of 2008-03-20T12:00:00+09:00
[ $prometheus = no ] || say "Prometheus answers at $(lab prometheus)"

both by_swaks "a subscriber, straight to the outside on 25, before the date" delivered client info@example.net external --server mx.example.net
both by_postfix "a home server, straight to the outside on 25, before the date" delivered home info@example.net external

say "across the cut-over: the policy time is 2008-04-01 10:59:40, and blocking begins at 11:00:00"
lab router --as-of 2008-04-01T10:59:40+09:00
both by_swaks "a subscriber on 25, seconds before" delivered client info@example.net external --server mx.example.net
end=$((SECONDS + 30))
until [ "$(phase)" = op25b ]; do
    [ $SECONDS -lt $end ] || die "the phase op25b has not begun within 30 seconds"
    sleep 0.1
done
both by_swaks "the same, after it" refused client info@example.net external --server mx.example.net

say "blocking is in force"
submission=(-tls --tls-verify --tls-ca-path "/run/op25b-lab/$prefix/certificates.pem" --auth PLAIN)
taro=(--auth-user taro@mail.seikyou.example --auth-password taro-secret)
hanako=(--auth-user hanako@mx.example.net --auth-password hanako-secret)
both by_swaks "a subscriber, by the provider's server on 25" delivered client info@example.net external --server mail.seikyou.example
both by_swaks "a subscriber, by the provider's server on 587 with SMTP AUTH" delivered client info@example.net external --server mail.seikyou.example --port 587 "${submission[@]}" "${taro[@]}"
both by_swaks "a subscriber, by an outside server on 587 with SMTP AUTH" delivered client info@example.org external --server mx.example.net --port 587 "${submission[@]}" "${hanako[@]}"
both by_postfix "the world, to the provider's server" delivered external taro@seikyou.example mta
both by_postfix "the world, to the server at home" delivered external jiro@home.example home
both by_postfix "the server at home, straight to the outside" refused home info@example.net external
family=6
by_swaks "a phone that the router's advertisement configured, by the provider's server on 25" delivered phone info@example.net external --server mail.seikyou.example
by_swaks "the same phone, straight to the outside" refused phone info@example.net external --server mx.example.net
both by_swaks "an exempt subscriber with a fixed address, straight to the outside" delivered fixed info@example.net external --server mx.example.net

say "the later step: the provider's server relays for nobody without SMTP AUTH"
lab auth after
both by_swaks "a subscriber, by the provider's server on 25, to the outside" rejected client info@example.net external --server mail.seikyou.example
both by_swaks "the same on 587 with SMTP AUTH" delivered client info@example.net external --server mail.seikyou.example --port 587 "${submission[@]}" "${taro[@]}"
lab auth before

# --- What was seen.
for flow in "192.168.25.10:40000 203.0.113.25:25" "[2001:db8:25:1::10]:40000 [2001:db8:25:3::25]:25"; do
    say "why the subscriber's mail was refused: lab/lab --prefix $prefix explain tcp $flow"
    # shellcheck disable=SC2086 # two words
    lab explain tcp $flow || [ $? = 4 ]
done
say "metrics of the router"
metrics >"$work/metrics"
grep -E '^router_(op25b_[a-z_]+|nat_mappings|dropped_frames_total)\{' "$work/metrics" | grep -v ' 0$' || true

if [ $prometheus = yes ]; then
    url=$(lab prometheus)
    say "what Prometheus has scraped: promtool query instant $url 'sum by (phase, outcome) (router_op25b_attempts_total)'"
    end=$((SECONDS + 30))
    until promtool query instant "$url" 'sum by (phase, outcome) (router_op25b_attempts_total) > 0' >"$work/query" 2>&1 && grep -q blocked "$work/query"; do
        [ $SECONDS -lt $end ] || { cat "$work/query" >&2; die "Prometheus has no blocked attempt"; }
        sleep 0.5
    done
    cat "$work/query"
fi

json_text() { local text=${1//\\/\\\\}; text=${text//\"/\\\"}; printf '"%s"' "${text//[[:cntrl:]]/ }"; }
if [ $json = yes ]; then
    {
        printf '{"misses":%s,"rows":[' $misses
        for i in "${!rows_what[@]}"; do
            [ "$i" = 0 ] || printf ','
            printf '\n{"what":%s,"family":%s,"expected":%s,"seen":%s,"evidence":%s}' "$(json_text "${rows_what[i]}")" "$(json_text "${rows_family[i]}")" "$(json_text "${rows_expected[i]}")" "$(json_text "${rows_seen[i]}")" "$(json_text "${rows_evidence[i]}")"
        done
        printf '\n]}\n'
    } >&3
fi
say "the table ($((SECONDS - began)) seconds)"
printf '%-82s %-6s %-10s %s\n' what family expected seen
for i in "${!rows_what[@]}"; do
    printf '%-82s %-6s %-10s %s%s\n' "${rows_what[i]}" "${rows_family[i]}" "${rows_expected[i]}" "${rows_seen[i]}" "$([ "${rows_expected[i]}" = "${rows_seen[i]}" ] || echo '   <-- NOT AS EXPECTED')"
done
finished=yes
if [ $keep = yes ]; then
    say "the lab is up. Look further, as root:"
    printf '%s\n' "$root/lab/lab --prefix $prefix status" "$root/lab/lab --prefix $prefix mail client --to info@example.net --server mx.example.net" \
        "$root/lab/lab --prefix $prefix log home" "$root/lab/lab --prefix $prefix shell client" "$root/lab/lab --prefix $prefix --help" "$root/lab/lab --prefix $prefix down     (removes it)"
    [ $prometheus = no ] || echo "$url     (Prometheus; deploy/grafana has a dashboard for it)"
else
    say "everything is removed again. To look further: sudo $script --keep"
fi
[ $misses = 0 ] || die "$misses of ${#rows_what[@]} went otherwise than expected"
