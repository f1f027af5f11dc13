#!/bin/sh
# two-hosts.sh KIND COMMAND_A COMMAND_B: two hosts on one link, each in a network namespace of its own, joined by a veth pair.
# COMMAND_B is a shell command that runs on host b in the background, COMMAND_A one that runs on host a; the result is
# COMMAND_A's. KIND as in host.sh: noinet and v6 have no IPv4 at all, lo4 has 127.0.0.1; dual has 198.51.100.1 and .2 as the control.
# Addresses: 2001:db8:1::1 and ::2 on eth0, and on eth1 a second link with 2001:db8:2::1 and ::2. The link-local addresses of
# both links are fe80::a on host a and fe80::b on host b, on either interface.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
kind=$1
if [ "${V6ONLY_HOSTS_INSIDE-}" != "$$" ]; then
  [ "$(id -u)" = 0 ] && as= || as=--map-root-user
  exec unshare $as --net --mount --pid --fork --kill-child --mount-proc sh -c 'V6ONLY_HOSTS_INSIDE=$$ exec sh "$@"' sh "$0" "$@"
fi
unset V6ONLY_HOSTS_INSIDE

# Host b is held by a process that sleeps in a namespace of its own.
unshare --net sleep 600 &
b=$!
while [ "$(readlink /proc/$b/ns/net)" = "$(readlink /proc/$$/ns/net)" ]; do sleep 0.05; done
on_b() { nsenter --net="/proc/$b/ns/net" "$@"; }

settings() {
  for f in all default; do
    echo 0 > /proc/sys/net/ipv6/conf/$f/accept_dad
    echo 1 > /proc/sys/net/ipv6/conf/$f/addr_gen_mode
  done
}
host() { # NUMBER LETTER
  echo "link set lo up"
  for i in 0 1; do
    echo "link set eth$i up"
    echo "addr add fe80::$2/64 dev eth$i nodad"
    echo "addr add 2001:db8:$((i + 1))::$1/64 dev eth$i nodad"
  done
  case $kind in
    dual)
      echo "addr add 198.51.100.$1/24 brd + dev eth0"
      echo "addr add 203.0.113.$1/24 brd + dev eth1"
      echo "route add default dev eth0"
      ;;
    lo4) ;;
    *) echo "addr del 127.0.0.1/8 dev lo" ;;
  esac
}
settings
on_b sh -c 'for f in all default; do echo 0 > /proc/sys/net/ipv6/conf/$f/accept_dad; echo 1 > /proc/sys/net/ipv6/conf/$f/addr_gen_mode; done'
for i in 0 1; do ip link add eth$i type veth peer name eth$i netns "$b"; done
host 1 a | ip -batch -
host 2 b | on_b ip -batch -
filter=
if [ "$kind" = noinet ]; then filter="perl $here/no-inet.pl"; fi
on_b $filter sh -ec "$3" &
sleep 0.1
status=0
$filter sh -ec "$2" || status=$?
kill "$b"
exit "$status"
