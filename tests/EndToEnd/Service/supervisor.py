"""Plays the service manager for one command, by systemd's protocol: hears what it tells, keeps the files that it gives, and hands them to the next process.

usage: supervisor.py COMMAND...    SIGHUP ends the command and starts it anew, SIGTERM ends both; each event is a line on standard output
"""
import array, os, select, selectors, signal, socket, sys

WATCHDOG = os.environ.get("SUPERVISOR_WATCHDOG")
KEEPS = os.environ.get("SUPERVISOR_KEEPS") != "no"
ADDRESS = f"\0op25b-supervisor-{os.getpid()}"
kept, child = {}, 0  # name -> file


def say(*words):
    print(*words, flush=True)


def start():
    global child
    child = os.fork()
    if child:
        return
    environment = dict(os.environ, NOTIFY_SOCKET="@" + ADDRESS[1:])
    if WATCHDOG:
        environment.update(WATCHDOG_USEC=WATCHDOG, WATCHDOG_PID=str(os.getpid()))
    if kept:
        names, files = zip(*kept.items())
        # Above the places where they go, so that none is overwritten.
        for place, file in enumerate([os.dup(file) for file in files], 3):
            os.dup2(file, place, inheritable=True)
        environment.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS=str(len(names)), LISTEN_FDNAMES=":".join(names))
    os.execvpe(sys.argv[1], sys.argv[1:], environment)


def hear(notify):
    data, ancillary, _, _ = notify.recvmsg(4096, socket.CMSG_SPACE(16 * 4))
    files = array.array("i")
    for level, kind, content in ancillary:
        if level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS:
            files.frombytes(content[: len(content) - len(content) % files.itemsize])
    told = dict(line.split("=", 1) for line in data.decode().splitlines() if "=" in line)
    if told.get("FDSTORE") == "1" and KEEPS:
        for file in files:
            kept[told["FDNAME"]] = os.dup(file)
        say("kept", told["FDNAME"])
    if told.get("FDSTOREREMOVE") == "1" and told["FDNAME"] in kept:
        os.close(kept.pop(told["FDNAME"]))
        say("let go of", told["FDNAME"])
    for word in ("READY", "STOPPING", "WATCHDOG"):
        if told.get(word) == "1":
            say(word)
    for file in files:  # closing it is the answer to a barrier
        os.close(file)


def end():
    os.kill(child, signal.SIGTERM)
    # What it says at its end is heard before the end itself, as systemd does it.
    while True:
        pid, status = os.waitpid(child, os.WNOHANG)
        while select.select([notify], [], [], 0 if pid else 0.005)[0]:
            hear(notify)
        if pid:
            say("ended", os.waitstatus_to_exitcode(status))
            return


notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
notify.bind(ADDRESS)
selector = selectors.DefaultSelector()
selector.register(notify, selectors.EVENT_READ)
wanted = []
for number in (signal.SIGHUP, signal.SIGTERM, signal.SIGCHLD):
    signal.signal(number, lambda received, _: wanted.append(received))
wake, woken = os.pipe()
os.set_blocking(woken, False)
signal.set_wakeup_fd(woken)
selector.register(wake, selectors.EVENT_READ)
start()
while True:
    for key, _ in selector.select():
        if key.fileobj == wake:
            os.read(wake, 64)
        else:
            hear(notify)
    while wanted:
        received = wanted.pop(0)
        if received == signal.SIGCHLD:
            pid, status = os.waitpid(child, os.WNOHANG)
            if pid:
                say("ended by itself", os.waitstatus_to_exitcode(status))
                sys.exit(1)
            continue
        end()
        if received == signal.SIGTERM:
            sys.exit(0)
        start()
