export * from '../../build/test/support/beyond.js';
