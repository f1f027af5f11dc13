// npm run test:differential: `v6only dns64` against unbound and BIND, question by question, in the lab. As root.
// Where these two agree, v6only must too; where they differ, or both break a rule, rules.mjs says which section decides.
// Prints each difference with that section. Exit status 1 when v6only differs without a rule, or breaks one.
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { parseArgs } from 'node:util';
import { down, isWhole, up } from '../actions.mjs';
import { labOf, REPOSITORY, RESOLVERS } from '../settings.mjs';
import { onHost, until } from '../sh.mjs';
import { nameOf, questions } from './questions.mjs';
import { judge } from './rules.mjs';

const HOST = 'app0';
const LISTEN = '[::1]:5364';
const { values } = parseArgs({ options: { verbose: { type: 'boolean' }, save: { type: 'string' } } });
const lab = labOf();

function startServer() {
  const argv = [process.execPath, path.join(REPOSITORY, 'build/cli/main.js'), 'dns64'];
  argv.push('--listen', LISTEN, '--upstream', RESOLVERS.plain.v6, '--json');
  const [command, ...args] = onHost(lab, HOST, argv);
  const child = spawn(command, args, { stdio: ['ignore', 'inherit', 'pipe'] });
  let log = '';
  child.stderr.setEncoding('utf8').on('data', (chunk) => {
    log += chunk;
  });
  const exit = new Promise((resolve) => child.on('exit', resolve));
  return { child, exit, log: () => log };
}

function askAll(list, options) {
  const [command, ...args] = onHost(lab, HOST, [process.execPath, path.join(import.meta.dirname, 'ask.mjs')]);
  const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  const { unbound64, bind64, plain } = RESOLVERS;
  // `plain` is the upstream of v6only: what passes unchanged is compared with it.
  const servers = { v6only: LISTEN, unbound: unbound64.v6, bind: bind64.v6, plain: plain.v6 };
  child.stdin.end(JSON.stringify({ servers, questions: list, ...options }));
  let out = '';
  child.stdout.setEncoding('utf8').on('data', (chunk) => {
    out += chunk;
  });
  return new Promise((resolve, reject) => {
    child.on('close', (code) => (code === 0 ? resolve(JSON.parse(out)) : reject(new Error(`ask.mjs: exit ${code}`))));
  });
}

function report(list, results) {
  const sections = new Map();
  const wrong = [];
  let agreed = 0;
  const byName = new Map(list.map((question, i) => [nameOf(question), results[i]]));
  list.forEach((question, i) => {
    const verdict = judge(question, results[i], (changes) => byName.get(nameOf({ ...question, ...changes })));
    if (verdict.kind === 'agreed') agreed++;
    else if (verdict.kind === 'decided') {
      sections.set(verdict.section, [...(sections.get(verdict.section) ?? []), { question, ...verdict }]);
    } else wrong.push({ question, ...verdict, answers: results[i] });
  });
  console.log(`${list.length} questions; all three agree on ${agreed}`);
  for (const [section, cases] of [...sections].sort(([a], [b]) => a.localeCompare(b))) {
    console.log(`\n${section}: ${cases.length}. ${cases[0].why}`);
    const shown = values.verbose ? cases : cases.slice(0, 3);
    for (const { question, others } of shown) console.log(`  ${nameOf(question)} — ${others}`);
    if (shown.length < cases.length) console.log(`  and ${cases.length - shown.length} more (--verbose lists all)`);
  }
  for (const { question, why, answers } of wrong) {
    console.log(`\nWRONG ${nameOf(question)}: ${why}`);
    for (const [server, answer] of Object.entries(answers)) console.log(`  ${server}: ${JSON.stringify(answer)}`);
  }
  console.log(`\n${wrong.length} wrong`);
  return wrong.length === 0;
}

const wasUp = isWhole(lab);
try {
  await up(lab);
  const server = startServer();
  try {
    if (!(await until(() => server.log().includes('listening'), { timeoutMs: 5000 }))) throw new Error(server.log());
    const { quick, slow } = questions();
    // The others hold what they have learned of slow and broken servers against everybody: these questions come last.
    const results = await askAll(quick, { timeoutMs: 12_000, concurrency: 8 });
    const slowResults = await askAll(slow, { timeoutMs: 20_000, concurrency: slow.length });
    const list = [...quick, ...slow];
    const all = [...results, ...slowResults];
    if (values.save)
      fs.writeFileSync(
        values.save,
        JSON.stringify(
          list.map((q, i) => ({ ...q, ...all[i] })),
          null,
          1,
        ),
      );
    process.exitCode = report(list, all) ? 0 : 1;
  } finally {
    server.child.kill('SIGTERM');
    await server.exit;
  }
} catch (error) {
  console.error(`differential: ${error.message}`);
  process.exitCode = 2;
} finally {
  if (!wasUp) await down(lab);
}
