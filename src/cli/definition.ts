/** One option of a command. `type`, `short` and `multiple` are as `util.parseArgs` takes them. */
export interface Flag {
  readonly type: 'boolean' | 'string';
  readonly short?: string;
  readonly multiple?: boolean;
  /** What stands for its value in a help text. */
  readonly value?: string;
  readonly help: string;
}

/** One command in words. Its help text, its part of docs/cli.md and what the parser accepts are made of this. */
export interface Definition {
  readonly name: string;
  /** What follows the name. */
  readonly usage: string;
  readonly summary: string;
  /** Paragraphs. */
  readonly about: readonly string[];
  readonly flags: Readonly<Record<string, Flag>>;
  /** Paragraphs after the options. */
  readonly notes?: readonly string[];
  /** How it ends. */
  readonly exit: readonly (readonly [code: string, meaning: string])[];
}

const HELP = { type: 'boolean', short: 'h', help: 'this text' } as const;

/** Options of the commands that read a policy. */
const POLICY = {
  policy: { type: 'string', value: 'FILE', help: 'use this policy file, not the one that would be found' },
  mode: { type: 'string', value: 'MODE', help: "auto, always or off; overrides the policy's mode" },
  nat64: {
    type: 'string',
    value: 'PREFIX',
    help: 'a NAT64 prefix, several separated by commas, or discover; overrides the policy',
  },
} as const;

const APP = {
  app: { type: 'string', value: 'FILE', help: 'use the policy of this program (default: that of this folder)' },
} as const;

const VERBOSE = {
  verbose: {
    type: 'boolean',
    help: 'say on stderr how the program is started and, at its end, which of its processes had the hook',
  },
} as const;

/** What may be run. */
const PROGRAM = [
  'The program is a JavaScript file, or any command: v6only run app.js, v6only run npm start, v6only run -- next dev. A command gets the hook by NODE_OPTIONS, so that every Node.js process that it starts has it; a command of ./node_modules/.bin need not be on the PATH. What follows the program is its own. Options of Node.js go after --: v6only run -- --inspect app.js.',
];

const PROGRAM_EXIT = [
  ["the program's", '128 + n where signal n ended it'],
  ['2', 'the command line is wrong, or the program could not be started'],
] as const;

const USAGE_EXIT = ['2', 'the command line is wrong'] as const;

export const RUN = {
  name: 'run',
  usage: '[options] PROGRAM [arguments]',
  summary: 'run a program with the hook',
  about: ['Runs a program with the hook, as node -r v6only/register app.js does.', ...PROGRAM],
  flags: {
    summary: {
      type: 'boolean',
      help: 'at the end, one line on stderr: connects, datagrams and look-ups by what became of them, and the NAT64 prefix',
    },
    ...VERBOSE,
    ...POLICY,
    help: HELP,
  },
  notes: [
    'A command that is not a JavaScript file uses the policy of this folder, or else each of its Node.js processes looks for its own.',
  ],
  exit: PROGRAM_EXIT,
} as const satisfies Definition;

export const EXPLAIN = {
  name: 'explain',
  usage: '[options] ADDRESS|NETWORK|URL|NAME…',
  summary: 'say what an address or a name becomes, and why',
  about: [
    'Says what an IPv4 address, or each address of a name, becomes here and now: the decision, rule by rule, the final address, and whether the kernel has a route to it. It connects to nothing.',
    'Takes 192.0.2.1, 192.0.2.1:80, [2001:db8::1]:80, 10.0.0.0/8, https://example.org/, example.org:443, and several at once. The port of the target overrides --port. For a network it explains the first and the last address, and those where a rule begins or ends.',
  ],
  flags: {
    port: { type: 'string', value: 'PORT', help: 'for rules that are for certain ports' },
    protocol: { type: 'string', value: 'NAME', help: 'tcp (default) or udp' },
    bind: { type: 'boolean', help: 'as an address to bind to, not to connect to' },
    ...APP,
    ...POLICY,
    json: { type: 'boolean', help: 'the answer as JSON: an object, or a list where several targets were given' },
    help: HELP,
  },
  exit: [
    ['0', 'every target leads somewhere'],
    ['1', 'one is refused, has no route, or is a name that does not resolve'],
    ['2', 'the command line is wrong, or a target is not an address, network, URL or name'],
  ],
} as const satisfies Definition;

export const DOCTOR = {
  name: 'doctor',
  usage: '[options]',
  summary: 'look for what is wrong with this host and its network',
  about: [
    'Looks for what is wrong: the runtime, the policy, IPv6 and IPv4 routes, the loopback, the name servers and their DNS64, the NAT64 prefix (RFC 8781, RFC 7050) and whether it leads to IPv4. Each fault comes with what to do.',
  ],
  flags: {
    target: {
      type: 'string',
      value: 'IPV4:PORT',
      help: 'an IPv4 host that listens, to try the NAT64 with (default: two root name servers, port 53); large packets are tried too, where it answers requests',
    },
    timeout: { type: 'string', value: 'MS', help: 'milliseconds to wait for an answer (default: 3000)' },
    watch: { type: 'boolean', help: 'look again and again, and print what changes' },
    every: { type: 'string', value: 'MS', help: 'milliseconds between two looks (default: 5000)' },
    ...APP,
    ...POLICY,
    json: { type: 'boolean', help: 'the findings as JSON' },
    help: HELP,
  },
  exit: [['0', 'nothing is wrong'], ['1', 'there is a fault'], USAGE_EXIT],
} as const satisfies Definition;

export const AUDIT = {
  name: 'audit',
  usage: '[options] PROGRAM [arguments]',
  summary: 'run a program and report where it depends on IPv4',
  about: [
    'Runs a program with the hook and reports every IPv4 address and IPv4-only name that it used: what, where in its code (or in a dependency, and who called that), how often, what it became, and how it ended. On a host with IPv4 it shows what would need the hook elsewhere. The report follows on stderr at the end.',
    ...PROGRAM,
  ],
  flags: {
    json: {
      type: 'boolean',
      help: "the report as JSON on stdout (v6only/audit.schema.json); the program's own output goes to stderr",
    },
    html: { type: 'string', value: 'FILE', help: 'the report as one web page that can be read and filtered' },
    'fail-on-ipv4': {
      type: 'boolean',
      help: 'end with 1 where the program ended with 0 but used IPv4, or could not be audited',
    },
    ...VERBOSE,
    ...POLICY,
    help: HELP,
  },
  exit: [['1', 'with --fail-on-ipv4, see there'], ...PROGRAM_EXIT],
} as const satisfies Definition;

export const CHECK = {
  name: 'check',
  usage: '[options] [POLICY]',
  summary: 'check a policy file',
  about: [
    'Checks a policy file: all faults at once, each with its line and column, what is allowed there, and what was most likely meant. Without a file: the policy that a program in this folder would get.',
  ],
  flags: {
    ...APP,
    ...POLICY,
    json: { type: 'boolean', help: 'the faults as JSON' },
    help: HELP,
  },
  exit: [['0', 'the policy can be used'], ['1', 'it cannot'], USAGE_EXIT],
} as const satisfies Definition;

export const SIMULATE = {
  name: 'simulate',
  usage: '[options] PROGRAM [arguments]',
  summary: 'run a program as if this host had no IPv4',
  about: [
    'Runs a program on a host that has IPv4 as if it had none but 127.0.0.1: what an IPv6-only host could not do fails as it does there (ENETUNREACH, EADDRNOTAVAIL). So a CI without an IPv6-only network shows what would break. With --with-hook it shows that it would work: v6only translates, and what goes to the NAT64 prefix is carried back to IPv4.',
    ...PROGRAM,
  ],
  flags: {
    'with-hook': { type: 'boolean', help: 'translate' },
    ...VERBOSE,
    ...POLICY,
    help: HELP,
  },
  notes: ['Names are still resolved by this host. Connections from other hosts over IPv4 still arrive.'],
  exit: PROGRAM_EXIT,
} as const satisfies Definition;

export const DNS64 = {
  name: 'dns64',
  usage: '[options]',
  summary: 'serve DNS64 to other programs',
  about: ['A DNS64 server (RFC 6147): answers AAAA questions for names that have only IPv4 addresses.'],
  flags: {
    listen: {
      type: 'string',
      multiple: true,
      value: 'ADDRESS',
      help: 'where to listen, UDP and TCP (default: [::1]:5353)',
    },
    prefix: {
      type: 'string',
      multiple: true,
      value: 'PREFIX',
      help: 'NAT64 prefix of 32, 40, 48, 56, 64 or 96 bits (default: 64:ff9b::/96)',
    },
    upstream: {
      type: 'string',
      multiple: true,
      value: 'ADDRESS',
      help: 'recursive name server to ask (default: those of /etc/resolv.conf)',
    },
    exclude: {
      type: 'string',
      multiple: true,
      value: 'NETWORK',
      help: 'IPv6 network whose addresses count as absent, besides ::ffff:0:0/96',
    },
    'allow-private': {
      type: 'boolean',
      help: 'synthesize for private and other non-global IPv4 addresses under 64:ff9b::/96 too',
    },
    cache: { type: 'string', value: 'N', help: 'answers kept (default: 10000)' },
    stale: {
      type: 'string',
      value: 'SECONDS',
      help: 'how long an answer may be used after its time when no upstream answers (default: 0)',
    },
    rate: {
      type: 'string',
      value: 'N',
      help: 'responses per second over UDP for each client network, an IPv4 /24 or IPv6 /56; 0: no limit (default: 1000, and no limit for the loopback of this host)',
    },
    json: { type: 'boolean', help: 'statistics as one line of JSON, also at the end' },
    help: HELP,
  },
  notes: [
    'Addresses are written as [2001:db8::53]:5353, 2001:db8::53 or 192.0.2.53:5353; the port is 53 where none is given.',
    'Beyond --rate, every second query gets an empty answer with the TC bit, so that a real client asks again over TCP; the others get no answer.',
    'SIGUSR2 prints statistics on stderr. SIGINT and SIGTERM end the server when it has answered what it was asked, after three seconds at most.',
  ],
  exit: [['0', 'a signal ended it'], ['1', 'it could not listen'], USAGE_EXIT],
} as const satisfies Definition;

/** In the order of the help text. */
export const DEFINITIONS: readonly Definition[] = [RUN, EXPLAIN, DOCTOR, AUDIT, CHECK, SIMULATE, DNS64];

export const EXIT_CODES: Definition['exit'] = [
  ['0', 'all is well'],
  ['1', 'the answer is bad news: a faulty policy, a fault of the network, an address that is refused or has no route'],
  USAGE_EXIT,
  ["the program's", 'run, audit and simulate end with the code of the program; 128 + n where signal n ended it'],
];
