export * from '../../build/test/support/internals.js';
