/** IPVS of a version that cannot program it: says so, and forgets what is wanted. */
import type { Availability, Ipvs } from "../ipvs/model.js";

export class NoIpvs implements Ipvs {
  open(): Promise<Availability> {
    return Promise.resolve({ available: false, missing: "This version does not program IPVS" });
  }
  want(): void {}
  remove(): void {}
  removeLeftovers(): void {}
  flush(): void {}
  setTimeouts(): Promise<undefined> {
    return Promise.resolve(undefined);
  }
  setSyncDaemon(): Promise<undefined> {
    return Promise.resolve(undefined);
  }
  statistics(): Promise<[]> {
    return Promise.resolve([]);
  }
  idle(): Promise<void> {
    return Promise.resolve();
  }
  close(): void {}
}
