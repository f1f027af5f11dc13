// What decides where unbound and BIND differ, or where both break a rule: a section each, and what it demands of v6only.
import type { Answer, Answered, Answers, Question } from './types.js';

/** Embedded in 64:ff9b::/96 these break RFC 6052 §3.1 (RFC 5735 §3 names them). */
const NON_GLOBAL: readonly [network: string, bits: number][] = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 3],
];
const numberOf = (ipv4: string): number => ipv4.split('.').reduce((value, octet) => value * 256 + Number(octet), 0);
const isGlobal = (ipv4: string): boolean =>
  !NON_GLOBAL.some(([network, bits]) => numberOf(ipv4) >>> (32 - bits) === numberOf(network) >>> (32 - bits));

/** The IPv4 address in the text of a record under 64:ff9b::/96. */
function embedded(line: string): string | undefined {
  const [, groups] = / aaaa 64:ff9b::(\S*)$/.exec(line) ?? [];
  if (groups === undefined) return undefined;
  const [low = 0, high = 0] = groups
    .split(':')
    .reverse()
    .map((group) => Number.parseInt(group || '0', 16));
  return [high >> 8, high & 255, low >> 8, low & 255].join('.');
}

const SYNTHESIZED = '64:ff9b::102:304';
const isOdd = ({ name }: Question): boolean => name.endsWith('.odd.example.org');
const isIpv4Only = ({ name }: Question): boolean => name === 'ipv4only.arpa' || name.endsWith('.ipv4only.arpa');

/** What an answer says. */
type Said = Pick<Answered, 'rcode' | 'answers'>;
const recordsOf = (answer: Answer): readonly string[] => answer.answers ?? [];
const hasAnswers = (answer: Answer): boolean => recordsOf(answer).length > 0;
const same = (a: Answer, b: Said | Answer): boolean =>
  a.failure === undefined && a.rcode === b.rcode && JSON.stringify(a.answers) === JSON.stringify(b.answers);
/** What its upstream says, and SERVFAIL where that says nothing (RFC 6147 §5.1.3). */
const asUpstream = ({ v6only, plain }: Answers): boolean =>
  plain.failure === undefined ? same(v6only, plain) : v6only.rcode === 2;
const isLawful = (line: string): boolean => {
  const address = embedded(line);
  return address === undefined || isGlobal(address);
};
const holdsNonGlobal = (answer: Answer): boolean => !recordsOf(answer).every(isLawful);
/** The answer without what RFC 6052 §3.1 forbids. */
const lawful = (answer: Answer): Answer =>
  answer.failure === undefined ? { ...answer, answers: answer.answers.filter(isLawful) } : answer;

/** The answers to the question changed in these respects. */
export type Ask = (changes: Partial<Question>) => Answers;

interface Rule {
  readonly section: string;
  readonly why: string;
  applies(answers: Answers, question: Question): boolean;
  /** Whether v6only does what the section demands. */
  holds(answers: Answers, question: Question, ask: Ask): boolean;
}

/** In order; the first that applies decides. */
const RULES: readonly Rule[] = [
  {
    section: 'RFC 8880 §7.1',
    why: 'ipv4only.arpa is answered by the DNS64 itself, to everybody alike.',
    applies: (_, q) => isIpv4Only(q),
    holds: ({ v6only, bind }, q) =>
      q.type === 'ANY'
        ? ['a 192.0.0.170', 'a 192.0.0.171'].every((a) => recordsOf(v6only).includes(`ipv4only.arpa ${a}`))
        : same(v6only, bind),
  },
  {
    section: 'RFC 6147 §5.3.3 (ANY)',
    why: 'ANY passes unchanged; what a resolver happens to have in its cache differs.',
    applies: (_, q) => q.type === 'ANY',
    holds: ({ v6only, plain, unbound, bind }) => {
      if (v6only.failure !== undefined) return false;
      const known = [plain, unbound, bind].flatMap(recordsOf);
      return v6only.rcode === 2 || v6only.answers.every((line) => known.includes(line));
    },
  },
  {
    section: 'RFC 6147 §5.3.3',
    why: 'Everything but AAAA and PTR passes unchanged: v6only says what its upstream says.',
    applies: (_, q) => !['AAAA', 'PTR'].includes(q.type) || q.class !== undefined,
    holds: asUpstream,
  },
  {
    section: 'RFC 6147 §5.5 (3)',
    why: 'DO and CD: never synthesized.',
    applies: (_, q) => q.type === 'AAAA' && q.dnssecOk && q.checkingDisabled,
    holds: asUpstream,
  },
  {
    section: 'RFC 6052 §3.1',
    why: 'The well-known prefix must not represent non-global addresses; unbound and BIND both embed them.',
    applies: (all, q) => q.type === 'AAAA' && [all.unbound, all.bind].some(holdsNonGlobal),
    holds: ({ v6only, unbound, bind }) => same(v6only, lawful(hasAnswers(bind) ? bind : unbound)),
  },
  {
    section: 'RFC 6147 §5.1.4',
    why: 'AAAA records in ::ffff:0:0/96 count as absent; unbound hands them out.',
    applies: (_, q) => q.type === 'AAAA' && q.name.startsWith('mapped'),
    holds: ({ v6only, bind }) => same(v6only, bind),
  },
  {
    section: 'RFC 6147 §5.1.2 (NXDOMAIN)',
    why: 'NXDOMAIN is final; unbound asks for A and synthesizes.',
    applies: (_, q) => q.type === 'AAAA' && q.name.startsWith('nxdomain.odd'),
    holds: ({ v6only }) => v6only.rcode === 3 && !hasAnswers(v6only),
  },
  {
    section: 'RFC 6147 §5.1.2, §5.1.3',
    why: 'Any other error for AAAA, and no answer at all, count as empty; BIND says SERVFAIL, unbound may be silent.',
    applies: (_, q) => q.type === 'AAAA' && isOdd(q),
    holds: ({ v6only }, q, ask) =>
      hasAnswers(ask({ type: 'A' }).plain)
        ? same(v6only, { rcode: 0, answers: [`${q.name} aaaa ${SYNTHESIZED}`] })
        : v6only.rcode === 2,
  },
  {
    section: 'RFC 1034 §5.2.2',
    why: 'A chain that leads in a circle is an error; BIND shows the circle as well.',
    applies: (_, q) => q.name.startsWith('loop'),
    holds: ({ v6only }) => v6only.rcode === 2,
  },
  {
    section: 'RFC 6147 §5.5 (bogus)',
    why: 'What does not validate is SERVFAIL, whoever asks without CD; unbound with DNS64 gave no answer.',
    applies: (_, q) => q.name.endsWith('bogus.example.org'),
    holds: ({ v6only, bind }) => same(v6only, bind),
  },
  {
    section: 'RFC 6147 §5.5 (CD alone)',
    why: 'Only DO and CD together forbid synthesis; unbound does not synthesize with CD.',
    applies: (_, q) => q.type === 'AAAA' && q.checkingDisabled,
    holds: ({ v6only, bind }) => same(v6only, bind),
  },
  {
    section: 'RFC 6147 §5.5 (2)',
    why: 'DO without CD: validated, synthesized, without AD; BIND passes the signed denial, unbound sets AD.',
    applies: (_, q) => q.type === 'AAAA' && q.dnssecOk,
    holds: ({ v6only }, _, ask) => same(v6only, ask({ dnssecOk: false }).bind) && !v6only.ad,
  },
  {
    section: 'RFC 6147 §5.3.1',
    why: 'A PTR under the prefix is a CNAME to in-addr.arpa and what is there; passed through where nothing is.',
    applies: (_, q) => q.type === 'PTR',
    holds: ({ v6only, bind, plain }) => same(v6only, bind.rcode === 0 && hasAnswers(bind) ? bind : plain),
  },
  {
    section: 'unbound silent',
    why: 'unbound gave no answer in time (it marks servers that failed before as down); BIND decides.',
    applies: ({ unbound, bind }) => unbound.failure !== undefined && bind.failure === undefined,
    holds: ({ v6only, bind }) => same(v6only, bind),
  },
];

/** Seconds: the most that a synthesized record may live by RFC 6147 §5.1.7 in the lab's zones. */
function maxTtl(question: Question): number {
  const { name } = question;
  if (name === 'v4.example.net' || name === 'alias-out.example.org' || name.includes('tree-out')) return 7;
  // Excluded AAAA records came without an SOA.
  if (name.startsWith('mapped')) return 600;
  const [, own] = /^ttl(\d+)\./.exec(name) ?? [];
  if (isOdd(question) || isIpv4Only(question)) return 3600;
  return Math.min(Number(own ?? 300), 120);
}

/** What breaks a rule in an answer of v6only, whatever the others say. */
function fault({ v6only, plain }: Answers, question: Question): string | undefined {
  if (v6only.failure !== undefined) return undefined;
  const made = v6only.answers.filter((line) => embedded(line) && !recordsOf(plain).includes(line));
  if (made.length === 0) return undefined;
  if (v6only.ad) return 'RFC 6147 §5.5: AD is set on synthesized data';
  const ttl = v6only.ttls.AAAA ?? 0;
  return ttl > maxTtl(question) ? `RFC 6147 §5.1.7: a TTL of ${ttl}` : undefined;
}

export type Verdict =
  | { readonly kind: 'agreed' }
  | { readonly kind: 'decided'; readonly section: string; readonly why: string; readonly others: string }
  | { readonly kind: 'wrong'; readonly why: string };

/** The verdict on one question. */
export function judge(question: Question, all: Answers, ask: Ask): Verdict {
  const wrong = fault(all, question);
  if (wrong !== undefined) return { kind: 'wrong', why: wrong };
  const { v6only, unbound, bind } = all;
  if (same(v6only, unbound) && same(v6only, bind)) return { kind: 'agreed' };
  const rule = RULES.find(({ applies }) => applies(all, question));
  if (rule === undefined) return { kind: 'wrong', why: 'differs, and no rule decides' };
  const { section, why } = rule;
  if (!rule.holds(all, question, ask)) return { kind: 'wrong', why: `${section} does not hold: ${why}` };
  const say = (answer: Answer) => answer.failure ?? `rcode ${answer.rcode}, ${answer.answers?.length} records`;
  const others = (['v6only', 'unbound', 'bind'] as const).map((server) => `${server}: ${say(all[server])}`).join('; ');
  return { kind: 'decided', section, why, others };
}
