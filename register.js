// node -r v6only/register app.js · node --import v6only/register app.js · import 'v6only/register'
'use strict';
let loaded;
try {
  loaded = require('./dist/preload.js');
} catch (error) {
  // Code that was loaded before took away what v6only needs, or no descriptor is left. The program runs without the hook.
  require('node:process').emitWarning(
    `v6only could not be loaded, and the program runs without it: ${error.message}. Load it before other code`,
    { type: 'V6OnlyWarning', code: 'V6ONLY_UNSUPPORTED_RUNTIME' },
  );
}
loaded?.preload(__filename);
