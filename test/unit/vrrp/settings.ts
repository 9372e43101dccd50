/** Complete settings from the few words that a test cares about. */

import type {
  AddressSetting,
  AnnounceSettings,
  LinkSettings,
  Position,
  SyncGroupConfig,
  Trackers,
  VrrpInstanceConfig,
} from "../../../src/config/model.js";

const position: Position = { file: "test", line: 1, column: 1 };

const noTrackers: Trackers = {
  trackInterfaces: [],
  trackScripts: [],
  trackFiles: [],
  trackProcesses: [],
  trackBfds: [],
};

/** Adverts leave through the interface itself. */
const ownInterface: LinkSettings = {
  vmacForOtherAddresses: false,
  transmitOnBase: false,
  promoteSecondaries: false,
  pollLink: false,
};

/** A valid auth_hmac, for tests that do not look at the seal. */
export const HMAC: NonNullable<VrrpInstanceConfig["hmac"]> = {
  keys: [{ id: 1, hex: "00".repeat(32) }],
  activeKey: 1,
  timeWindowSeconds: 5,
  antiReplay: "time",
  mode: "enforce",
};

export function seconds(count: number): number {
  return Math.round(count * 1_000_000);
}

export function address(text: string): AddressSetting {
  const family = text.includes(":") ? 6 : 4;
  return {
    family,
    address: text,
    prefixLength: family === 4 ? 24 : 64,
    device: "eth0",
    scope: 0,
    flags: 0,
    preferredSeconds: 0xffffffff,
    noTrack: false,
    position,
  };
}

/** Upstream's defaults (reference section 1). */
export function announce(changes: Partial<AnnounceSettings> = {}): AnnounceSettings {
  return {
    masterDelayMicros: seconds(5),
    masterRepeat: 5,
    masterRefreshMicros: 0,
    masterRefreshRepeat: 1,
    lowerPrioDelayMicros: seconds(5),
    lowerPrioRepeat: 5,
    ...changes,
  };
}

/** Version 2, IPv4, VRID 51, priority 100, one second, one address, unless said otherwise. */
export function settings(changes: Partial<VrrpInstanceConfig> = {}): VrrpInstanceConfig {
  const family = changes.family ?? 4;
  return {
    name: "VI_1",
    initialState: "BACKUP",
    family,
    interface: "eth0",
    virtualRouterId: 51,
    priority: 100,
    advertIntervalMicros: seconds(1),
    version: family === 6 ? 3 : 2,
    auth: { type: "none" },
    multicastGroup: family === 4 ? "224.0.0.18" : "ff02::12",
    unicastPeers: [],
    addresses: [address(family === 4 ? "192.0.2.100" : "2001:db8::100")],
    excludedAddresses: [],
    routes: [],
    preempt: true,
    preemptDelayMicros: 0,
    strict: false,
    skipCheckAdvertAddresses: false,
    trackPrimary: true,
    ...noTrackers,
    ...ownInterface,
    trackSourceAddress: false,
    checkUnicastSource: false,
    oldUnicastChecksum: "detect",
    checksumAsVersion2: false,
    rules: [],
    accept: true,
    ownerIgnoreAdverts: false,
    notifyDeleted: false,
    smtpAlert: false,
    notifyPriorityChanges: false,
    downTimerAdverts: 3,
    announce: announce(),
    lowerPrioNoAdvert: false,
    higherPrioSendAdvert: false,
    debug: 0,
    notify: {},
    position,
    ...changes,
  };
}

export function group(name: string, members: string[]): SyncGroupConfig {
  return {
    name,
    members,
    ...noTrackers,
    trackingWeight: false,
    notify: {},
    smtpAlert: false,
    notifyPriorityChanges: false,
    position,
  };
}
