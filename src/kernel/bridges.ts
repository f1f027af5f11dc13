import fs from 'node:fs';
import { factOr } from '../report/out-of-resources';

/**
 * Whether an interface is a bridge to which only containers and virtual machines of this host are attached, such as
 * docker0 or virbr0. `undefined` if no descriptor is left for the check. Only Linux has this information, so other
 * systems answer `false`.
 */
export function isInnerBridge(interfaceName: string): boolean | undefined {
  // An address with a label is listed as `docker0:1`.
  const [name = ''] = interfaceName.split(':');
  return factOr(false, () => {
    if (!fs.existsSync(`/sys/class/net/${name}/bridge`)) return false;
    return !fs.readdirSync(`/sys/class/net/${name}/brif`).some(leadsOut);
  });
}

/**
 * Whether a bridge port is a network card, or a VLAN, bond or tunnel on one. The ports of containers and virtual
 * machines are none of these.
 */
function leadsOut(port: string): boolean {
  const folder = `/sys/class/net/${port}`;
  return (
    fs.existsSync(`${folder}/device`) ||
    fs.readdirSync(folder).some((entry) => entry.startsWith('lower_')) ||
    /^DEVTYPE=/m.test(fs.readFileSync(`${folder}/uevent`, 'utf8'))
  );
}
