import { parseAddress } from "../../../src/net/ip-address.js";
const position = { file: "test.conf", line: 1, column: 1 };
function address(text, over = {}) {
  const [host = "", length = host.includes(":") ? "128" : "32"] = text.split("/");
  return {
    family: parseAddress(host)?.length === 16 ? 6 : 4,
    address: host,
    prefixLength: Number(length),
    device: "eth0",
    scope: 0,
    flags: 0,
    preferredSeconds: 4294967295,
    noTrack: false,
    position,
    ...over
  };
}
function route(text, over = {}) {
  const [host = "", length = "32"] = text.split("/");
  return {
    family: parseAddress(host)?.length === 16 ? 6 : 4,
    type: 1,
    destination: host,
    prefixLength: Number(length),
    device: "eth0",
    table: 254,
    protocol: 18,
    onlink: false,
    noTrack: false,
    position,
    ...over
  };
}
function manyAddresses(count) {
  return Array.from({ length: count }, (_, i) => address(`10.1.${i >> 8}.${i & 255}/32`));
}
export {
  address,
  manyAddresses,
  route
};
//# sourceMappingURL=settings.js.map
