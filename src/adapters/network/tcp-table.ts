/** A line of /proc/net/tcp or /proc/net/tcp6: one socket of this network namespace. */
export interface TcpLine {
  /** Address and port as the kernel prints them. */
  readonly local: string
  readonly remote: string
  readonly state: string
  readonly uid: number
  /** `0` when no process has it any more. */
  readonly inode: string
}

/** The fields are: number, local address, remote address, state, queues, timer, retransmits, uid, timeout, inode, … */
const LINE = /^ *\d+: (\S+) (\S+) (\S+) \S+ \S+ \S+ +(\d+) +\d+ (\d+)/gm

export function* tcpLines(table: string): Generator<TcpLine> {
  for (const [, local = '', remote = '', state = '', uid, inode = '0'] of table.matchAll(LINE)) {
    yield {local, remote, state, uid: Number(uid), inode}
  }
}
