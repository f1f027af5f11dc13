export * from '../../build/test/support/paths.js';
