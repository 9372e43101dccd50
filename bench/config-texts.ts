/** Large configurations: as many virtual servers or instances as wanted, as people generate them. Pure. */

/** Real servers of one virtual server. */
const SERVERS = 16;
/** Virtual addresses of one instance. */
const ADDRESSES = 4;
/** Virtual router ids of one multicast group. */
const ROUTER_IDS = 255;

function realServer(service: number, server: number): string {
  return `    real_server 192.168.${service % 250}.${server + 1} 80 {
        weight 1
        TCP_CHECK {
            connect_timeout 3
            retry 2
            delay_before_retry 1
        }
    }
`;
}

/** @returns so many virtual servers with 16 real servers each, checked by TCP. */
export function virtualServers(count: number): string {
  const parts: string[] = [];
  for (let i = 0; i < count; i++) {
    parts.push(`virtual_server 10.${Math.floor(i / 250)}.${i % 250}.1 80 {
    delay_loop 6
    lvs_sched rr
    lvs_method NAT
    protocol TCP
`);
    for (let j = 0; j < SERVERS; j++) parts.push(realServer(i, j));
    parts.push("}\n");
  }
  return parts.join("");
}

/** @returns the same, with real servers that all differ: in weight, timeouts and ports. */
export function variedServers(count: number): string {
  let n = 0;
  return virtualServers(count)
    .replace(/weight 1$/gm, () => `weight ${(n = (n % 100_000) + 1)}`)
    .replace(/connect_timeout 3/g, () => `connect_timeout ${(n = (n % 100) + 1)}`);
}

/** @returns so many VRRP instances with 4 addresses each. */
export function instances(count: number, interfaceName: string): string {
  const parts: string[] = [];
  for (let i = 0; i < count; i++) {
    parts.push(`vrrp_instance VI_${i} {
    state BACKUP
    interface ${interfaceName}
    virtual_router_id ${(i % ROUTER_IDS) + 1}
    mcast_dst_ip 224.0.1.${Math.floor(i / ROUTER_IDS) + 1}
    priority 100
    advert_int 1
    virtual_ipaddress {
`);
    for (let j = 1; j <= ADDRESSES; j++) parts.push(`        10.${Math.floor(i / 250)}.${i % 250}.${j}/24\n`);
    parts.push("    }\n}\n");
  }
  return parts.join("");
}
