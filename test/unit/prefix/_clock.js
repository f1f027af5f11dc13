export * from '../../../build/test/unit/prefix/_clock.js';
