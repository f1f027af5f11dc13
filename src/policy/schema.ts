import { PRESETS } from './presets';

/**
 * The single source of the policy's shape. `scripts/policy.mts` generates three files from it: `policy.schema.json`
 * (for editors), `validate.generated.ts` (the validator) and `input.generated.ts` (the TypeScript type).
 *
 * `x-allowed` describes the allowed values in words, which error messages quote. The `read-*.ts` files check what a
 * schema cannot express: whether a CIDR is well formed, or whether a rule can ever match.
 */
export interface SchemaNode {
  readonly type?: 'object' | 'array' | 'string' | 'integer' | 'boolean';
  readonly description?: string;
  readonly default?: unknown;
  readonly examples?: readonly unknown[];
  readonly enum?: readonly string[];
  readonly const?: string;
  readonly pattern?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly items?: SchemaNode;
  readonly anyOf?: readonly SchemaNode[];
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: false | SchemaNode;
  readonly 'x-allowed'?: string;
}

const ipv6Prefix: SchemaNode = {
  type: 'string',
  pattern: '^[0-9a-fA-F:.]+/[0-9]{1,3}$',
  'x-allowed': 'an IPv6 prefix such as 64:ff9b::/96',
};
const POOL_WORDS = 'an IPv4 network with a length from 8 to 29, such as 198.18.0.0/15';
const ipv4Network: SchemaNode = {
  type: 'string',
  pattern: '^[0-9.]+/[0-9]{1,2}$',
  'x-allowed': POOL_WORDS,
};
const portRange: SchemaNode = { type: 'string', pattern: '^[0-9]{1,5}(-[0-9]{1,5})?$' };
const port: SchemaNode = { type: 'integer', minimum: 1, maximum: 65535 };
const PORT_WORDS = 'a port from 1 to 65535, or a range such as "8000-8999"';

const rule: SchemaNode = {
  type: 'object',
  description: 'One rule. The first rule that matches decides.',
  additionalProperties: false,
  required: ['match', 'to'],
  properties: {
    match: {
      description:
        'What the rule matches: an IPv4 address, a network (CIDR), a range, a host name or a glob of host names; or a list of them. A name must resolve. Rules concern what the program sees as IPv4: an IPv6 address that it gets for the name stays as it is, unless the rule is `refuse`.',
      anyOf: [{ type: 'string' }, { type: 'array', minItems: 1, items: { type: 'string' } }],
      examples: ['169.254.169.254', '10.0.0.0/8', '192.0.2.1-192.0.2.9', 'db.example.org', '*.example.org'],
      'x-allowed':
        'an IPv4 address, a network such as 10.0.0.0/8, a range such as 192.0.2.1-192.0.2.9, a host name, a glob such as *.example.org, or a list of them',
    },
    port: {
      description: 'The remote ports that the rule applies to. Default: all.',
      anyOf: [
        port,
        portRange,
        { type: 'array', minItems: 1, items: { anyOf: [port, portRange], 'x-allowed': PORT_WORDS } },
      ],
      examples: [443, '8000-8999', [80, 443]],
      'x-allowed': `${PORT_WORDS}, or a list of them`,
    },
    protocol: { description: 'The transport that the rule applies to. Default: both.', enum: ['tcp', 'udp'] },
    to: {
      description:
        'Where the traffic goes: an IPv6 address; an IPv6 prefix in which the IPv4 address is embedded (RFC 6052); `direct`: over IPv4; `refuse`: fails with EACCES; `nat64`: through the NAT64, even if there is an IPv4 route; or `native`, for names only: to the native IPv6 addresses of the name, if it has any.',
      type: 'string',
      examples: ['2001:db8::1', '2001:db8:64::/96', 'direct', 'refuse', 'nat64', 'native'],
      'x-allowed':
        'an IPv6 address, an IPv6 prefix of length 32, 40, 48, 56, 64 or 96, "direct", "refuse", "nat64" or "native"',
    },
    comment: { description: 'For readers; not used.', type: 'string' },
  },
};

const dns64: SchemaNode = {
  type: 'object',
  description: 'The DNS64 resolver inside the process.',
  additionalProperties: false,
  properties: {
    servers: {
      description:
        'Name servers to ask, in order, instead of those of the host. On a host with an IPv4 route to the Internet `dns.lookup` asks those of the host. IPv4 servers are reached over IPv4 if there is a route, else through the NAT64. If other code replaced `dns.lookup` before v6only was loaded, its function is asked instead.',
      type: 'array',
      minItems: 1,
      maxItems: 16,
      items: { type: 'string', 'x-allowed': 'an IP address, with a port as 192.0.2.53:5353 or [2001:db8::53]:5353' },
      examples: [['2001:4860:4860::64', '[2001:db8::53]:5353']],
    },
    exclude: {
      description: 'IPv6 networks whose AAAA records are ignored (RFC 6147 §5.1.4), in addition to ::ffff:0:0/96.',
      type: 'array',
      maxItems: 256,
      items: { type: 'string', 'x-allowed': 'an IPv6 network such as 2001:db8::/32' },
    },
    cache: {
      description: 'The cache of DNS answers, or `false` for none.',
      anyOf: [
        { type: 'boolean' },
        {
          type: 'object',
          additionalProperties: false,
          properties: {
            entries: {
              description:
                'The maximum number of answers, of 4 KiB on average: a large answer takes the place of several.',
              type: 'integer',
              minimum: 1,
              maximum: 1_000_000,
              default: 4096,
            },
            staleSeconds: {
              description:
                'For how many seconds after its TTL an answer may be used when no server responds (RFC 8767).',
              type: 'integer',
              minimum: 0,
              maximum: 604_800,
              default: 0,
            },
          },
        },
      ],
      'x-allowed': 'true, false, or an object with "entries" and "staleSeconds"',
    },
    timeoutMs: {
      description: 'Milliseconds to wait for an answer of one server. Default: as in resolv.conf.',
      type: 'integer',
      minimum: 50,
      maximum: 60_000,
    },
    attempts: {
      description: 'How often to try all servers. Default: as in resolv.conf.',
      type: 'integer',
      minimum: 1,
      maximum: 10,
    },
    deadlineMs: {
      description: 'Milliseconds that a connection to an IPv4 literal waits for the discovery of the NAT64 prefix.',
      type: 'integer',
      minimum: 0,
      maximum: 60_000,
      default: 2000,
    },
  },
};

export const SCHEMA: SchemaNode = {
  type: 'object',
  description: 'What v6only does for one program. All fields are optional.',
  additionalProperties: false,
  properties: {
    $schema: { description: 'The location of this schema, for editors.', type: 'string' },
    mode: {
      description:
        '`auto`: traffic that the kernel can send over IPv4 stays on IPv4, and the rest is translated. `always`: everything is translated, except destinations for which a rule says `direct`. `off`: nothing is patched.',
      enum: ['auto', 'always', 'off'],
      default: 'auto',
    },
    nat64: {
      description:
        'The NAT64 prefix, or several in order of preference; or `discover`: learn it from the network (RFC 8781, RFC 7050).',
      anyOf: [{ const: 'discover' }, ipv6Prefix, { type: 'array', minItems: 1, maxItems: 16, items: ipv6Prefix }],
      default: 'discover',
      examples: ['discover', '64:ff9b::/96', ['2001:db8:64::/96', '64:ff9b::/96']],
      'x-allowed': '"discover", a prefix such as 64:ff9b::/96 (length 32, 40, 48, 56, 64 or 96), or a list of prefixes',
    },
    loopback: {
      description:
        'What 127.0.0.0/8 becomes. `auto`: it stays on IPv4 if the host has it, else it becomes ::1. `translate`: ::1. `direct`: it stays on IPv4. With a prefix of length 96 or 104, whose addresses are on the loopback interface, 127.0.0.1 and 127.0.0.2 remain different addresses.',
      anyOf: [{ enum: ['auto', 'translate', 'direct'] }, ipv6Prefix],
      default: 'auto',
      'x-allowed': '"auto", "translate", "direct", or an IPv6 prefix of length 96 or 104',
    },
    dns64,
    rules: {
      description: 'Rules, in order: the first that matches decides. They come before the rules of presets.',
      type: 'array',
      maxItems: 4096,
      items: rule,
    },
    presets: {
      description: 'Ready-made rules for services that have a documented IPv6 address.',
      type: 'array',
      items: { enum: Object.keys(PRESETS) },
      examples: [['aws', 'public-dns']],
    },
    listen: {
      description:
        'What a socket bound to 0.0.0.0 accepts. `auto`: IPv6 too, if no other machine can reach the host over IPv4. `both`: IPv4 and IPv6. `ipv4`: IPv4 only; on a host without an IPv4 address nobody then reaches it.',
      enum: ['auto', 'ipv4', 'both'],
      default: 'auto',
    },
    pool: {
      description:
        'The synthetic pool: the IPv4 network of the addresses that stand for IPv6-only hosts (RFC 6535 §2.4). A second network, of private addresses, stands for hosts with unique local addresses (RFC 4193); by default 10.170.160.0/20, or another one without a route. These addresses are valid in this process only.',
      anyOf: [ipv4Network, { type: 'array', minItems: 1, maxItems: 2, items: ipv4Network }],
      default: '198.18.0.0/15',
      examples: ['198.18.0.0/15', ['198.18.0.0/15', '10.170.160.0/20']],
      'x-allowed': `${POOL_WORDS}, or a list of two of them`,
    },
    peers: {
      description:
        'How an IPv4 socket shows a native IPv6 peer: by its IPv6 address, or by an address of the synthetic pool.',
      enum: ['ipv6', 'pool'],
      default: 'ipv6',
    },
    multicast: {
      description:
        'IPv4 multicast groups and the IPv6 groups that they become; at most 4096. Overrides the built-in map.',
      type: 'object',
      additionalProperties: { type: 'string', 'x-allowed': 'an IPv6 multicast address such as ff05::1234' },
      examples: [{ '239.1.2.3': 'ff15::1234' }],
    },
    children: {
      description:
        'Whether Node.js child processes and worker threads get the hook too. With `enable()` they get it only if its argument says `true`.',
      type: 'boolean',
      default: true,
    },
    log: {
      description:
        'What is written to stderr. `silent`: nothing. `warn`: warnings. `summary`: also one line when a process ends, with its counts of connects, datagrams and lookups, and the NAT64 prefix; a process that a signal ends writes none. `debug`: every decision, as NODE_DEBUG=v6only does.',
      enum: ['silent', 'warn', 'summary', 'debug'],
      default: 'warn',
    },
  },
};
