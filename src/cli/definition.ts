/** One option of a command. `util.parseArgs` reads `type`, `short` and `multiple`. */
export interface Flag {
  readonly type: 'boolean' | 'string';
  readonly short?: string;
  readonly multiple?: boolean;
  /** The placeholder for its value in a help text. */
  readonly value?: string;
  readonly help: string;
}

/** One command. Its help text, its section of docs/cli.md and its parser are made from this. */
export interface Definition {
  readonly name: string;
  /** The arguments after the name. */
  readonly usage: string;
  readonly summary: string;
  /** Paragraphs. */
  readonly about: readonly string[];
  readonly flags: Readonly<Record<string, Flag>>;
  /** Paragraphs after the options. */
  readonly notes?: readonly string[];
  /** The exit codes. */
  readonly exit: readonly (readonly [code: string, meaning: string])[];
}

const HELP = { type: 'boolean', short: 'h', help: 'print this text' } as const;

/** Options of the commands that read a policy. */
const POLICY = {
  policy: { type: 'string', value: 'FILE', help: 'use this policy file instead of the one that would be found' },
  mode: { type: 'string', value: 'MODE', help: "auto, always or off; overrides the policy's mode" },
  nat64: {
    type: 'string',
    value: 'PREFIX',
    help: "one or more NAT64 prefixes separated by commas, or discover; overrides the policy's nat64",
  },
} as const;

const APP = {
  app: {
    type: 'string',
    value: 'FILE',
    help: 'use the policy of this program (default: the policy of the current folder)',
  },
} as const;

const VERBOSE = {
  verbose: {
    type: 'boolean',
    help: 'print on stderr how the program is started and, when it ends, which of its processes had the hook',
  },
} as const;

/** Explains the argument PROGRAM. */
const programOf = (command: string): string =>
  `PROGRAM is a JavaScript file or any command: v6only ${command} app.js, v6only ${command} npm start, v6only ${command} -- next dev. A command gets the hook through NODE_OPTIONS, so every Node.js process that it starts has the hook. A command in ./node_modules/.bin need not be on the PATH. Everything after PROGRAM is passed to it. Options of Node.js go after --: v6only ${command} -- --inspect app.js.`;

const PROGRAM_EXIT = [
  ["the program's", '128 + n if signal n ended it'],
  ['2', 'the command line or the policy is wrong, or the program could not be started'],
] as const;

const USAGE_EXIT = ['2', 'the command line is wrong'] as const;

export const RUN = {
  name: 'run',
  usage: '[options] PROGRAM [arguments]',
  summary: 'run a program with the hook',
  about: [
    'Runs a program with the hook, a preload that translates its IPv4 calls, as node -r v6only/register app.js does.',
    programOf('run'),
  ],
  flags: {
    summary: {
      type: 'boolean',
      help: 'print one line on stderr when the program ends: how many connects, datagrams and lookups were translated, left on IPv4 or refused, and the NAT64 prefix',
    },
    ...VERBOSE,
    ...POLICY,
    help: HELP,
  },
  notes: [
    'A command that is not a JavaScript file uses the policy of the current folder. If there is none, each of its Node.js processes looks for its own.',
  ],
  exit: PROGRAM_EXIT,
} as const satisfies Definition;

export const EXPLAIN = {
  name: 'explain',
  usage: '[options] ADDRESS|NETWORK|URL|NAME…',
  summary: 'show what an address or a name becomes, and why',
  about: [
    'Shows what an IPv4 address, or each address of a name, becomes on this host now: each rule, the decision, the final address, and whether the kernel has a route to it. It makes no connection; for a name it asks the name servers.',
    'It accepts 192.0.2.1, 192.0.2.1:80, [2001:db8::1]:80, 10.0.0.0/8, https://example.org/, example.org:443, mongodb+srv://example.org/ (the hosts of its SRV records), and several of these. A port in the target overrides --port. For a network it explains the first address, the last address, and each address where a rule begins or ends.',
  ],
  flags: {
    port: { type: 'string', value: 'PORT', help: 'the port, for rules that apply to some ports only' },
    protocol: { type: 'string', value: 'NAME', help: 'tcp or udp (default: tcp)' },
    bind: {
      type: 'boolean',
      help: 'explain the target as a local address to bind to, not as a destination; its port is not tried',
    },
    ...APP,
    ...POLICY,
    json: { type: 'boolean', help: 'print JSON: an object, or a list for several targets' },
    help: HELP,
  },
  exit: [
    ['0', 'every target can be reached, as far as this host knows'],
    ['1', 'a target is refused, has no route, or is a name that does not resolve; or the policy is faulty'],
    ['2', 'the command line is wrong, or a target is not an address, network, URL or name'],
  ],
} as const satisfies Definition;

export const DOCTOR = {
  name: 'doctor',
  usage: '[options]',
  summary: 'diagnose this host and its network',
  about: [
    'Checks Node.js, the policy, the IPv6 and IPv4 routes, the loopback interface, the name servers and their DNS64, the NAT64 prefix (RFC 8781, RFC 7050), and whether the NAT64 reaches IPv4 hosts. It says what to do about each fault.',
  ],
  flags: {
    target: {
      type: 'string',
      value: 'IPV4:PORT',
      help: 'an IPv4 host to reach as a program would, and to test the NAT64 with if it leads there (default: two root name servers, port 53); if it answers requests, large packets are tested too',
    },
    timeout: { type: 'string', value: 'MS', help: 'milliseconds to wait for each answer (default: 3000)' },
    watch: { type: 'boolean', help: 'repeat the checks, and print what changes' },
    every: { type: 'string', value: 'MS', help: 'milliseconds between two rounds of checks (default: 5000)' },
    ...APP,
    ...POLICY,
    json: { type: 'boolean', help: 'print the findings as JSON' },
    help: HELP,
  },
  exit: [['0', 'no fault was found'], ['1', 'a fault was found'], USAGE_EXIT],
} as const satisfies Definition;

export const AUDIT = {
  name: 'audit',
  usage: '[options] PROGRAM [arguments]',
  summary: 'run a program and report where it depends on IPv4',
  about: [
    'Runs a program with the hook, and reports every IPv4 address and IPv4-only name that it used: the place in its code or in a dependency, how often, what the address became, and the outcome. On a host with IPv4 it shows which calls would need the hook on a host without IPv4. The report is printed on stderr when the program ends.',
    programOf('audit'),
  ],
  flags: {
    json: {
      type: 'boolean',
      help: "print the report as JSON on stdout (v6only/audit.schema.json); the program's own output goes to stderr",
    },
    html: {
      type: 'string',
      value: 'FILE',
      help: 'write the report as an HTML page with filters; FILE must not exist, or be a report',
    },
    'fail-on-ipv4': {
      type: 'boolean',
      help: 'exit 1 if the program used IPv4 or could not be audited, and itself exited 0',
    },
    ...VERBOSE,
    ...POLICY,
    help: HELP,
  },
  exit: [['1', 'with --fail-on-ipv4: the program used IPv4, or could not be audited'], ...PROGRAM_EXIT],
} as const satisfies Definition;

export const CHECK = {
  name: 'check',
  usage: '[options] [POLICY]',
  summary: 'check a policy file',
  about: [
    'Checks a policy file, and lists all of its faults, each with its line, its column, the allowed values and a suggestion. Without POLICY it checks the policy that a program in the current folder would get. Without a policy file the defaults apply, and they are valid.',
  ],
  flags: {
    ...APP,
    ...POLICY,
    json: { type: 'boolean', help: 'print the faults as JSON' },
    help: HELP,
  },
  exit: [['0', 'the policy is valid'], ['1', 'the policy is faulty'], USAGE_EXIT],
} as const satisfies Definition;

export const SIMULATE = {
  name: 'simulate',
  usage: '[options] PROGRAM [arguments]',
  summary: 'run a program as if this host had no IPv4',
  about: [
    'Runs a program as if 127.0.0.1 were the only IPv4 address of this host. Calls that cannot work on an IPv6-only host fail with the same errors as there (ENETUNREACH, EADDRNOTAVAIL). So a CI without an IPv6-only network shows what breaks. --with-hook shows whether v6only helps: the hook translates, and a simulated NAT64 carries the traffic back to IPv4.',
    programOf('simulate'),
  ],
  flags: {
    'with-hook': { type: 'boolean', help: 'run the program with the hook, behind a simulated NAT64' },
    ...VERBOSE,
    ...POLICY,
    help: HELP,
  },
  notes: [
    'This host still resolves names. Connections from other hosts over IPv4 still arrive. Without --with-hook, a hook in NODE_OPTIONS is switched off (V6ONLY=off).',
  ],
  exit: PROGRAM_EXIT,
} as const satisfies Definition;

export const DNS64 = {
  name: 'dns64',
  usage: '[options]',
  summary: 'serve DNS64 to other programs',
  about: [
    'Runs a DNS64 server (RFC 6147): for a name that has only IPv4 addresses, it answers AAAA queries with synthesized IPv6 addresses.',
  ],
  flags: {
    listen: {
      type: 'string',
      multiple: true,
      value: 'ADDRESS',
      help: 'address to listen on, UDP and TCP (default: [::1]:5353)',
    },
    prefix: {
      type: 'string',
      multiple: true,
      value: 'PREFIX',
      help: 'NAT64 prefix of length 32, 40, 48, 56, 64 or 96 (default: 64:ff9b::/96)',
    },
    upstream: {
      type: 'string',
      multiple: true,
      value: 'ADDRESS',
      help: 'recursive name server to ask (default: the servers in /etc/resolv.conf)',
    },
    exclude: {
      type: 'string',
      multiple: true,
      value: 'NETWORK',
      help: 'IPv6 network whose AAAA records are ignored, in addition to ::ffff:0:0/96',
    },
    'allow-private': {
      type: 'boolean',
      help: 'also synthesize for private and other non-global IPv4 addresses under 64:ff9b::/96',
    },
    cache: { type: 'string', value: 'N', help: 'number of answers to cache, of 4 KiB on average (default: 10000)' },
    stale: {
      type: 'string',
      value: 'SECONDS',
      help: 'how long to use an expired answer when no upstream responds (default: 0)',
    },
    rate: {
      type: 'string',
      value: 'N',
      help: 'UDP responses per second to each client network, an IPv4 /24 or IPv6 /56; 0 for no limit (default: 1000, and no limit for loopback clients)',
    },
    json: { type: 'boolean', help: 'print statistics as one line of JSON, also when the server ends' },
    help: HELP,
  },
  notes: [
    'Write addresses as [2001:db8::53]:5353, 2001:db8::53 or 192.0.2.53:5353. The default port is 53. Options marked with … may be repeated.',
    'Beyond --rate, every second query gets an empty answer with the TC bit, so that a real client repeats it over TCP. The others get no answer.',
    'SIGUSR2 prints statistics on stderr. SIGINT and SIGTERM end the server when it has answered the queries in progress, after three seconds at most.',
  ],
  exit: [['0', 'a signal ended the server'], ['1', 'the server could not listen'], USAGE_EXIT],
} as const satisfies Definition;

/** Listed in this order in the help text. */
export const DEFINITIONS: readonly Definition[] = [RUN, EXPLAIN, DOCTOR, AUDIT, CHECK, SIMULATE, DNS64];

export const EXIT_CODES: Definition['exit'] = [
  ['0', 'success'],
  ['1', 'a problem was found: a faulty policy, a network fault, an address that is refused or has no route'],
  [
    '2',
    'the command line is wrong (a file that it names does not exist), this host lacks a folder that the command needs, or run, audit or simulate did not start the program',
  ],
  ["the program's", 'run, audit and simulate exit with the code of the program; 128 + n if signal n ended it'],
];
