/**
 * What can be worked out about a setting before it is wanted: the kernel object and the request that adds it. Built at
 * configuration time, so that a thousand addresses cost a new MASTER no more than their sending. Pure; everything is
 * kept as long as its setting.
 */
import { describeSetting, encodeAdd, type KernelObject, NOUNS, objectOf } from "./kernel-object.js";
import type { KernelRequest } from "./netlink-channel.js";
import type { Setting } from "./settings.js";

/** A request, and what it was built for. */
interface Addition {
  numbers: readonly number[];
  addressProtocol: boolean;
  request: KernelRequest;
}

export class Preparations {
  readonly #objects = new WeakMap<Setting, KernelObject>();
  readonly #additions = new WeakMap<KernelObject, Addition>();

  object(setting: Setting): KernelObject {
    let object = this.#objects.get(setting);
    if (object === undefined) this.#objects.set(setting, (object = objectOf(setting)));
    return object;
  }

  /** The request that adds it; `numbers` are those of its links. */
  addition(object: KernelObject, numbers: readonly number[], addressProtocol: boolean): KernelRequest {
    const known = this.#additions.get(object);
    if (known?.addressProtocol === addressProtocol && sameNumbers(known.numbers, numbers))
      return known.request;
    const request = {
      message: encodeAdd(object, numbers, { addressProtocol }),
      call: `RTM_NEW${NOUNS[object.kind]}`,
      subject: describeSetting(object.setting),
    };
    this.#additions.set(object, { numbers, addressProtocol, request });
    return request;
  }
}

function sameNumbers(a: readonly number[], b: readonly number[]): boolean {
  return a === b || (a.length === b.length && a.every((number, i) => number === b[i]));
}
