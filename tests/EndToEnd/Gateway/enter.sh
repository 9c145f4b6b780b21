# The gateway's machine, to its processes: the files of its own in /etc, /run and /var/lib, whatever this machine has there. Runs in a mount namespace of its own, which ends with it.
# usage: enter.sh FOLDER COMMAND...    FOLDER/etc is laid over /etc; what the command says goes to FOLDER/said
set -eu
folder=$1
shift
cp -a /etc "$folder/etc-copy"
mount -t tmpfs tmpfs /etc
cp -a "$folder/etc-copy/." "$folder/etc/." /etc/
rm -rf "$folder/etc-copy"
mount -t tmpfs tmpfs /run
mount -t tmpfs tmpfs /var/lib
mkdir /run/op25b-router /var/lib/op25b-router /var/lib/misc
echo $$ >"$folder/pid"
exec "$@" >"$folder/said" 2>&1
