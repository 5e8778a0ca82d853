import type {Settings} from '../../settings/settings.js'
import type {Run} from '../../core/run.js'
import type {TunnelRecord} from '../../core/results/tunnel-record.js'
import {guardedListen, type GuardPorts} from './guarded-listen.js'

export interface GuardRequest {
  readonly command: TunnelRecord['command']
  readonly settings: Pick<Settings, 'allowOtherUsers'> & Partial<Pick<Settings, 'tcp'>>
  /** Whether the local end logs in by itself. */
  readonly isAutoLogin?: boolean | undefined
}

/** The same ports, but that what listens lets in only whom the user wants. */
export function guardPorts<P extends GuardPorts>(
  {command, settings, isAutoLogin}: GuardRequest,
  ports: P,
  run: Pick<Run, 'say'>,
): P {
  const {say} = run
  const amid = command === 'open' ? undefined : 'client'
  const wish = {
    allowOtherUsers: settings.allowOtherUsers,
    isAutoLogin,
    // Commands of clients have no such flag.
    mend: ['open', 'exec'].includes(command) ? '--allow-other-users' : undefined,
    say: (line: string) => say.notice(line, amid),
  }
  return {...ports, listen: guardedListen(wish, ports)}
}

/** Says that users cannot be told apart here. Where that is so on every such machine, of what stays open alone. */
export function tellObstacle(
  {command, settings, isAutoLogin}: GuardRequest,
  {connectionOwners}: Pick<GuardPorts, 'connectionOwners'>,
  {say}: Pick<Run, 'say'>,
): void {
  const {obstacle} = connectionOwners
  // A socket has its folder.
  if (settings.allowOtherUsers || !obstacle || (isAutoLogin && !settings.tcp)) return
  const found = isAutoLogin ? 'are asked for the local password' : "find the database's login"
  const line = `Other users of this machine can connect to the local port, too, and ${found}: ${obstacle.why}.`
  if (obstacle.isUsual && command !== 'open') say.debug(line)
  else say.notice(line)
}
