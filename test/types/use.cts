// What a CommonJS module in TypeScript writes. Compiled, never run.
import v6only = require('v6only');

const status: v6only.Status = v6only.enable({ nat64: 'discover' });
const explanation: v6only.Explanation = v6only.explain('192.0.2.1');
console.error(status.mode, explanation.decision.kind);
v6only.disable();
