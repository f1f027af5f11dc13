// node -r v6only/register app.js · node --import v6only/register app.js · import 'v6only/register'
require('./dist/index.js').preload(__filename);
