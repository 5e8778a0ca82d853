import type {Run} from '../core/run.js'
import type {Tunnel} from './open-tunnel.js'

/**
 * While a client runs, until the run is over: a session that is lost is said, and the client's connections end with it.
 * After Ctrl-Z and fg the channel may be gone and the token old: both are looked at before anything else.
 */
export function tendTunnel({door, passfile, opened: {session}}: Tunnel, client: string, run: Run): void {
  run.divert(['SIGCONT'], () => void Promise.all([session.check(), passfile.refresh()]))
  void session.closed.then(({error}) => {
    void door.close()
    if (error && !run.signal.aborted) run.say.notice(`${error.message} ${client} has lost its connection.`, 'client')
  })
}
