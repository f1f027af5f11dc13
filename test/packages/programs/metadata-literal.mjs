// The metadata service at 169.254.169.254; where there is no IPv4 it is at fd00:ec2::254, and the preset knows
// policy: { "presets": ["aws"] }
// address: 169.254.169.254/32 fd00:ec2::254/128
import assert from 'node:assert/strict';
import { once } from 'node:events';
import http from 'node:http';
import { fromInstanceMetadata } from '@smithy/credential-provider-imds';
import { done } from '../../../build/test/packages/support/program.js';

const server = http.createServer(({ url, method }, response) => {
  if (method === 'PUT') return response.end('token');
  if (/security-credentials(-extended)?\/$/.test(url)) return response.end('role');
  return response.end(
    JSON.stringify({
      Code: 'Success',
      Type: 'AWS-HMAC',
      AccessKeyId: 'AKIA',
      SecretAccessKey: 's',
      Token: 't',
      Expiration: new Date(Date.now() + 3_600_000),
    }),
  );
});
server.listen(80);
await once(server, 'listening');
const credentials = await fromInstanceMetadata({ timeout: 3000, maxRetries: 0 })();
assert.equal(credentials.accessKeyId, 'AKIA');
const [response] = await once(http.get('http://169.254.169.254/latest/meta-data/instance-id'), 'response');
assert.equal(response.socket.remoteAddress, '169.254.169.254');
done();
