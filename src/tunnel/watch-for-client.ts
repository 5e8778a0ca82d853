import type {Clock} from '../core/ports/clock.js'
import type {Run} from '../core/run.js'
import {tellOutage} from './tell-outage.js'
import type {Tunnel} from './tunnel.js'

/** A program that hears nothing for so long may never. */
const UNANSWERED_MS = 5000
/** So often it is looked at. */
const LOOK_MS = 2000

export interface ClientAtWork {
  readonly name: string
  /** What to type when its connection is lost; one sentence. */
  readonly again?: string | undefined
}

/**
 * While a client runs, until the run is over: a session that is lost is said, and the client's connections end with it.
 * Not each carrier tells by itself that it is lost, so the session is looked at when the client waits and hears nothing.
 * After Ctrl-Z and fg the channel may be gone and the token old: both are looked at before anything else.
 */
export function watchForClient(
  tunnel: Tunnel,
  {name: client, again}: ClientAtWork,
  {clock}: {readonly clock: Clock},
  run: Run,
): void {
  const {localEnd, login} = tunnel
  const {session} = tunnel.opened
  run.divert(['SIGCONT'], () => void Promise.all([session.check(), login.refresh()]))
  const over = new AbortController()
  run.undo.push('watch', 'local', () => over.abort())
  void tellOutage(session, clock, (line) => run.say.notice(line, 'client'), over.signal)
  void (async () => {
    for (;;) {
      await clock.sleep(LOOK_MS, over.signal)
      // Both count once, so both are asked.
      const isWaiting = [localEnd.isUnanswered(UNANSWERED_MS), localEnd.isStalled(UNANSWERED_MS)].includes(true)
      if (isWaiting) await session.check()
    }
  })().catch(() => {})
  void session.closed.then(({error}) => {
    // Not given back: the client, and the hosts file, still lead there.
    localEnd.shut()
    if (!error || run.signal.aborted) return
    run.say.notice(`${error.message} ${client} has lost its connection.${again ? ` ${again}` : ''}`, 'client')
  })
}
