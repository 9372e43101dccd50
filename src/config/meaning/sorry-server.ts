/** The sorry server of a virtual server: its keywords count only after `sorry_server` itself. */
import type { RealServerConfig, SorryServer } from "../check-model.js";
import type { CheckContext, ServiceFacts } from "./check-context.js";
import { fitsFamily, portOfServer } from "./real-server.js";
import type { VirtualServerBlock } from "./virtual-server.js";

export function readSorryServer(
  block: VirtualServerBlock,
  service: ServiceFacts,
  realServers: readonly RealServerConfig[],
  context: CheckContext,
): SorryServer | undefined {
  const setting = block.setting("sorry_server");
  const inhibit = afterSorryServer("sorry_server_inhibit", block, context);
  const method = afterSorryServer("sorry_server_lvs_method", block, context);
  if (setting?.value === undefined) return undefined;
  const { family, address, port } = setting.value;
  const forwarding =
    (method ? block.value("sorry_server_lvs_method") : undefined) ?? service.config.forwarding;
  if (!fitsFamily(family, forwarding, service)) {
    const message = `an IPv${family} sorry server does not fit an IPv${service.family} virtual server unless tunnelled; it is ignored`;
    context.judge.error(setting.at, message);
    return undefined;
  }
  const inTable = portOfServer(port, setting.at, "sorry server", forwarding, service, context);
  const twin = realServers.find((server) => server.address === address && server.port === inTable);
  return {
    family,
    address,
    port: inTable,
    forwarding,
    inhibitOnFailure: twin === undefined ? inhibit : twin.inhibitOnFailure,
    isRealServer: twin !== undefined,
  };
}

/** Whether a keyword is given, and where it counts. */
function afterSorryServer(
  name: "sorry_server_inhibit" | "sorry_server_lvs_method",
  block: VirtualServerBlock,
  { judge }: CheckContext,
): boolean {
  const setting = block.setting(name);
  if (setting === undefined) return false;
  if (block.has("sorry_server") && block.isLast(name, "sorry_server")) return true;
  judge.error(setting.head, `'${name}' must follow 'sorry_server'; it is ignored`);
  return false;
}
