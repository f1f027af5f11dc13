// node -r v6only/register app.js · node --import v6only/register app.js · import 'v6only/register'
require('./dist/preload.js').preload(__filename);
