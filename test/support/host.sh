#!/bin/sh
# host.sh KIND COMMAND [ARG...]: runs COMMAND on a test host of its own, a new network namespace that is connected to nothing.
#   noinet   no IPv4 address at all (127.0.0.1 removed from lo too), and socket(AF_INET) fails
#   v6       no IPv4 address at all
#   lo4      the same but 127.0.0.1 still on lo, as on most IPv6-only hosts
#   dual     127.0.0.1 and ::1 on lo, 198.51.100.2 and 2001:db8:1::2 on eth0, default routes for both: the control
# and hosts with some IPv4, all of which have 127.0.0.1:
#   docker     172.17.0.1/16 on the bridge docker0, whose one port leads to a container: no IPv4 beyond
#   vpn        10.8.0.2/24 on tun0: no IPv4 beyond
#   egress     169.254.172.5/32 on v4if0, from where IPv4 works: a pod of an IPv6 cluster with egress-only IPv4
#   clat       192.0.0.1/32 on clat, from where IPv4 works: a host with 464XLAT (RFC 7335)
#   private    172.19.0.2/29 on eth0, from where IPv4 works
#   container  172.18.0.2/24 on eth0 and a default route to a router that has none and says so; 172.18.0.3 is a neighbour, and
#              10.5.0.1 and 198.51.100.99 are behind the router
# Every host has eth0 with 2001:db8:1::2/64. Where IPv4 leads nowhere, every NAT64 address (64:ff9b::/96) is local, so that
# a connection to an IPv4 literal, once translated, arrives at the host's own servers. 203.0.113.7 (or its NAT64 address) is
# an address of the host itself, so that a socket can be bound to it as well. So is 2001:db8:2::9, from which a client
# can play an IPv6 peer that is somebody else.
# HOST_SECOND is a command that runs on a second host: the router 2001:db8:1::1, the IPv4 neighbour, and everybody beyond
# both; NAT64 addresses lead there. On docker the command runs in the container too. What runs there may bind any address
# (ip_nonlocal_bind), and has those of `beyond` for its own. It ends when COMMAND ends.
# HOST_BINDV6ONLY=1 sets net.ipv6.bindv6only.
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
second=${HOST_SECOND-} bindv6only=${HOST_BINDV6ONLY-}
unset HOST_SECOND HOST_BINDV6ONLY

# Starts COMMAND in a namespace of its own, whose process id is in $pid. It dies with this process, which COMMAND's becomes.
namespace() { # COMMAND
  setpriv --pdeathsig KILL unshare --net sh -c "
    echo 0 > /proc/sys/net/ipv6/conf/default/accept_dad
    echo 1 > /proc/sys/net/ipv6/ip_nonlocal_bind
    echo 1 > /proc/sys/net/ipv4/ip_nonlocal_bind
    echo 1 > /proc/sys/net/ipv4/ip_forward
    echo 0 > /proc/sys/net/ipv4/icmp_ratelimit
    ip link set lo up # Without a local route the kernel takes what is bound to for a broadcast address.
    exec $1" < /dev/null > /dev/null &
  pid=$!
  while [ "$(readlink /proc/$pid/ns/net)" = "$own" ]; do sleep 0.002; done
}
own=$(readlink /proc/self/ns/net)
beyond='' container=''
if [ -n "$second" ]; then
  namespace "$second"
  beyond=$pid
  if [ "$kind" = docker ]; then namespace "$second" && container=$pid; fi
elif [ "$kind" = container ]; then
  namespace 'sleep 3600'
  beyond=$pid
fi

# The host's end of a link to the second host, or to nothing.
link() { # NAME [PID]
  if [ -n "${2-$beyond}" ]; then
    echo "link add $1 type veth peer name eth$links netns ${2-$beyond}"
  else
    echo "link add $1 type veth peer name $1-peer"
    echo "link set $1-peer up"
  fi
  echo "link set $1 up"
}

# What `ip` is told on the host itself.
here() {
  echo "link set lo up"
  links=0 link eth0
  echo "addr add 2001:db8:1::2/64 dev eth0 nodad"
  echo "route add default via 2001:db8:1::1 dev eth0"
  echo "addr add 2001:db8:2::9/128 dev lo nodad"
  case $kind in
    noinet | v6) echo "addr del 127.0.0.1/8 dev lo" ;;
    lo4) ;;
    dual)
      echo "addr add 198.51.100.2/24 brd + dev eth0"
      echo "route add default via 198.51.100.1 dev eth0"
      echo "addr add 203.0.113.7/32 dev lo"
      ;;
    docker)
      echo "link add docker0 type bridge"
      links=0 link veth0 "$container"
      echo "link set veth0 master docker0"
      echo "link set docker0 up"
      echo "addr add 172.17.0.1/16 brd + dev docker0"
      ;;
    vpn)
      links=1 link tun0
      echo "addr add 10.8.0.2/24 brd + dev tun0"
      ;;
    egress)
      links=1 link v4if0
      echo "addr add 169.254.172.5/32 dev v4if0"
      echo "route add 169.254.172.1/32 dev v4if0"
      echo "route add default via 169.254.172.1 dev v4if0 src 169.254.172.5"
      ;;
    clat)
      links=1 link clat
      echo "addr add 192.0.0.1/32 dev clat"
      echo "route add default dev clat src 192.0.0.1 mtu 1260"
      ;;
    private)
      echo "addr add 172.19.0.2/29 brd + dev eth0"
      echo "route add default via 172.19.0.1 dev eth0"
      ;;
    container)
      echo "addr add 172.18.0.2/24 brd + dev eth0"
      echo "route add default via 172.18.0.1 dev eth0"
      ;;
  esac
  case $kind in
    dual) ;;
    # A local route and not an address, which would be one more that others could reach.
    vpn | egress | clat | private | container) echo "route add local 203.0.113.7 dev lo" ;;
    *) echo "addr add 64:ff9b::cb00:7107/128 dev lo nodad" ;;
  esac
  case $kind in
    dual | egress | clat | private) ;;
    *) if [ -z "$second" ]; then echo "route add local 64:ff9b::/96 dev lo"; fi ;;
  esac
}

# And on the second host.
there() {
  echo "link set lo up"
  echo "link set eth0 up"
  # The last two are 127.0.0.1 and 10.0.0.1, were the network of the link a NAT64 prefix.
  for address in 2001:db8:1::1 2001:db8:1:0:7f:0:100:0 2001:db8:1:0:a:0:100:0; do
    echo "addr add $address/64 dev eth0 nodad"
  done
  for prefix in 64:ff9b::/96 64:ff9b:1::/48 2002::/16 fd12::/16 fd00:ec2::/32 fd00:7f::/96; do echo "route add local $prefix dev lo"; done
  for subnet in 6 9 64 bad; do echo "route add local 2001:db8:$subnet::/48 dev lo"; done
  case $kind in
    dual) echo "addr add 198.51.100.1/24 brd + dev eth0" ;;
    vpn)
      echo "link set eth1 up"
      echo "addr add 10.8.0.1/24 brd + dev eth1"
      ;;
    egress)
      echo "link set eth1 up"
      echo "addr add 169.254.172.1/32 dev eth1"
      echo "route add 169.254.172.5/32 dev eth1"
      ;;
    clat)
      echo "link set eth1 up"
      echo "addr add 192.0.0.2/32 dev eth1"
      echo "route add 192.0.0.1/32 dev eth1"
      ;;
    private) echo "addr add 172.19.0.1/29 brd + dev eth0" ;;
    container)
      echo "addr add 172.18.0.1/24 brd + dev eth0"
      echo "addr add 172.18.0.3/24 dev eth0"
      echo "route add local 10.5.0.1 dev lo"
      echo "route add local 198.51.100.99 dev lo"
      ;;
  esac
  # The IPv4 Internet.
  case $kind in dual | egress | clat | private) echo "route add local 192.0.2.0/24 dev lo" ;; esac
}

case $kind in
  noinet | v6 | lo4 | dual | docker | vpn | egress | clat | private | container) ;;
  *)
    echo "host.sh: no host of kind $kind" >&2
    exit 2
    ;;
esac
# /sys/class/net shows the interfaces of whoever mounted it. Only there a bridge says what it is.
mount -t sysfs sysfs /sys 2>/dev/null || [ "$kind" != docker ] || {
  echo "host.sh: /sys cannot be mounted anew" >&2
  exit 1
}
for f in all default; do echo 0 > /proc/sys/net/ipv6/conf/$f/accept_dad; done
[ -z "$bindv6only" ] || echo "$bindv6only" > /proc/sys/net/ipv6/bindv6only
here | ip -batch -
[ -z "$beyond" ] || there | nsenter --net="/proc/$beyond/ns/net" ip -batch -
if [ -n "$container" ]; then
  nsenter --net="/proc/$container/ns/net" ip -batch - <<EOF
link set lo up
link set eth0 up
addr add 172.17.0.2/16 brd + dev eth0
route add default via 172.17.0.1
EOF
fi
case $kind in
  noinet | v6)
    # UDP to 0.0.0.0 crosses lo even without an IPv4 address: an xfrm policy blocks that too.
    for i in lo all; do echo 0 > /proc/sys/net/ipv4/conf/$i/disable_xfrm 2>/dev/null || true; done
    ip xfrm policy add src 0.0.0.0/0 dst 0.0.0.0/0 dir out action block 2>/dev/null || true
    ;;
esac
if [ -n "${HOST_RESOLV-}" ]; then mount --bind "$HOST_RESOLV" /etc/resolv.conf; fi
if [ -n "${HOST_HOSTS-}" ]; then mount --bind "$HOST_HOSTS" /etc/hosts; fi
if [ "$kind" = noinet ]; then exec perl "$here/no-inet.pl" "$@"; fi
exec "$@"
