export * from '../../build/test/support/host-table.js';
