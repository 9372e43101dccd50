/**
 * All keywords of the language by block. A keyword that has a row in its block's table is read there;
 * the others are accepted, skipped and named at start, so that no keyword people use is called unknown.
 */

const KEYWORDS: Readonly<Record<string, string>> = {
  root: `
    static_ipaddress static_routes static_rules vrrp_sync_group vrrp_instance vrrp_script
    vrrp_track_process track_file vrrp_track_file
  `,
  vrrp_sync_group: `
    group track_interface track_script track_file track_process track_bfd notify_backup notify_master
    notify_fault notify_stop notify smtp_alert global_tracking sync_group_tracking_weight
    notify_priority_changes
  `,
  vrrp_instance: `
    use_vmac use_vmac_addr vmac_xmit_base use_ipvlan unicast_peer unicast_fault_no_peer
    check_unicast_src old_unicast_checksum native_ipv6 state interface vrf dont_track_primary
    track_interface track_script track_file track_process track_bfd mcast_src_ip unicast_src_ip
    mcast_dst_ip track_src_ip virtual_router_id unicast_ttl version priority advert_int
    virtual_ipaddress virtual_ipaddress_excluded no_virtual_ipaddress promote_secondaries
    linkbeat_use_polling v3_checksum_as_v2 virtual_routes virtual_rules accept no_accept
    skip_check_adv_addr strict_mode preempt nopreempt preempt_delay debug notify_backup notify_master
    notify_fault notify_stop notify_deleted notify notify_master_rx_lower_pri smtp_alert
    notify_priority_changes lvs_sync_daemon_interface garp_master_delay garp_master_refresh
    garp_master_repeat garp_master_refresh_repeat garp_lower_prio_delay garp_lower_prio_repeat
    down_timer_adverts timer_expired_backup thread_timer_expired garp_extra_if vmac_garp_intvl
    lower_prio_no_advert higher_prio_send_advert owner_ignore_adverts kernel_rx_buf_size authentication
    auth_hmac
  `,
  "vrrp_instance/authentication": `
    auth_type auth_pass
  `,
  "vrrp_instance/auth_hmac": `
    key active_key time_window anti_replay mode
  `,
  vrrp_script: `
    script interval timeout weight rise fall user init_fail
  `,
  vrrp_track_process: `
    process param_match weight quorum quorum_max delay terminate_delay fork_delay full_command
  `,
  track_file: `
    file weight init_file
  `,
  vrrp_track_file: `
    file weight init_file
  `,
};

/** Keywords of the root that open a block: met elsewhere, they show that a `}` is missing. */
export const ROOT_BLOCKS: ReadonlySet<string> = new Set(
  (
    "global_defs track_group static_ipaddress static_routes static_rules vrrp_sync_group garp_group " +
    "linkbeat_interfaces vrrp_instance vrrp_script vrrp_track_process interface_up_down_delays SSL " +
    "virtual_server_group virtual_server bfd_instance track_file vrrp_track_file"
  ).split(" "),
);

const byBlock = new Map<string, ReadonlySet<string>>();
const blocksOf = new Map<string, string[]>();
for (const [block, text] of Object.entries(KEYWORDS)) {
  const words = text.trim().split(/\s+/);
  byBlock.set(block, new Set(words));
  for (const word of words) {
    const blocks = blocksOf.get(word) ?? [];
    blocks.push(block);
    blocksOf.set(word, blocks);
  }
}

/** The keywords of a block, by its path ("vrrp_instance/authentication"). */
export function knownIn(block: string): ReadonlySet<string> {
  return byBlock.get(block) ?? new Set();
}

/** The blocks that have a keyword; "root" comes first. */
export function whereKnown(keyword: string): readonly string[] {
  return blocksOf.get(keyword) ?? [];
}
