export * from '../../build/test/support/zone.js';
