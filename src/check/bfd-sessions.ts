/** What the BFD process has said of its sessions, for the checks that follow them. Pure. */

export class BfdSessions {
  readonly #up = new Map<string, boolean>();
  readonly #followers = new Map<string, Set<() => void>>();

  /** A session came up or went down. */
  set(name: string, up: boolean): void {
    if (this.#up.get(name) === up) return;
    this.#up.set(name, up);
    for (const follower of this.#followers.get(name) ?? []) follower();
  }

  /** Undefined before anything was said of it. */
  isUp(name: string): boolean | undefined {
    return this.#up.get(name);
  }

  /** @returns what ends it */
  follow(name: string, changed: () => void): () => void {
    const followers = this.#followers.get(name) ?? new Set();
    this.#followers.set(name, followers);
    followers.add(changed);
    return () => followers.delete(changed);
  }
}
