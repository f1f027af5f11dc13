// Sockets on one port, by the names of arrangements.ts. Each says which it is to whoever asks.
const dgram = require('node:dgram');
const net = require('node:net');

/** Resolves to an open socket, or to the code of its error. */
function open(protocol, name, endpoint, port, heard) {
  const { address, ipv6Only = false, family } = endpoint;
  return new Promise((resolve) => {
    if (protocol === 'tcp') {
      const server = net.createServer((socket) =>
        socket
          .on('error', () => {})
          .resume()
          .end(name),
      );
      server.on('error', (error) => resolve(error.code));
      server.listen({ port, host: address, ipv6Only }, () => resolve(server));
      return;
    }
    const socket = dgram.createSocket({ type: `udp${family}`, ipv6Only });
    socket.on('message', (message) => heard(String(message), name));
    socket.on('error', (error) => {
      socket.close();
      resolve(error.code);
    });
    socket.bind(port, address, () => resolve(socket));
  });
}

const close = (socket) => new Promise((resolve) => socket.close(resolve));

/** Resolves to who answered, or the code of the error. */
function ask(host, port, localAddress) {
  return new Promise((resolve) => {
    let text = '';
    const socket = net.connect({ port, host, ...(localAddress && { localAddress }) });
    socket.setTimeout(3000, () => socket.destroy(new Error('silent')));
    socket.on('data', (data) => (text += data));
    // Nobody is there: a listener that refuses after it has accepted says ECONNRESET.
    socket.on('error', () => resolve('-'));
    socket.on('close', () => resolve(text || '-'));
  });
}

module.exports = { open, close, ask };
