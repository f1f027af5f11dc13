export * from '../../../build/test/unit/resolver/_server.js';
