export * from '../../build/test/support/on-changing-network.js';
