/** The blocks of the language. */

/** Keywords of the root that open a block: met elsewhere, they show that a `}` is missing. */
export const ROOT_BLOCKS: ReadonlySet<string> = new Set(
  (
    "global_defs track_group static_ipaddress static_routes static_rules vrrp_sync_group garp_group " +
    "linkbeat_interfaces vrrp_instance vrrp_script vrrp_track_process interface_up_down_delays SSL " +
    "virtual_server_group virtual_server bfd_instance track_file vrrp_track_file"
  ).split(" "),
);
