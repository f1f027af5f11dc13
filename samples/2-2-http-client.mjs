// An HTTP client that was given an IPv4 address in a URL.   node 2-2-http-client.mjs [URL]
const [url = 'http://203.0.113.7:4080/who-am-i'] = process.argv.slice(2);

try {
  const response = await fetch(url);
  console.log(`${response.status} ${await response.text()}`);
} catch (error) {
  console.error(error.cause?.message ?? error.message);
  process.exitCode = 1;
}
