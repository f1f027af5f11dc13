export * from '../../../build/test/support/ports/arrangements.js';
