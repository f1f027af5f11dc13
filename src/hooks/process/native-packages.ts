/** A package that opens its sockets in native code, which v6only cannot patch. */
export interface NativePackage {
  /** The component that opens sockets. */
  readonly what: string;
  /** An alternative, if there is one. */
  readonly instead?: string;
  /** The package is JavaScript until its addon is loaded, so requiring it proves nothing. */
  readonly onlyByAddon?: true;
}

const KAFKA = { what: 'librdkafka', instead: 'kafkajs does the same in JavaScript' };
const ODBC = { what: 'the ODBC driver of the database' };
const PRISMA: NativePackage = {
  what: "Prisma's query engine",
  instead: 'driver adapters connect from JavaScript',
  onlyByAddon: true,
};
const WEBRTC = { what: 'libwebrtc or libdatachannel' };

/** By package name. */
export const NATIVE_PACKAGES: ReadonlyMap<string, NativePackage> = new Map<string, NativePackage>([
  ['zeromq', { what: 'libzmq', instead: 'zeromq supports IPv6: sock.ipv6 = true and tcp://[address]:port' }],
  ['zeromq-ng', { what: 'libzmq' }],
  ['nanomsg', { what: 'libnanomsg' }],
  ['grpc', { what: "gRPC's C core", instead: '@grpc/grpc-js does the same in JavaScript' }],
  ['node-rdkafka', KAFKA],
  ['@confluentinc/kafka-javascript', KAFKA],
  ['pulsar-client', { what: "Apache Pulsar's C++ client" }],
  ['aerospike', { what: "Aerospike's C client" }],
  ['couchbase', { what: "Couchbase's C++ client" }],
  ['ibmmq', { what: 'the IBM MQ client library' }],
  [
    'oracledb',
    { what: 'the Oracle client library (thick mode)', instead: 'its thin mode is JavaScript', onlyByAddon: true },
  ],
  ['libpq', { what: 'libpq', instead: 'pg without pg-native is JavaScript' }],
  ['odbc', ODBC],
  ['ibm_db', ODBC],
  ['msnodesqlv8', { ...ODBC, instead: 'mssql with tedious is JavaScript' }],
  ['@valkey/valkey-glide', { what: "Valkey GLIDE's Rust core", instead: 'iovalkey and ioredis are JavaScript' }],
  ['@temporalio/core-bridge', { what: "Temporal's Rust core" }],
  ['@prisma/engines', PRISMA],
  ['.prisma', PRISMA],
  ['aws-crt', { what: "AWS's C runtime", instead: 'the AWS SDK without aws-crt is JavaScript' }],
  ['node-libcurl', { what: 'libcurl', instead: 'undici or fetch' }],
  ['uWebSockets.js', { what: 'uSockets', instead: 'ws' }],
  ['node-datachannel', WEBRTC],
  ['@roamhq/wrtc', WEBRTC],
  ['wrtc', WEBRTC],
  ['udx-native', { what: 'libudx' }],
  ['utp-native', { what: 'libutp' }],
  [
    'raw-socket',
    { what: 'raw IPv4 sockets', instead: 'it supports IPv6: createSocket({addressFamily: AddressFamily.IPv6})' },
  ],
  ['cap', { what: 'libpcap' }],
  ['pcap', { what: 'libpcap' }],
]);

/** The package of a file: the last `node_modules/NAME` or `node_modules/@SCOPE/NAME` in its path. */
export function packageOf(file: string): string | undefined {
  return packagesOf(file)[0];
}

/**
 * All packages that contain a file, from the innermost outwards: an addon often comes in a package of its own for each
 * platform.
 */
export function packagesOf(file: string): string[] {
  const parts = file.split(/[\\/]/);
  const found = parts.flatMap((part, i) => {
    const name = parts[i + 1];
    if (part !== 'node_modules' || name === undefined) return [];
    return name.startsWith('@') ? `${name}/${parts[i + 2] ?? ''}` : name;
  });
  return found.reverse();
}
