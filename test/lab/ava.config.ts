// Of `npm run test:lab`. One file at a time: they share one lab, and one of them changes it.
export default {
  files: ['build/test/lab/tests/*.test.js'],
  nodeArguments: ['--enable-source-maps'],
  concurrency: 1,
  timeout: '4m',
  workerThreads: false,
};
