import { METADATA_SERVICES } from '../address/metadata-services';

/** Addresses that have a documented IPv6 equivalent, and where it is documented. */
export interface Preset {
  readonly description: string;
  /** The provider's pages, named by title, because the addresses of pages change. */
  readonly source: string;
  /** IPv4 address → IPv6 address. */
  readonly twins: Readonly<Record<string, string>>;
}

export const PRESETS: Readonly<Record<string, Preset>> = {
  aws: {
    description:
      'Amazon EC2 and EKS: instance metadata, VPC resolver, time, and EKS Pod Identity (Nitro instances). 169.254.170.2 (ECS) has no documented IPv6 equivalent.',
    source:
      'AWS whitepaper "IPv6 on AWS", Supporting Amazon VPC services (IMDS, resolver, NTP); Amazon EKS User Guide, "Set up the Amazon EKS Pod Identity Agent"',
    twins: METADATA_SERVICES.aws,
  },
  gcp: {
    description: 'Google Compute Engine: the metadata server (also DNS and NTP).',
    source: 'Google Cloud, Compute Engine documentation, "View and query VM metadata" (IPv6-only instances)',
    twins: METADATA_SERVICES.gcp,
  },
  oci: {
    description: 'Oracle Cloud Infrastructure: instance metadata.',
    source: 'Oracle OCI SDK for Python, instance principals signer (METADATA_URL_BASE for IPv6)',
    twins: METADATA_SERVICES.oci,
  },
  scaleway: {
    description: 'Scaleway: instance metadata.',
    source: 'Scaleway, Instances documentation, "How to use the metadata API"',
    twins: METADATA_SERVICES.scaleway,
  },
  'public-dns': {
    description: 'Public DNS resolvers: Google, Cloudflare, Quad9, OpenDNS.',
    source:
      'developers.google.com/speed/public-dns/docs/using; developers.cloudflare.com/1.1.1.1/ip-addresses; quad9.net/service/service-addresses-and-features; OpenDNS support, "OpenDNS IPv6"',
    twins: {
      '8.8.8.8': '2001:4860:4860::8888',
      '8.8.4.4': '2001:4860:4860::8844',
      '1.1.1.1': '2606:4700:4700::1111',
      '1.0.0.1': '2606:4700:4700::1001',
      '1.1.1.2': '2606:4700:4700::1112',
      '1.0.0.2': '2606:4700:4700::1002',
      '1.1.1.3': '2606:4700:4700::1113',
      '1.0.0.3': '2606:4700:4700::1003',
      '9.9.9.9': '2620:fe::fe',
      '149.112.112.112': '2620:fe::9',
      '9.9.9.10': '2620:fe::10',
      '149.112.112.10': '2620:fe::fe:10',
      '9.9.9.11': '2620:fe::11',
      '149.112.112.11': '2620:fe::fe:11',
      '208.67.222.222': '2620:119:35::35',
      '208.67.220.220': '2620:119:53::53',
    },
  },
  'root-servers': {
    description: 'The thirteen root name servers.',
    source: 'IANA, Root Servers (iana.org/domains/root/servers), and the root hints file named.root',
    twins: {
      '198.41.0.4': '2001:503:ba3e::2:30',
      '170.247.170.2': '2801:1b8:10::b',
      '192.33.4.12': '2001:500:2::c',
      '199.7.91.13': '2001:500:2d::d',
      '192.203.230.10': '2001:500:a8::e',
      '192.5.5.241': '2001:500:2f::f',
      '192.112.36.4': '2001:500:12::d0d',
      '198.97.190.53': '2001:500:1::53',
      '192.36.148.17': '2001:7fe::53',
      '192.58.128.30': '2001:503:c27::2:30',
      '193.0.14.129': '2001:7fd::1',
      '199.7.83.42': '2001:500:9f::42',
      '202.12.27.33': '2001:dc3::35',
    },
  },
};
