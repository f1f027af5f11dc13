import type { Api } from './cases.js';
import type { Host } from './compare.js';

/** A kind of difference that is meant. */
interface Accepted {
  readonly host: readonly Host[];
  readonly api: readonly Api[];
  /** What the case, as JSON, has in it. */
  readonly case: RegExp;
  /** The first event that differs, natively and with the hook, as JSON. */
  readonly native: RegExp;
  readonly hooked: RegExp;
  readonly reason: string;
}

/** The other side has one event more. */
const NOTHING = /^"nothing"$/;

export const ACCEPTED: readonly Accepted[] = [
  {
    host: ['dual', 'v6'],
    api: ['lookup', 'connect'],
    case: /"(v6only|peer6)\.example\.org/,
    native: /^\["(rejects|callback|lookup)",\{.*getaddrinfo ENOTFOUND (v6only|peer6)\.example\.org/,
    hooked: /^\["(resolves|callback|lookup)",.*"(198\.1[89]|192\.0\.0)\./,
    reason:
      'a name that has AAAA records alone is served to who asks for IPv4 (RFC 6535 §2.3); natively it could only fail',
  },
  {
    host: ['dual', 'v6'],
    api: ['dgram'],
    case: /"(v6only|peer6)\.example\.org/,
    native: /^\["(error|send callback)",\{.*getaddrinfo ENOTFOUND (v6only|peer6)\.example\.org/,
    hooked:
      /^\["(listening|connect)"\]|^\["send callback",null,|bind (EADDRNOTAVAIL|EADDRINUSE|EINVAL) (198\.1[89]|192\.0\.0)\.|connect E[A-Z]+ (v6only|peer6)\.example\.org|send E[A-Z]+ (v6only|peer6)/,
    reason:
      'so it is to a datagram socket, which it can then be bound to, connected or sent to, or not, as to any address',
  },
  {
    host: ['v6'],
    api: ['resolve'],
    case: /"(v6only|peer6)\.example\.org/,
    native: /"query(A|Any)? ENODATA (v6only|peer6)\.example\.org/,
    hooked: /"(198\.1[89]|192\.0\.0)\./,
    reason:
      'without IPv4 a query for A of a name that has AAAA records alone is answered from the pool (RFC 6535 §2.3)',
  },
  {
    host: ['v6'],
    api: ['resolve'],
    case: /"(v4only|alias)\.example\.org/,
    native:
      /^\["(rejects",\{|callback",\{).*"queryAaaa ENODATA (v4only|alias)|^\["(resolves|callback",null)",?\[\]\]|^\["callback",null,\[\]\]/,
    hooked: /64:ff9b::cb00:7107/,
    reason:
      'without IPv4 a query for AAAA of a name that has A records alone is answered by what they are embedded in (RFC 6147 §5.1.7)',
  },
  {
    host: ['v6'],
    api: ['lookup', 'connect'],
    case: /"(v4only|alias)\.example\.org/,
    native: /getaddrinfo ENOTFOUND (v4only|alias)\.example\.org/,
    hooked: /"64:ff9b::cb00:7107"/,
    reason: 'so is a look-up for IPv6',
  },
  {
    host: ['v6'],
    api: ['dgram'],
    case: /"(v4only|alias)\.example\.org/,
    native: /getaddrinfo ENOTFOUND (v4only|alias)\.example\.org/,
    hooked:
      /^\["(listening|connect)"\]|^\["send callback",null,|bind E[A-Z]+ 64:ff9b::cb00:7107|(connect|send) E[A-Z]+ (v4only|alias)/,
    reason: 'and that of a udp6 socket',
  },
  {
    host: ['v6'],
    api: ['reverse'],
    case: /"64:ff9b::(7f00:1|cb00:7107)"/,
    native: /getHostByAddr ENOTFOUND 64:ff9b::/,
    hooked: /^\["(resolves|callback)"/,
    reason: 'the name of an address under the NAT64 prefix is that of the IPv4 address in it (RFC 6147 §5.3.1)',
  },
  {
    host: ['v6'],
    api: ['connect'],
    case: /7001|0x1b59/,
    native:
      /connect ECONNREFUSED 2001:db8:[12]::[29]:7001|^\["connectionAttempt","203\.0\.113\.7",7001,4\]|^\["nothing more"\]/,
    hooked: /^\["connect",\{"remoteAddress":"2001:db8:|^\["callback"\]|^"nothing"$/,
    reason: 'where no other machine reaches this host over IPv4, a listener on 0.0.0.0 hears IPv6 too',
  },
  {
    host: ['v6'],
    api: ['dgram'],
    case: /700[12]|0x1b59/,
    native: /^"nothing"$|"recvmsg ECONNREFUSED"/,
    hooked:
      /^\["message","\{\\"from\\":\\"(192\.0\.0\.1|198\.1[89]\.\d+\.\d+|2001:db8:[12]::[29]|fe80:[0-9a-f:]+%eth0(-peer)?)\\".*"address":"(192\.0\.0\.1|198\.1[89]\.\d+\.\d+|2001:db8:[12]::[29]|fe80:[0-9a-f:]+%eth0)"/,
    reason: 'so does a udp4 socket on 0.0.0.0, and it answers',
  },
  {
    host: ['v6'],
    api: ['dgram'],
    case: /"(2001:db8:|fe80:)/,
    native: /(connect|send) EINVAL (2001:db8:[12]::[29]|fe80::1%lo):/,
    hooked: /^\["connect"\]|^\["send callback",null,|(connect|send) ENETUNREACH fe80::1%lo:/,
    reason:
      'a udp4 socket on 0.0.0.0 hears IPv6 peers there and shows them as what they are: it can be connected to them and send to them',
  },
  {
    host: ['v6'],
    api: ['dgram'],
    case: /"type":"udp6".*7002.*:ffff:(127\.|7f00:|0\.0\.0\.0)/i,
    native:
      /^\["message","\{\\"from\\":\\"::ffff:127\.0\.0\.1\\".*"address":"::ffff:127\.0\.0\.1","family":"IPv6","port":7002/,
    hooked: /^\["message","\{\\"from\\":\\"::1\\".*"address":"::1","family":"IPv6","port":7002/,
    reason:
      'without 127.0.0.1 the loopback has one address, and a socket of both families reads as the IPv6 one to another of both',
  },
  {
    host: ['v6'],
    api: ['dgram'],
    case: /"type":"udp4".*"connect",7002,"127\.0\.0\.[2-9]"/,
    native: NOTHING,
    hooked: /^\["message","\{\\"from\\":\\"::ffff:127\.0\.0\.1\\".*"address":"127\.0\.0\.1"/,
    reason:
      'so a socket that is connected to another address of 127.0.0.0/8 hears the answer, which comes from 127.0.0.1 natively',
  },
  {
    host: ['v6'],
    api: ['dgram'],
    case: /"type":"udp6".*"bind",[^\]]*"2001:db8:1::2".*"connect",(7001|0x1b59)[,\]]/,
    native: /"recvmsg ECONNREFUSED"/,
    hooked: NOTHING,
    reason:
      'where the IPv4 socket of a port has its ::1 too, the kernel delivers a datagram for IPv6 there, and v6only drops it',
  },
  {
    host: ['v6'],
    api: ['dgram'],
    case: /"type":"udp6".*"bind",[^\]]*"fe80::1%eth0".*"(bind|send)",.*:ffff:(127\.|7f00:|0\.0\.0\.0)/i,
    native: /^\["(listening|message)"/,
    hooked: /bind EADDRNOTAVAIL ::ffff:|^"nothing"$/,
    reason: 'Linux leaves a socket whose bind to a zone failed bound to the interface of that zone, where ::1 is not',
  },
  {
    host: ['v6'],
    api: ['dgram'],
    case: /"answer":\["127\.0\.0\.1\\u0000/,
    native: /^\["listening"\]/,
    hooked: /bind EADDRNOTAVAIL 127\.0\.0\.1\\u0000/,
    reason:
      'libuv reads an address up to a NUL; what is not an address goes to Node’s own method, and there is no IPv4',
  },
  {
    host: ['v6'],
    api: ['connect'],
    case: /7009|7001|0x1b59/,
    native: /connect EHOSTUNREACH 0\.0\.27\.(89|97)\b/,
    hooked: /connect ENETUNREACH 0\.0\.27\.(89|97)\b/,
    reason:
      'an address of 0.0.0.0/8 goes to the default router natively, who is not there; none of it is translated (RFC 6890)',
  },
  {
    host: ['v6'],
    api: ['dgram', 'connect'],
    case: /("bind",[^\]]*|localAddress":)"(::ffff:)?255\.255\.255\.255"/,
    native:
      /^\["(connect|send callback|message|address)"|connect (EINVAL|ECONNREFUSED)|Membership EADDRNOTAVAIL|bind EADDRINUSE|^\["close",false/,
    hooked: /ENETUNREACH|ENODEV|EPERM|"EINVAL"|^\["listening"\]|^\["close",true/,
    reason: 'a socket that is bound to the broadcast address is IPv4 alone, and there is no IPv4',
  },
  {
    host: ['v6'],
    api: ['connect'],
    case: /"localAddress":"64:ff9b::cb00:7107"/,
    native: /^\["the server saw","\{\\"remoteAddress\\":\\"64:ff9b::cb00:7107\\"/,
    hooked: /^\["the server saw","\{\\"remoteAddress\\":\\"::ffff:203\.0\.113\.7\\"/,
    reason: 'a peer under the NAT64 prefix reads as the IPv4 address in it',
  },
  {
    host: ['v6'],
    api: ['dgram'],
    case: /"bind",[^\]]*"64:ff9b::cb00:7107".*"(send|connect)",.*(7001|0x1b59)/,
    native: /^"nothing"$|"recvmsg ECONNREFUSED"/,
    hooked: /^"nothing"$|^\["message","\{\\"from\\":\\"203\.0\.113\.7\\".*"address":"64:ff9b::cb00:7107"/,
    reason: 'and a udp4 socket on 0.0.0.0 hears it, wherever on this host it was sent to',
  },
  {
    host: ['v6'],
    api: ['dgram'],
    case: /"(224\.0\.0\.1|255\.255\.255\.255)"/,
    native: /^\["message","\{\\"from\\":\\"198\.51\.100\.2\\"|^\["address",\{"address":"198\.51\.100\.2"/,
    hooked: /^\["message","\{\\"from\\":\\"192\.0\.0\.1\\"|^\["address",\{"address":"192\.0\.0\.1"/,
    reason: 'the test host without IPv4 has a host address (RFC 7335) where the dual-stack host has 198.51.100.2',
  },
  {
    host: ['v6'],
    api: ['dgram'],
    case: /"connect",.*\["disconnect"\].*"send"/,
    native: /^\["message","\{\\"from\\":\\"/,
    hooked: NOTHING,
    reason:
      "an AF_INET6 socket that was disconnected hears its old peer alone: Linux forgets the peer's port and not its address",
  },
  {
    host: ['v6'],
    api: ['dgram'],
    case: /"type":"udp6".*"connect",[^\]]*:ffff:(127\.|7f00:|0\.0\.0\.0).*\["disconnect"\].*"send"/i,
    native: NOTHING,
    hooked: /^\["message","\{\\"from\\":\\"::1\\"/,
    reason: 'so it is natively, and here the old peer and ::1 have one address',
  },
  {
    host: ['v6'],
    api: ['dgram'],
    case: /"bind",(7004\]|(7004,|\{"port":7004,[^\]]*"address":)("127\.0\.0\.\d"|""))/,
    native: /^\["message","\{\\"from\\":\\"::ffff:127\.0\.0\.\d\\"/,
    hooked: NOTHING,
    reason:
      'where both families have one port of the loopback, a socket of both takes what comes from there for IPv6, and answers that',
  },
  {
    host: ['v6'],
    api: ['dgram'],
    case: /"(bind|connect)",[^\]]*"224\.0\.0\.1".*"setMulticastInterface","(203\.0\.113\.7|127\.0\.0\.1)"/,
    native: /^\["setMulticastInterface","undefined"\]/,
    hooked: /"setMulticastInterface EINVAL"/,
    reason: 'what is bound or connected to a link-local group is bound to its interface too, and can choose no other',
  },
  {
    host: ['v6'],
    api: ['dgram'],
    case: /"setMulticastInterface","127\.0\.0\.1".*"send",[^\]]*"224\.0\.0\.1"/,
    native: /^\["send callback",null,\d+\]/,
    hooked: /"send ENETUNREACH 224\.0\.0\.1/,
    reason: 'the loopback interface has no route for IPv6 groups',
  },
];
