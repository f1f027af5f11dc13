export * from '../../build/test/support/peers-seen.js';
