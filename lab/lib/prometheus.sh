# A Prometheus beside the lab, which scrapes its router and evaluates the alert rules as deploy/prometheus says. Sourced by lab/lab: root, state, prefix, binary, configuration.

prometheus_state=$state/prometheus

# Its process, as long as it runs.
prometheus_pid() {
    local process
    process=$(cat "$prometheus_state/pid" 2>/dev/null) || return 0
    if tr '\0' ' ' 2>/dev/null <"/proc/$process/cmdline" | grep -qF -- "--config.file=$prometheus_state/"; then echo "$process"; fi
}

prometheus_address() { sed -n 's/.*msg="Listening on" address=\([^ ]*\).*/\1/p' "$prometheus_state/log" | head -n 1; }

# The shipped configuration, but for the router's address, and for a demonstration's patience. A router that starts anew may have another address.
aim_prometheus() {
    local metrics
    metrics=$("$binary" status --config "$configuration" --json | sed -n 's/.*"listen": *"\([^"]*\)".*/\1/p')
    cp "$root/deploy/prometheus/op25b-router.rules.yml" "$prometheus_state/"
    sed "s/127\.0\.0\.1:9125/$metrics/; s/interval: 15s/interval: 2s/" "$root/deploy/prometheus/prometheus.yml" >"$prometheus_state/prometheus.yml"
    if [ -n "$(prometheus_pid)" ]; then kill -HUP "$(prometheus_pid)"; fi
}

# Starts it where it does not run, and says where it answers.
run_prometheus() {
    local port=9090
    has_tool prometheus || die "this needs prometheus: apt-get install --no-install-recommends prometheus (demo.sh --prometheus installs it, and starts no service)"
    if [ -z "$(prometheus_pid)" ]; then
        rm -rf "$prometheus_state"
        mkdir -p "$prometheus_state"
        aim_prometheus
        if [ "$prefix" != op25b ] || ss -Hltn | grep -q ':9090 '; then port=0; fi
        (cd / && exec setsid prometheus "--config.file=$prometheus_state/prometheus.yml" "--storage.tsdb.path=$prometheus_state/data" "--web.listen-address=127.0.0.1:$port") \
            >"$prometheus_state/log" 2>&1 </dev/null 9>&- &
        echo $! >"$prometheus_state/pid"
        await 30 "Prometheus is ready" grep -q 'Server is ready' "$prometheus_state/log" || { cat "$prometheus_state/log" >&2; die "Prometheus did not start"; }
    fi
    echo "http://$(prometheus_address)/"
}
