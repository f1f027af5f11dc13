export * from '../../build/test/support/second-host.js';
