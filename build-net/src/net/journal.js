import { open, readFile, rename, rm } from "node:fs/promises";
import { LIFETIME_FOREVER } from "../netlink/constants.js";
import { canonicalAddress } from "./ip-address.js";
import { addressObject, describeSetting, encodeRemove, routeObject } from "./kernel-object.js";
function formatJournal(entries) {
  const option = (name, value) => {
    return value === void 0 ? "" : ` ${name} ${value}`;
  };
  const lines = [
    ...entries.addresses.map(({ address, prefixLength, device, peer }) => {
      return `address ${address}/${prefixLength} dev ${device}${option("peer", peer)}`;
    }),
    ...entries.routes.map((route) => {
      const fixed = `route ${route.destination}/${route.prefixLength} type ${route.type} table ${route.table}`;
      const hop = `${option("via", route.gateway)}${option("dev", route.device)}`;
      return `${fixed} protocol ${route.protocol}${hop}${option("metric", route.metric)}${option("tos", route.tos)}`;
    })
  ];
  return [...new Set(lines)].map((line) => `${line}
`).join("");
}
function parseJournal(text) {
  const entries = { addresses: [], routes: [] };
  for (const [i, line] of text.split("\n").entries()) {
    const [kind, target = "", ...rest] = line.split(" ");
    const slash = target.indexOf("/");
    const address = canonicalAddress(target.slice(0, Math.max(slash, 0)));
    const prefixLength = number(target.slice(slash + 1));
    if (address === void 0 || prefixLength === void 0 || rest.length % 2 !== 0) continue;
    const family = address.includes(":") ? 6 : 4;
    const options = /* @__PURE__ */ new Map();
    for (let at = 0; at + 1 < rest.length; at += 2) options.set(rest[at], rest[at + 1]);
    const common = { family, prefixLength, noTrack: false, position: { file: "journal", line: i + 1, column: 1 } };
    if (kind === "address") {
      const setting = addressFrom(options);
      if (setting !== void 0) entries.addresses.push({ ...common, address, ...setting });
    } else if (kind === "route") {
      const setting = routeFrom(options);
      if (setting !== void 0) entries.routes.push({ ...common, destination: address, ...setting });
    }
  }
  return entries;
}
function addressFrom(options) {
  const device = options.get("dev");
  const peerText = options.get("peer");
  const peer = peerText === void 0 ? void 0 : canonicalAddress(peerText);
  if (device === void 0 || peerText !== void 0 && peer === void 0) return void 0;
  return {
    device,
    scope: 0,
    flags: 0,
    preferredSeconds: LIFETIME_FOREVER,
    ...peer !== void 0 && { peer }
  };
}
function routeFrom(options) {
  const type = number(options.get("type"));
  const table = number(options.get("table"));
  const protocol = number(options.get("protocol"));
  const gatewayText = options.get("via");
  const gateway = gatewayText === void 0 ? void 0 : canonicalAddress(gatewayText);
  const device = options.get("dev");
  const metric = number(options.get("metric"));
  const tos = number(options.get("tos"));
  if (type === void 0 || table === void 0 || protocol === void 0) return void 0;
  if (gatewayText !== void 0 && gateway === void 0) return void 0;
  return {
    type,
    table,
    protocol,
    onlink: false,
    ...gateway !== void 0 && { gateway },
    ...device !== void 0 && { device },
    ...metric !== void 0 && { metric },
    ...tos !== void 0 && { tos }
  };
}
function number(text) {
  return text !== void 0 && /^\d{1,10}$/.test(text) ? Number(text) : void 0;
}
async function writeJournal(path, entries) {
  const temporary = `${path}.new`;
  const file = await open(temporary, "w", 384);
  try {
    await file.writeFile(formatJournal(entries));
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(temporary, path);
}
async function readJournal(path) {
  try {
    return parseJournal(await readFile(path, "utf8"));
  } catch (error) {
    if (error.code === "ENOENT") return { addresses: [], routes: [] };
    throw error;
  }
}
async function removeJournal(path) {
  await rm(path, { force: true });
}
async function withdraw(channel, entries, indexOf) {
  const requests = [];
  for (const object of [...entries.routes.map(routeObject), ...entries.addresses.map(addressObject)]) {
    const { device } = object.setting;
    const index = device === void 0 ? void 0 : indexOf(device);
    if (index === 0) continue;
    const call = object.kind === "address" ? "RTM_DELADDR" : "RTM_DELROUTE";
    requests.push({ message: encodeRemove(object, index), call, subject: describeSetting(object.setting) });
  }
  const gone = /* @__PURE__ */ new Set(["EADDRNOTAVAIL", "ESRCH", "ENODEV"]);
  const results = await channel.request(requests);
  return results.flatMap((result) => result.ok || gone.has(result.error.code) ? [] : [result.error]);
}
export {
  formatJournal,
  parseJournal,
  readJournal,
  removeJournal,
  withdraw,
  writeJournal
};
//# sourceMappingURL=journal.js.map
