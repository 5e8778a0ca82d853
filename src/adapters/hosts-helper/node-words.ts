/** Else Node reads the file that its OpenSSL was built with, which can name libraries, and lie in a user's folder. */
const WITHOUT_CONFIG = '--openssl-config=/dev/null'

/**
 * sudo passes the user's signals on, and at SIGUSR1 Node opens its debugger: root, for every user of the machine. No
 * program can prevent that in time, for Node listens to the signal before it reads its program. So the debugger is given
 * an address at which it cannot listen: no system lets a TCP socket have an IPv6 multicast address. See
 * docs/decisions/001-no-debugger-as-root.md for why it is this one.
 */
const WITHOUT_DEBUGGER = '--inspect-port=[ff02::1]:1024'

/** From Node 22.14 on SIGUSR1 can be left alone altogether: then it ends the process. */
const WITHOUT_SIGUSR1 = '--disable-sigusr1'

const ALWAYS = [WITHOUT_CONFIG, WITHOUT_DEBUGGER] as const

/** What to start this Node with wherever it becomes root through sudo. */
export function rootNodeWords(): readonly string[] {
  return process.allowedNodeEnvironmentFlags.has(WITHOUT_SIGUSR1) ? [...ALWAYS, WITHOUT_SIGUSR1] : ALWAYS
}

/** Whether these are the words for some Node: nothing less, nothing more, and in this order. */
export function areRootNodeWords(words: readonly string[]): boolean {
  const [config, debug, signal, ...others] = words
  return (
    config === WITHOUT_CONFIG &&
    debug === WITHOUT_DEBUGGER &&
    (signal === undefined || signal === WITHOUT_SIGUSR1) &&
    others.length === 0
  )
}

/** Whether this very process was started with them. */
export function isShielded(): boolean {
  const words = rootNodeWords()
  return process.execArgv.length === words.length && words.every((word, place) => process.execArgv[place] === word)
}
