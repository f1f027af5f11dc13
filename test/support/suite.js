export * from '../../build/test/support/suite.js';
