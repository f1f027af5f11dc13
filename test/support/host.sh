#!/bin/sh
# host.sh KIND COMMAND [ARG...]: runs COMMAND on a test host of its own, a new network namespace that is connected to nothing.
#   noinet   no IPv4 address at all (127.0.0.1 removed from lo too), and socket(AF_INET) fails
#   v6       no IPv4 address at all
#   lo4      the same but 127.0.0.1 still on lo, as on most IPv6-only hosts
#   dual     127.0.0.1 and ::1 on lo, 198.51.100.2 and 2001:db8:1::2 on eth0, default routes for both: the control
# Every host has eth0 with 2001:db8:1::2/64. On all but dual every NAT64 address (64:ff9b::/96) is local, so that a
# connection to an IPv4 literal, once translated, arrives at the host's own servers. 203.0.113.7 (or its NAT64 address) is
# an address of the host itself, so that a socket can be bound to it as well. So is 2001:db8:2::9, from which a client
# can play an IPv6 peer that is somebody else.
# HOST_RESOLV and HOST_HOSTS name files to be mounted at /etc/resolv.conf and /etc/hosts.
# Runs as root, or as anybody where user namespaces are allowed.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
kind=$1
shift
if [ "${V6ONLY_HOST_INSIDE-}" != "$$" ]; then
  if [ "$(id -u)" = 0 ]; then
    exec unshare --net --mount sh -c 'V6ONLY_HOST_INSIDE=$$ exec sh "$@"' sh "$0" "$kind" "$@"
  fi
  exec unshare --map-root-user --net --mount sh -c 'V6ONLY_HOST_INSIDE=$$ exec sh "$@"' sh "$0" "$kind" "$@"
fi
unset V6ONLY_HOST_INSIDE

for f in all default; do echo 0 > /proc/sys/net/ipv6/conf/$f/accept_dad; done
ip -batch - <<EOF
link set lo up
link add eth0 type veth peer name eth0-peer
link set eth0-peer up
link set eth0 up
addr add 2001:db8:1::2/64 dev eth0 nodad
route add default via 2001:db8:1::1 dev eth0
addr add 2001:db8:2::9/128 dev lo nodad
EOF
case $kind in
  dual)
    ip -batch - <<EOF
addr add 198.51.100.2/24 brd + dev eth0
route add default via 198.51.100.1 dev eth0
addr add 203.0.113.7/32 dev lo
EOF
    ;;
  lo4)
    ip -batch - <<EOF
addr add 64:ff9b::cb00:7107/128 dev lo nodad
route add local 64:ff9b::/96 dev lo
EOF
    ;;
  v6 | noinet)
    # UDP to 0.0.0.0 crosses lo even without an IPv4 address: an xfrm policy blocks that too.
    for i in lo all; do echo 0 > /proc/sys/net/ipv4/conf/$i/disable_xfrm 2>/dev/null || true; done
    ip -batch - <<EOF
addr del 127.0.0.1/8 dev lo
addr add 64:ff9b::cb00:7107/128 dev lo nodad
route add local 64:ff9b::/96 dev lo
EOF
    ip xfrm policy add src 0.0.0.0/0 dst 0.0.0.0/0 dir out action block 2>/dev/null || true
    ;;
  *)
    echo "host.sh: no host of kind $kind" >&2
    exit 2
    ;;
esac
if [ -n "${HOST_RESOLV-}" ]; then mount --bind "$HOST_RESOLV" /etc/resolv.conf; fi
if [ -n "${HOST_HOSTS-}" ]; then mount --bind "$HOST_HOSTS" /etc/hosts; fi
if [ "$kind" = noinet ]; then exec perl "$here/no-inet.pl" "$@"; fi
exec "$@"
