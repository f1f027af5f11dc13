export * from '../../build/test/support/doc-blocks.js';
