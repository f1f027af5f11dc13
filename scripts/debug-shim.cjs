// In place of the package `debug`, which costs require-in-the-middle 2 ms at start to be able to say nothing: Node's own.
const { debuglog } = require('node:util');

module.exports = (name) => debuglog(name);
