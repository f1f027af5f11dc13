// node -r v6only/register app.js · node --import v6only/register app.js · import 'v6only/register'
'use strict';
let loaded;
try {
  loaded = require('./dist/preload.js');
} catch (error) {
  // Other code has removed what v6only needs, no descriptor is left, or the installation is incomplete.
  require('node:process').emitWarning(
    `v6only could not be loaded, so the program runs without it: ${error.message}. ` +
      'If other code has removed a built-in object, load v6only before that code',
    { type: 'V6OnlyWarning', code: 'V6ONLY_UNSUPPORTED_RUNTIME' },
  );
}
loaded?.preload(__filename);
