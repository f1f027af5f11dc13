// dns.lookup. node lookup.cjs NAME [OPTIONS-AS-JSON]
'use strict';
const dns = require('node:dns');
const { print, fail } = require('./print.cjs');

const [, , name, options = '{}'] = process.argv;
dns.lookup(name, JSON.parse(options), (error, addresses, family) => {
  if (error) fail(error);
  else print({ addresses, family });
});
