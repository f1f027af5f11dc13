export * from '../../../build/test/support/ports/run.js';
