// npm run test:differential: `v6only dns64` against unbound and BIND, question by question, in the lab. As root.
// Where these two agree, v6only must too; where they differ, or both break a rule, rules.ts says which section decides.
// Prints each difference with that section. Exit status 1 when v6only differs without a rule, or breaks one.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import process from 'node:process';
import { text } from 'node:stream/consumers';
import { parseArgs } from 'node:util';
import { compiled } from '../../support/paths.js';
import { down, isWhole, up } from '../actions.js';
import { labOf, RESOLVERS } from '../settings.js';
import { cleanEnvironment, onHost, ready } from '../sh.js';
import { entriesOf } from '../tables.js';
import { nameOf, questions } from './questions.js';
import { judge, type Verdict } from './rules.js';
import type { Answers, Order, Patience, Question } from './types.js';

const HOST = 'app0';
const LISTEN = '[::1]:5364';
const { values } = parseArgs({ options: { verbose: { type: 'boolean' }, save: { type: 'string' } } });
const lab = labOf();

/** `v6only dns64`, with what it has said so far. */
function startServer() {
  const argv = [process.execPath, compiled('src/cli/main.js'), 'dns64'];
  argv.push('--listen', LISTEN, '--upstream', RESOLVERS.plain.v6, '--json');
  const [command, ...args] = onHost(lab, HOST, argv);
  const child = spawn(command, args, { stdio: ['ignore', 'inherit', 'pipe'], env: cleanEnvironment() });
  let log = '';
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    log += chunk;
  });
  const closed = once(child, 'close');
  const stop = async (): Promise<void> => {
    child.kill('SIGTERM');
    await closed;
  };
  return { stop, log: () => log };
}

/** The answers of all servers, in the order of the questions. */
async function askAll(questions: readonly Question[], patience: Patience): Promise<Answers[]> {
  const program = [process.execPath, compiled('test/lab/differential/ask.js')];
  const [command, ...args] = onHost(lab, HOST, program);
  const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'], env: cleanEnvironment() });
  const { unbound64, bind64, plain } = RESOLVERS;
  const servers = { v6only: LISTEN, unbound: unbound64.v6, bind: bind64.v6, plain: plain.v6 };
  const order: Order = { servers, questions, ...patience };
  child.stdin.end(JSON.stringify(order));
  const [out, [code]] = await Promise.all([text(child.stdout), once(child, 'close') as Promise<[number | null]>]);
  if (code !== 0) throw new Error(`ask.js: exit ${code}`);
  return JSON.parse(out) as Answers[];
}

/** A question and what came of it. */
interface Case {
  readonly question: Question;
  readonly answers: Answers;
}
type Decided = Case & Extract<Verdict, { kind: 'decided' }>;
type Wrong = Case & Extract<Verdict, { kind: 'wrong' }>;

/** Prints what was found; true when nothing is wrong. */
function report(cases: readonly Case[]): boolean {
  const sections = new Map<string, Decided[]>();
  const wrong: Wrong[] = [];
  let agreed = 0;
  const byName = new Map(cases.map(({ question, answers }) => [nameOf(question), answers]));
  for (const one of cases) {
    const { question, answers } = one;
    const verdict = judge(question, answers, (changes) => {
      const name = nameOf({ ...question, ...changes });
      const others = byName.get(name);
      if (others === undefined) throw new Error(`a rule needs the answers to ${name}, which is not asked`);
      return others;
    });
    if (verdict.kind === 'agreed') agreed++;
    else if (verdict.kind === 'wrong') wrong.push({ ...one, ...verdict });
    else sections.set(verdict.section, [...(sections.get(verdict.section) ?? []), { ...one, ...verdict }]);
  }
  console.log(`${cases.length} questions; all three agree on ${agreed}`);
  for (const [section, decided] of [...sections].sort(([a], [b]) => a.localeCompare(b))) {
    console.log(`\n${section}: ${decided.length}. ${decided[0]?.why}`);
    const shown = values.verbose ? decided : decided.slice(0, 3);
    for (const { question, others } of shown) console.log(`  ${nameOf(question)} — ${others}`);
    if (shown.length < decided.length) console.log(`  and ${decided.length - shown.length} more (--verbose lists all)`);
  }
  for (const { question, why, answers } of wrong) {
    console.log(`\nWRONG ${nameOf(question)}: ${why}`);
    for (const [server, answer] of entriesOf(answers)) console.log(`  ${server}: ${JSON.stringify(answer)}`);
  }
  console.log(`\n${wrong.length} wrong`);
  return wrong.length === 0;
}

const wasUp = isWhole(lab);
try {
  await up(lab);
  const server = startServer();
  try {
    await ready(() => server.log().includes('listening'), server.log);
    const { quick, slow } = questions();
    // The others hold what they have learned of slow and broken servers against everybody: these questions come last.
    const answers = [
      ...(await askAll(quick, { timeoutMs: 12_000, concurrency: 8 })),
      ...(await askAll(slow, { timeoutMs: 20_000, concurrency: slow.length })),
    ];
    const cases = [...quick, ...slow].map((question, i) => ({ question, answers: answers[i] as Answers }));
    if (values.save) {
      const saved = cases.map((one) => ({ ...one.question, ...one.answers }));
      fs.writeFileSync(values.save, JSON.stringify(saved, null, 1));
    }
    process.exitCode = report(cases) ? 0 : 1;
  } finally {
    await server.stop();
  }
} catch (error) {
  console.error(`differential: ${error instanceof Error ? error.message : error}`);
  process.exitCode = 2;
} finally {
  if (!wasUp) await down(lab);
}
