/** The text around a keyword of the catalogue in which it is meant to stand, with whatever it refers to. */

/** Where the keyword goes in the text around it. */
export const HERE = "@@";

const SECURE = "enable_script_security\n script_user root";
export const GLOBAL = `global_defs {\n ${SECURE}\n}\n`;
const TRACKED = `vrrp_script S { script /bin/true }
track_file F { file /etc/hostname }
vrrp_track_process P { process sshd }
bfd_instance B { neighbor_ip 10.9.9.9 }
`;
export const INSTANCES = ["V", "W"]
  .map(
    (name, i) =>
      `vrrp_instance ${name} {\n interface eth0\n virtual_router_id ${51 + i}\n virtual_ipaddress { 10.0.${i}.1/24 }\n}\n`,
  )
  .join("");
export const inInstance = (before: string): string =>
  `${GLOBAL}${TRACKED}vrrp_instance V {\n interface eth0\n virtual_router_id 51\n virtual_ipaddress { 10.0.0.1/24 }\n${before}${HERE}\n}\n`;
const inService = (
  head: string,
  before: string,
  servers = "real_server 10.0.0.2 80 {\n TCP_CHECK {\n }\n }",
): string =>
  `${GLOBAL}${TRACKED}virtual_server ${head} {\n delay_loop 5\n lb_algo rr\n lb_kind NAT\n${before}${servers}\n}\n`;
const inServer = (inner: string): string =>
  inService("10.0.0.1 80", "protocol TCP\n", `real_server 10.0.0.2 80 {\n${inner}\n}`);

export const SERVER = "virtual_server/real_server";

/** The text around a keyword of a block. */
export const AROUND: Readonly<Record<string, string>> = {
  root: `${GLOBAL}${HERE}\n`,
  global_defs: `global_defs {\n ${SECURE}\n${HERE}\n}\n`,
  track_group: `${GLOBAL}${INSTANCES}track_group G {\n${HERE}\n}\n`,
  vrrp_sync_group: `${GLOBAL}${TRACKED}${INSTANCES}vrrp_sync_group G {\n group { V W }\n sync_group_tracking_weight\n${HERE}\n}\n`,
  garp_group: `garp_group {\n${HERE}\n}\n`,
  vrrp_instance: inInstance(""),
  "vrrp_instance/authentication": inInstance(`authentication {\n${HERE}\n}\n`).replace(`}\n${HERE}`, "}"),
  "vrrp_instance/auth_hmac": inInstance("").replace(HERE, `version 3\nauth_hmac {\n${HERE}\n}`),
  vrrp_script: `${GLOBAL}vrrp_script S {\n script /bin/true\n${HERE}\n}\n${INSTANCES.replace("}\n}", "}\n track_script { S }\n}")}`,
  vrrp_track_process: `vrrp_track_process P {\n process sshd\n${HERE}\n}\n`,
  track_file: `track_file F {\n file /etc/hostname\n${HERE}\n}\n`,
  vrrp_track_file: `vrrp_track_file F {\n file /etc/hostname\n${HERE}\n}\n`,
  SSL: `SSL {\n${HERE}\n}\n`,
  virtual_server: inService("10.0.0.1 80", `protocol TCP\n${HERE}\n`),
  [SERVER]: inServer(HERE),
  [`${SERVER}/MISC_CHECK`]: inServer(`MISC_CHECK {\n misc_path /bin/true\n${HERE}\n}`),
  [`${SERVER}/SMTP_CHECK/host`]: inServer(`SMTP_CHECK {\n host {\n${HERE}\n}\n}`),
  [`${SERVER}/HTTP_GET`]: inServer(`HTTP_GET {\n url {\n path /\n status_code 200\n}\n${HERE}\n}`),
  [`${SERVER}/SSL_GET`]: inServer(`SSL_GET {\n url {\n path /\n status_code 200\n}\n${HERE}\n}`),
  [`${SERVER}/HTTP_GET/url`]: inServer(`HTTP_GET {\n url {\n path /\n regex x\n${HERE}\n}\n}`),
  [`${SERVER}/SSL_GET/url`]: inServer(`SSL_GET {\n url {\n path /\n regex x\n${HERE}\n}\n}`),
  [`${SERVER}/FILE_CHECK`]: inServer(`FILE_CHECK {\n track_file F\n${HERE}\n}`),
  [`${SERVER}/BFD_CHECK`]: inServer(`BFD_CHECK {\n name B\n${HERE}\n}`),
  bfd_instance: `bfd_instance X {\n neighbor_ip 10.9.9.8\n${HERE}\n}\n`,
  "entry of virtual_server_group": `virtual_server_group G {\n${HERE}\n}\n${inService("group G", "protocol TCP\n")}`,
  parser: HERE,
};
for (const check of ["TCP_CHECK", "PING_CHECK", "SMTP_CHECK", "DNS_CHECK", "UDP_CHECK"])
  Object.assign(AROUND, { [`${SERVER}/${check}`]: inServer(`${check} {\n${HERE}\n}`) });

/** Entries of value blocks: several blocks, and the words before the option. */
const ADDRESS = ["static_ipaddress", "virtual_ipaddress", "virtual_ipaddress_excluded"];
export const ENTRY_BLOCKS: Readonly<
  Record<string, { blocks: readonly string[]; before: string; after?: string }>
> = {
  address: { blocks: ADDRESS, before: "10.0.7.7/24 " },
  route: {
    blocks: ["static_routes", "virtual_routes"],
    before: "10.8.0.0/16 ",
    after: " via 10.0.0.9 dev eth0",
  },
  rule: {
    blocks: ["static_rules", "virtual_rules"],
    before: "from 10.8.0.0/16 ",
    after: " preference 100 lookup 5",
  },
};

/** What another keyword has to say first, or a text around of its own. */
export const NEEDS: Readonly<Record<string, string>> = {
  "global_defs lvs_sync_daemon": `global_defs {\n${HERE}\n}\nvrrp_instance V {\n interface eth0\n virtual_router_id 51\n virtual_ipaddress { 10.0.0.1/24 }\n}\n`,
  "global_defs notify_fifo_script": `global_defs {\n ${SECURE}\n notify_fifo /run/fifo\n${HERE}\n}\n`,
  "global_defs vrrp_notify_fifo_script": `global_defs {\n ${SECURE}\n vrrp_notify_fifo /run/fifo\n${HERE}\n}\n`,
  "global_defs lvs_notify_fifo_script": `global_defs {\n ${SECURE}\n lvs_notify_fifo /run/fifo\n${HERE}\n}\n`,
  "vrrp_instance unicast_ttl": inInstance("unicast_peer { 10.0.0.9 }\n"),
  "vrrp_instance unicast_fault_no_peer": inInstance("unicast_peer { 10.0.0.9 }\n"),
  "vrrp_instance check_unicast_src": inInstance("unicast_peer { 10.0.0.9 }\n"),
  "vrrp_instance old_unicast_checksum": inInstance("version 3\nunicast_peer { 10.0.0.9 }\n"),
  "vrrp_instance unicast_src_ip": inInstance("unicast_peer { 10.0.0.9 }\n"),
  "vrrp_instance use_vmac_addr": inInstance("use_vmac\n"),
  "vrrp_instance vmac_xmit_base": inInstance("use_vmac\n"),
  "vrrp_instance track_src_ip": inInstance("mcast_src_ip 10.0.0.3\n"),
  "vrrp_instance timer_expired_backup": inInstance("nopreempt\n"),
  "vrrp_instance thread_timer_expired": inInstance("nopreempt\n"),
  "vrrp_instance v3_checksum_as_v2": inInstance("version 3\n"),
  "vrrp_instance accept": inInstance("strict_mode\npriority 255\n"),
  "vrrp_instance native_ipv6": inInstance("").replace("10.0.0.1/24", "fe80::1/64"),
  "vrrp_instance vrf": `${GLOBAL}vrrp_instance V {\n${HERE}\n virtual_router_id 51\n unicast_src_ip 10.0.0.3\n unicast_peer { 10.0.0.9 }\n virtual_ipaddress { 10.0.0.1/24 }\n}\n`,
  "vrrp_instance owner_ignore_adverts": inInstance("priority 255\n"),
  "vrrp_instance authentication": inInstance(""),
  "vrrp_instance/authentication auth_type": inInstance("").replace(
    HERE,
    `authentication {\n auth_pass x\n${HERE}\n}`,
  ),
  "vrrp_instance/authentication auth_pass": inInstance("").replace(
    HERE,
    `authentication {\n auth_type PASS\n${HERE}\n}`,
  ),
  "vrrp_sync_group group": `${GLOBAL}${INSTANCES}vrrp_sync_group G {\n${HERE}\n}\n`,
  "vrrp_sync_group sync_group_tracking_weight": `${GLOBAL}${INSTANCES}vrrp_sync_group G {\n group { V W }\n${HERE}\n}\n`,
  "vrrp_script script": `${GLOBAL}vrrp_script S {\n${HERE}\n}\n`,
  "vrrp_track_process process": `vrrp_track_process P {\n${HERE}\n}\n`,
  "track_file file": `track_file F {\n${HERE}\n}\n`,
  "vrrp_track_file file": `vrrp_track_file F {\n${HERE}\n}\n`,
  "garp_group garp_interval": `garp_group {\n interfaces { eth0 }\n${HERE}\n}\n`,
  "garp_group gna_interval": `garp_group {\n interfaces { eth0 }\n${HERE}\n}\n`,
  "garp_group interface": `garp_group {\n garp_interval 0.5\n${HERE}\n}\n`,
  "garp_group interfaces": `garp_group {\n garp_interval 0.5\n${HERE}\n}\n`,
  "root vrrp_script": `${GLOBAL}${HERE}\n${INSTANCES.replace("}\n}", "}\n track_script { X }\n}")}`,
  "root track_group": `${GLOBAL}${INSTANCES}${HERE}\n`,
  "root vrrp_sync_group": `${GLOBAL}${INSTANCES}${HERE}\n`,
  "root virtual_server": `${GLOBAL}virtual_server_group G {\n 10.0.0.3 80\n}\n${HERE}\n`,
  "virtual_server ops": inService("10.0.0.1 80", `protocol UDP\n${HERE}\n`),
  "virtual_server hysteresis": inService("10.0.0.1 80", `protocol TCP\nquorum 9\nweight 99\n${HERE}\n`),
  "virtual_server quorum": inService("10.0.0.1 80", `protocol TCP\nweight 99\n${HERE}\n`),
  "virtual_server protocol": inService("10.0.0.1 80", `${HERE}\n`),
  "virtual_server ip_family": inService("fwmark 5", `${HERE}\n`),
  "virtual_server hashed": inService("10.0.0.1 80", `protocol TCP\nlb_algo sh\n${HERE}\n`),
  "virtual_server sh-port": inService("10.0.0.1 80", `protocol TCP\nlb_algo sh\n${HERE}\n`),
  "virtual_server sh-fallback": inService("10.0.0.1 80", `protocol TCP\nlb_algo sh\n${HERE}\n`),
  "virtual_server mh-port": inService("10.0.0.1 80", `protocol TCP\nlb_algo mh\n${HERE}\n`),
  "virtual_server mh-fallback": inService("10.0.0.1 80", `protocol TCP\nlb_algo mh\n${HERE}\n`),
  "virtual_server sorry_server_inhibit": inService(
    "10.0.0.1 80",
    `protocol TCP\nsorry_server 10.0.0.9 80\n${HERE}\n`,
  ),
  "virtual_server sorry_server_lvs_method": inService(
    "10.0.0.1 80",
    `protocol TCP\nsorry_server 10.0.0.9 80\n${HERE}\n`,
  ),
  "virtual_server persistence_granularity": inService(
    "10.0.0.1 80",
    `protocol TCP\npersistence_timeout 60\n${HERE}\n`,
  ),
  "virtual_server persistence_engine": inService(
    "10.0.0.1 5060",
    `protocol UDP\npersistence_timeout 60\n${HERE}\n`,
    "real_server 10.0.0.2 5060 {\n}",
  ),
  [`${SERVER}/MISC_CHECK misc_path`]: inServer(`MISC_CHECK {\n${HERE}\n}`),
  [`${SERVER}/HTTP_GET url`]: inServer(`HTTP_GET {\n${HERE}\n}`),
  [`${SERVER}/SSL_GET url`]: inServer(`SSL_GET {\n${HERE}\n}`),
  [`${SERVER}/HTTP_GET/url path`]: inServer(`HTTP_GET {\n url {\n status_code 200\n${HERE}\n}\n}`),
  [`${SERVER}/SSL_GET/url path`]: inServer(`SSL_GET {\n url {\n status_code 200\n${HERE}\n}\n}`),
  [`${SERVER}/HTTP_GET/url regex`]: inServer(`HTTP_GET {\n url {\n path /\n${HERE}\n}\n}`),
  [`${SERVER}/SSL_GET/url regex`]: inServer(`SSL_GET {\n url {\n path /\n${HERE}\n}\n}`),
  [`${SERVER}/UDP_CHECK min_reply_length`]: inServer(`UDP_CHECK {\n max_reply_length 65535\n${HERE}\n}`),
  [`${SERVER}/FILE_CHECK track_file`]: inServer(`FILE_CHECK {\n${HERE}\n}`),
  [`${SERVER}/BFD_CHECK name`]: inServer(`BFD_CHECK {\n${HERE}\n}`),
  "bfd_instance neighbor_ip": `bfd_instance X {\n${HERE}\n}\n`,
  "bfd_instance neighbour_ip": `bfd_instance X {\n${HERE}\n}\n`,
  "bfd_instance max_hops": `bfd_instance X {\n neighbor_ip 10.9.9.8\n multihop\n${HERE}\n}\n`,
};
for (const word of ["regex_no_match", "regex_min_offset", "regex_max_offset", "regex_stack", "regex_options"])
  for (const kind of ["HTTP_GET", "SSL_GET"])
    Object.assign(NEEDS, {
      [`${SERVER}/${kind}/url ${word}`]: inServer(`${kind} {\n url {\n path /\n regex x\n${HERE}\n}\n}`),
    });
