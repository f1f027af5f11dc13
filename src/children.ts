/** Lets the Node.js processes and workers that the program starts have the hook too: by NODE_OPTIONS, once. */
export function passToChildren(registerFile: string): void {
  const present = process.env.NODE_OPTIONS ?? '';
  if (present.includes(registerFile)) return;
  // NODE_OPTIONS is split at spaces but for double quotes, in which a backslash escapes.
  const file = /[\s"\\]/.test(registerFile) ? `"${registerFile.replace(/[\\"]/g, '\\$&')}"` : registerFile;
  process.env.NODE_OPTIONS = `${present}${present && ' '}--require=${file}`;
}
