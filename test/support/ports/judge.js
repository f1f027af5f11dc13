export * from '../../../build/test/support/ports/judge.js';
