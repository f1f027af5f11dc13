// The ordinary servers on inet4 and inet6: nginx for HTTP and HTTPS (HTTP/2 too), a Node.js program for TCP and UDP echo.
import fs from 'node:fs';
import path from 'node:path';
import { startDaemon } from './daemons.js';
import { HOSTS, INTERNET4, type Lab } from './settings.js';
import { onHost, ready, run } from './sh.js';

const INTERNET_HOSTS = ['inet4', 'inet6'] as const;
type InternetHost = (typeof INTERNET_HOSTS)[number];

/** Size of the file that throughput is measured with, in bytes. */
const BIG_FILE_BYTES = 64 * 1024 * 1024;
export const caFile = (lab: Lab): string => lab.file('tls', 'ca.pem');

export function startServers(lab: Lab): void {
  makeCertificate(lab);
  fs.mkdirSync(lab.file('www'), { recursive: true });
  const big = fs.openSync(lab.file('www', 'big'), 'w');
  fs.ftruncateSync(big, BIG_FILE_BYTES);
  fs.closeSync(big);
  for (const host of INTERNET_HOSTS) {
    const conf = lab.file(`nginx-${host}.conf`);
    fs.writeFileSync(conf, nginxConf(lab, host));
    // nginx complains about its compiled-in log before it has read the configuration; -e names another.
    const argv = ['nginx', '-p', lab.dir, '-e', 'stderr', '-c', conf, '-g', 'daemon off;'];
    startDaemon(lab, { name: `nginx-${host}`, host, argv });
    const addresses = host === 'inet4' ? INTERNET4 : [HOSTS.inet6.v6];
    const echo = path.join(import.meta.dirname, 'echo.js');
    startDaemon(lab, { name: `echo-${host}`, host, argv: [process.execPath, echo, '7', ...addresses] });
  }
}

export async function serversReady(lab: Lab): Promise<void> {
  for (const host of INTERNET_HOSTS) {
    const listening = () => {
      const tcp = run(onHost(lab, host, ['ss', '-Htln']));
      const udp = run(onHost(lab, host, ['ss', '-Huln']));
      return [':80 ', ':443 ', ':7 '].every((port) => tcp.includes(port)) && udp.includes(':7 ');
    };
    await ready(listening, () => `the servers on ${host} do not listen, see ${lab.file('logs')}`);
  }
}

/** A CA and one certificate, valid for every name of the zone and for every IPv4 and IPv6 address of the servers. */
function makeCertificate(lab: Lab): void {
  const dir = lab.file('tls');
  fs.mkdirSync(dir, { recursive: true });
  const at = (name: string) => path.join(dir, name);
  const ec = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  const ca = ['-keyout', at('ca.key'), '-out', at('ca.pem'), '-subj', '/CN=v6only lab CA', '-days', '30'];
  run(['openssl', 'req', '-x509', ...ec, ...ca]);
  const csr = ['-keyout', at('server.key'), '-out', at('server.csr'), '-subj', '/CN=v6only lab'];
  run(['openssl', 'req', ...ec, ...csr]);
  const names = ['example.org', '*.example.org', '*.branch.example.org', '*.tree.example.org', '*.example.net'];
  const addresses = [...INTERNET4, HOSTS.inet6.v6];
  const san = [...names.map((name) => `DNS:${name}`), ...addresses.map((address) => `IP:${address}`)];
  fs.writeFileSync(at('san'), `subjectAltName=${san.join(',')}\nextendedKeyUsage=serverAuth\n`);
  const sign = ['-CA', at('ca.pem'), '-CAkey', at('ca.key'), '-CAcreateserial', '-days', '30', '-extfile', at('san')];
  run(['openssl', 'x509', '-req', '-in', at('server.csr'), '-out', at('server.pem'), ...sign]);
}

function nginxConf(lab: Lab, host: InternetHost): string {
  const any = host === 'inet4' ? '0.0.0.0' : '[::]';
  const only = host === 'inet4' ? '' : ' ipv6only=on';
  // What the server saw, for the client to compare with what it believes.
  const seen = `{"host":"${host}","client":"$remote_addr","server":"$server_addr","protocol":"$server_protocol","name":"$http_host"}`;
  const tmp = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
  return `
user root;
worker_processes 1;
pid ${lab.file(`nginx-${host}.pid`)};
error_log stderr warn;
events { worker_connections 4096; }
http {
  access_log off;
  default_type application/json;
  ${tmp.map((name) => `${name}_temp_path ${lab.file('nginx-tmp', name)};`).join('\n  ')}
  keepalive_requests 100000;
  sendfile on;
  server {
    listen ${any}:80 backlog=4096${only};
    listen ${any}:443 ssl http2 backlog=4096${only};
    ssl_certificate ${lab.file('tls', 'server.pem')};
    ssl_certificate_key ${lab.file('tls', 'server.key')};
    root ${lab.file('www')};
    location = /big { default_type application/octet-stream; }
    location / { return 200 '${seen}'; }
  }
}
`;
}
