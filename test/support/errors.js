export * from '../../build/test/support/errors.js';
