import path from 'node:path';

/** The repository: what is compiled runs from build/, which mirrors it. */
export const REPOSITORY = path.resolve(import.meta.dirname, '../../..');

/** A file or folder of the repository, as its source is: `inRepository('test/security/fixtures/clock.cjs')`. */
export const inRepository = (file: string): string => path.join(REPOSITORY, file);

/** What is compiled of it: `compiled('test/support/with-dns.js')`. */
export const compiled = (file: string): string => path.join(REPOSITORY, 'build', file);
