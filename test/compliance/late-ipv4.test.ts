import test from 'ava';
import { hostTest } from '../support/host.js';
import { HOST_B, onTwoHosts } from '../support/two-hosts.js';

// RFC 6535 §4.5: a listener on 0.0.0.0 is open to IPv6 because nobody else could reach it. Once other hosts can, over IPv4, it is
// closed to their IPv6, and not to this host's own.
hostTest(
  test,
  ['v6', 'lo4'],
  'a host that gets IPv4 later closes its 0.0.0.0 listeners to IPv6 peers',
  async (t, kind) => {
    const { code, stdout, stderr } = await onTwoHosts(kind, {
      a: `const ask = (port) => new Promise((resolve) => {
          let text = '';
          net.connect(port, '${HOST_B[0]}').on('data', (data) => (text += data)).on('error', () => {}).on('close', () => resolve(text));
        });
        say('before', await ask(4800));
        await ask(4801);
        // What the host has is looked at once a second.
        let answer;
        for (let i = 0; i < 100 && (answer = await ask(4800)); i++) await sleep(50);
        say('after', answer === '' ? 'nothing' : answer);
        say('[::]', await ask(4802));
        say('own', await ask(4803));
        // The child looks by itself.
        for (let i = 0; i < 100 && (answer = await ask(4804)); i++) await sleep(50);
        say('sent to a child', answer === '' ? 'nothing' : answer);`,
      b: `const listen = (port, host, heard) => new Promise((resolve) => net.createServer((socket) => heard(socket.on('error', () => {}))).listen(port, host, resolve));
        await listen(4800, '0.0.0.0', (socket) => socket.end('heard'));
        await listen(4801, '::', (socket) => {
          require('child_process').execFileSync('ip', ['addr', 'add', '10.1.2.3/24', 'dev', 'eth0']);
          socket.end('done');
        });
        await listen(4802, '::', (socket) => socket.end('heard'));
        await listen(4803, '::', (socket) => {
          net.connect(4800, '${HOST_B[0]}').on('error', (error) => socket.end(error.code)).on('data', (data) => socket.end(data));
        });
        const file = __filename + '.child.cjs';
        require('fs').writeFileSync(file, \`
          process.on('disconnect', process.exit);
          process.on('message', (message, server) => {
            server.on('connection', (socket) => socket.on('error', () => {}).end('heard'));
            process.send('ready');
          });\`);
        const child = require('child_process').fork(file);
        const sent = net.createServer();
        await new Promise((resolve) => sent.listen(4804, '0.0.0.0', resolve));
        child.send('server', sent, () => sent.close());
        await require('events').once(child, 'message');
        console.log('ready');`,
    });
    t.is(stderr, '');
    t.is(stdout, 'before heard\nafter nothing\n[::] heard\nown heard\nsent to a child nothing\n');
    t.is(code, 0);
  },
);
