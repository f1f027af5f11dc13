export * from '../../../build/test/unit/policy/_faults.js';
