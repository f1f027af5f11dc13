import fs from 'node:fs';

/**
 * Whether an interface is a bridge that only containers and virtual machines of this host are on, such as docker0 or
 * virbr0. `undefined` where no descriptor is left to look with. Linux alone tells; elsewhere the answer is no.
 */
export function isInnerBridge(interfaceName: string): boolean | undefined {
  // An address with a label is listed as `docker0:1`.
  const [name = ''] = interfaceName.split(':');
  try {
    if (!fs.existsSync(`/sys/class/net/${name}/bridge`)) return false;
    return !fs.readdirSync(`/sys/class/net/${name}/brif`).some(leadsOut);
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    return ['EMFILE', 'ENFILE', 'ENOMEM'].includes(code) ? undefined : false;
  }
}

/** A network card, or what stands on one: a VLAN, a bond, a tunnel. The ends of containers and virtual machines are neither. */
function leadsOut(port: string): boolean {
  const folder = `/sys/class/net/${port}`;
  return (
    fs.existsSync(`${folder}/device`) ||
    fs.readdirSync(folder).some((entry) => entry.startsWith('lower_')) ||
    /^DEVTYPE=/m.test(fs.readFileSync(`${folder}/uevent`, 'utf8'))
  );
}
