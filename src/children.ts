import { INSPECT_OPTION } from './hooks/inspector';

/** Lets the Node.js processes and workers that the program starts have the hook too, with the same policy file: by the environment. */
export function passToChildren(registerFile: string, policyFile: string | undefined, inspectOverIPv6: boolean): void {
  if (policyFile !== undefined) process.env.V6ONLY_POLICY ??= policyFile;
  const present = process.env.NODE_OPTIONS ?? '';
  const options = [`--require=${quoted(registerFile)}`];
  if (inspectOverIPv6 && !/--(inspect|debug)-port/.test(present)) options.push(INSPECT_OPTION);
  const missing = options.filter((option) => !present.includes(option));
  process.env.NODE_OPTIONS = [present, ...missing].filter(Boolean).join(' ');
}

/** Takes the hook out of what child processes would inherit: NODE_OPTIONS and `process.execArgv`. */
export function keepFromChildren(registerFile: string): void {
  const present = process.env.NODE_OPTIONS ?? '';
  for (const option of [
    `--require=${quoted(registerFile)}`,
    `--require ${quoted(registerFile)}`,
    '--require v6only/register',
    '--import v6only/register',
  ]) {
    if (present.includes(option)) process.env.NODE_OPTIONS = present.replace(option, '').trim();
  }
  const { execArgv } = process;
  for (let i = execArgv.length - 1; i > 0; i--) {
    const [flag, file] = [execArgv[i - 1] ?? '', execArgv[i] ?? ''];
    if (!['-r', '--require', '--import'].includes(flag)) continue;
    if (file === 'v6only/register' || file.endsWith(registerFile)) execArgv.splice(i - 1, 2);
  }
}

/** NODE_OPTIONS is split at spaces but for double quotes, in which a backslash escapes. */
function quoted(file: string): string {
  const needed = [' ', '\t', '"', '\\'].some((character) => file.includes(character));
  return needed ? `"${file.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"` : file;
}
