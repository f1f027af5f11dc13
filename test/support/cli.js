export * from '../../build/test/support/cli.js';
