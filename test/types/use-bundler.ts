// What a module that a bundler resolves writes: no extensions, CommonJS and ESM alike. Compiled, never run.
import v6only, { enable, type PolicyInput, type Status } from 'v6only';
import 'v6only/register';

const policy: PolicyInput = { presets: ['aws'], log: 'summary' };
const status: Status = enable(policy);
console.error(status.enabled, v6only.status().poolSize);
