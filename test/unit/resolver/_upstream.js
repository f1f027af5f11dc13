export * from '../../../build/test/unit/resolver/_upstream.js';
