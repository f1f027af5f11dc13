export * from '../../../build/test/unit/resolver/_connection.js';
