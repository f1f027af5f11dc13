// The global fetch (undici), from an ES module. node fetch-client.mjs URL; the CA is in NODE_EXTRA_CA_CERTS.
import print from './print.cjs';

try {
  const response = await fetch(process.argv[2]);
  const { server, client, name } = await response.json();
  print.print({ status: response.status, name, seen: { server, client } });
} catch (error) {
  print.fail(error.cause ?? error);
}
