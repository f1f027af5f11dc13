// node -r v6only/register app.js · node --import v6only/register app.js · import 'v6only/register'
'use strict';
let loaded;
try {
  loaded = require('./dist/preload.js');
} catch (error) {
  // Other code has removed what v6only needs, no descriptor is left, or the installation is incomplete.
  const advice =
    error?.code === 'MODULE_NOT_FOUND'
      ? 'The installation is incomplete. Install the tarball that npm pack makes: a git address has no dist/'
      : 'If other code has removed a built-in object, load v6only before that code';
  require('node:process').emitWarning(
    `v6only could not be loaded, so the program runs without it: ${error.message.split('\n')[0]}. ${advice}`,
    { type: 'V6OnlyWarning', code: 'V6ONLY_UNSUPPORTED_RUNTIME' },
  );
}
loaded?.preload(__filename);
