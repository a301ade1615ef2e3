# Stops a test cluster when the last test process has gone. Run as: sh -c SCRIPT reaper ARGUMENTS
# Every test process holds the lock `users` shared for as long as it lives, however it ends.
root=$1 data=$2 linger_s=$3 remove=$4

exec 8>>"$root/reaper" 9>>"$root/users" || exit 0
flock -n 8 || exit 0 # another one watches already

while :; do
  flock 9 # given when nobody is left
  flock -u 9
  [ "$linger_s" = 0 ] || sleep "$linger_s" # the next test binary may be about to start
  flock -n 9 && break
done

# From here on the lock is held exclusively: a starting test process waits until it is over.
command_line() {
  if [ -e /proc/self/cmdline ]; then tr '\0' ' ' <"/proc/$pid/cmdline"; else ps -o command= -p "$pid"; fi
}
is_server() {
  [ -n "$pid" ] && command_line 2>/dev/null | grep -qF -- "$data"
}
stop() { # signal tenths-of-seconds
  kill -s "$1" "$pid" 2>/dev/null
  left=$2
  while is_server && [ "$left" -gt 0 ]; do
    sleep 0.1
    left=$((left - 1))
  done
}
pid=$(head -n 1 "$data/postmaster.pid" 2>/dev/null)
if is_server; then stop INT 100; fi
if is_server; then stop QUIT 50; fi
if [ "$remove" = yes ]; then rm -rf "$data" "$root"; fi
exec 8>&- # first, so that whoever gets `users` next finds no watcher
exec 9>&-
