/** The kernel's synchronisation of connections: `lvs_sync_daemon`, or its old form in an instance. */
import { quoted } from "../diagnostic.js";
import type { SyncDaemonSetting } from "../global-model.js";
import { decodeBytes } from "../text.js";
import type { GlobalBlock } from "./global.js";
import { given } from "./given.js";
import type { InstanceBlock } from "./instance.js";
import type { Judge } from "./judge.js";

const PORT = 8848;
const GROUP = "224.0.0.81";
const OLD = "lvs_sync_daemon_interface";

/** There is one such daemon of a role in the kernel: the global setting goes before those of instances, of which the first counts. */
export function readSyncDaemon(
  block: GlobalBlock,
  instances: readonly InstanceBlock[],
  judge: Judge,
): SyncDaemonSetting | undefined {
  const entry = block.value("lvs_sync_daemon");
  let setting: SyncDaemonSetting | undefined;
  if (entry !== undefined) {
    const { instance, syncId, maxLength, ttl, port = PORT, group = GROUP } = entry;
    if (instance === undefined || instances.some(({ args }) => args[0]?.text === instance.text)) {
      const vrrpInstance = instance && decodeBytes(instance.text);
      setting = {
        interface: entry.interface,
        ...given({ vrrpInstance, syncId, maxLength, ttl }),
        port,
        group,
      };
    } else {
      const message = `there is no vrrp_instance ${quoted(instance.text)}; connections are not synchronised`;
      judge.mention(instance, message);
    }
  }
  let inForce = entry === undefined ? undefined : "'lvs_sync_daemon' in global_defs";
  for (const old of instances) {
    const device = old.value(OLD);
    const [name] = old.args;
    if (device === undefined || name === undefined) continue;
    if (inForce !== undefined) judge.mention(old.where(OLD), `${inForce} holds; '${OLD}' has no effect here`);
    else {
      inForce = `'${OLD}' of ${quoted(name.text)}`;
      setting = { interface: device, vrrpInstance: decodeBytes(name.text), port: PORT, group: GROUP };
    }
  }
  return setting;
}
