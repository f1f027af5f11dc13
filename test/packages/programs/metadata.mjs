// @smithy/credential-provider-imds and gcp-metadata: the cloud's metadata service, moved to 127.0.0.1 by the ordinary settings
import assert from 'node:assert/strict';
import { once } from 'node:events';
import http from 'node:http';
import { fromContainerMetadata, fromInstanceMetadata } from '@smithy/credential-provider-imds';
import { done } from '../../../build/test/packages/support/program.js';

const credentials = {
  AccessKeyId: 'AKIA',
  SecretAccessKey: 'secret',
  Token: 't',
  Expiration: new Date(Date.now() + 3_600_000),
};
const server = http.createServer((request, response) => {
  const { url, method, headers } = request;
  if (url === '/latest/api/token' && method === 'PUT') return response.end('token');
  if (headers['metadata-flavor']) return response.setHeader('metadata-flavor', 'Google').end('my-project');
  if (url.endsWith('/security-credentials/') || url.endsWith('/security-credentials-extended/'))
    return response.end('role');
  return response.end(JSON.stringify({ ...credentials, Code: 'Success', Type: 'AWS-HMAC' }));
});
server.listen(1338, '127.0.0.1');
await once(server, 'listening');
Object.assign(process.env, {
  AWS_EC2_METADATA_SERVICE_ENDPOINT: 'http://127.0.0.1:1338',
  AWS_CONTAINER_CREDENTIALS_FULL_URI: 'http://127.0.0.1:1338/v2/credentials',
  GCE_METADATA_HOST: '127.0.0.1:1338',
});
assert.equal((await fromInstanceMetadata({ timeout: 3000, maxRetries: 0 })()).accessKeyId, 'AKIA');
assert.equal((await fromContainerMetadata({ timeout: 3000, maxRetries: 0 })()).secretAccessKey, 'secret');
const gcp = await import('gcp-metadata');
assert.equal(await gcp.project('project-id'), 'my-project');
done();
