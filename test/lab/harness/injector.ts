/**
 * Program: sends one IPv4 packet to its destination every so often until it is ended.
 * Words: device, interval in milliseconds (0: once; "signal": at each SIGUSR2), the packet in hexadecimal. Prints "sending"
 * before the first, and "sent" after each that a signal asked for.
 */
import { SEND_FIELDS } from "../../../src/native/addon.js";
import { loadAddon } from "../../../src/native/load.js";

const AF_INET = 2;
const SOCK_RAW = 3;
const IPPROTO_RAW = 255;
const SOL_SOCKET = 1;
const SO_BINDTODEVICE = 25;
const DESTINATION_AT = 16;

const [device = "", interval = "0", hex = ""] = process.argv.slice(2);
const packet = Uint8Array.from(Buffer.from(hex, "hex"));
const target = new Uint8Array(16);
target.set([AF_INET, 0, 0, 0, ...packet.subarray(DESTINATION_AT, DESTINATION_AT + 4)]);
const socket = new (loadAddon().Socket)(AF_INET, SOCK_RAW, IPPROTO_RAW);
socket.setOption(SOL_SOCKET, SO_BINDTODEVICE, new TextEncoder().encode(`${device}\0`));
const slab = Uint8Array.from([...packet, ...target]);
const table = new Int32Array(SEND_FIELDS);
table.set([0, packet.length, packet.length, target.length]);
const send = (): void => {
  socket.sendBatch(slab, table, 0, 1, 0);
};
if (interval === "signal") {
  process.on("SIGUSR2", () => {
    send();
    console.log("sent");
  });
  setInterval(() => {}, 60_000);
}
console.log("sending");
if (interval !== "signal") send();
if (Number(interval) > 0) setInterval(send, Number(interval));
