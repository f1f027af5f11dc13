export * from '../../build/test/support/with-dns.js';
