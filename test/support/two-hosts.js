export * from '../../build/test/support/two-hosts.js';
