/**
 * What can be worked out about a setting before it is wanted: the kernel object and the request that adds it. Built at
 * configuration time, so that a thousand addresses cost a new MASTER no more than their sending. Pure; everything is
 * kept as long as its setting.
 */
import {
  describeSetting,
  encodeAdd,
  type KernelObject,
  addressObject,
  routeObject,
} from "./kernel-object.js";
import type { KernelRequest } from "./netlink-channel.js";
import type { AddressSetting, RouteSetting } from "./settings.js";

/** A request, and what it was built for. */
interface Addition {
  index: number | undefined;
  addressProtocol: boolean;
  request: KernelRequest;
}

export class Preparations {
  readonly #objects = new WeakMap<AddressSetting | RouteSetting, KernelObject>();
  readonly #additions = new WeakMap<KernelObject, Addition>();

  address(setting: AddressSetting): KernelObject {
    return this.#objects.get(setting) ?? this.#keep(setting, addressObject(setting));
  }

  route(setting: RouteSetting): KernelObject {
    return this.#objects.get(setting) ?? this.#keep(setting, routeObject(setting));
  }

  /** The request that adds it; `index` is its device's. */
  addition(object: KernelObject, index: number | undefined, addressProtocol: boolean): KernelRequest {
    const known = this.#additions.get(object);
    if (known !== undefined && known.index === index && known.addressProtocol === addressProtocol)
      return known.request;
    const request = {
      message: encodeAdd(object, index, { addressProtocol }),
      call: `RTM_NEW${object.kind === "address" ? "ADDR" : "ROUTE"}`,
      subject: describeSetting(object.setting),
    };
    this.#additions.set(object, { index, addressProtocol, request });
    return request;
  }

  #keep(setting: AddressSetting | RouteSetting, object: KernelObject): KernelObject {
    this.#objects.set(setting, object);
    return object;
  }
}
