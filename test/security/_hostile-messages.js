export * from '../../build/test/security/_hostile-messages.js';
