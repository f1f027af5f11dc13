// What all programs share: one JSON line on stdout, errors as a user would log them, and a limit of time.
'use strict';

const FIELDS = ['code', 'syscall', 'address', 'port', 'hostname', 'message'];

function print(value) {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}

/** The parts of an error that programs look at. Of several (one for each address tried) the list. */
function describe(error) {
  if (error instanceof AggregateError) return { code: error.code, errors: error.errors.map(describe) };
  const described = {};
  for (const field of FIELDS) if (error[field] !== undefined) described[field] = error[field];
  return described;
}

/** Prints the error as the program's result. */
function fail(error) {
  print({ error: describe(error) });
  process.exit(0);
}

/** The two ends of a connected TCP socket as the program sees them. */
function ends(socket) {
  const { remoteAddress, remoteFamily, remotePort, localAddress, localFamily } = socket;
  return { remoteAddress, remoteFamily, remotePort, localAddress, localFamily };
}

setTimeout(() => fail(new Error('the program did not end in 15 s')), 15_000).unref();

module.exports = { print, describe, fail, ends };
