import {kinds} from '../../databases/kinds.js'
import type {Settings} from '../../settings/settings.js'
import type {AwsApi} from '../../core/ports/aws.js'
import type {StatePort} from '../../core/ports/state.js'
import type {OpenedTunnel} from '../../core/results/opened-tunnel.js'
import type {TunnelRecord} from '../../core/results/tunnel-record.js'
import {leadsTo} from '../../targets/points-at.js'
import type {TargetName} from '../../targets/parse-target.js'
import {readRecords} from './read-records.js'

/** A tunnel of another `open` that would do as well. */
export interface AlreadyOpen {
  readonly opened: OpenedTunnel
  readonly record: TunnelRecord
}

/**
 * Finds what another run keeps open to the same database: asked for alike, as the same profile or keys, in the same
 * region, and with nothing in the settings that it is not.
 */
export async function alreadyOpen(
  name: TargetName,
  settings: Settings,
  aws: AwsApi,
  state: StatePort,
): Promise<AlreadyOpen | undefined> {
  for (const {record, process} of (await readRecords(state)).records) {
    const {opened, status} = record
    if (process !== 'alive' || !opened || !isWanted(opened, name, settings) || !isToPaste(opened)) continue
    if (!(await isSameAccount(record, settings, aws))) continue
    // It may have been replaced.
    const now = status && {session: status.session, bastion: status.bastion}
    return {record, opened: {...opened, ...now}}
  }
  return undefined
}

/** A file that others could have written must not set PATH in a shell. */
function isToPaste({env, unset = []}: OpenedTunnel): boolean {
  const names = [...Object.keys(env), ...unset]
  return names.every((name) => name === 'DBTUNNEL_URL' || kinds.some((kind) => kind.ownsVariable(name)))
}

function isWanted(opened: OpenedTunnel, name: TargetName, settings: Settings): boolean {
  const {
    user = opened.user,
    database = opened.database,
    localPort,
    resolve,
    readOnly,
    reason = opened.reason,
    allowOtherUsers,
    autoLogin,
    tcp,
  } = settings
  // Of a custom endpoint only the word tells, and what a name of the config files stands for may have changed.
  const isSameWord = name.kind === 'custom' && opened.target.toLowerCase() === `${name.clusterId}:${name.endpointId}`
  const isTarget = isSameWord || leadsTo(name, opened.endpoint.host)
  const isLogin = user === opened.user && database === opened.database
  const isPlace = (localPort === 0 || localPort === opened.localPort) && (resolve === 'auto' || resolve === opened.via)
  const isGuarded = readOnly === opened.readOnly && reason === opened.reason
  const isForAll = !allowOtherUsers || opened.allowOtherUsers === true
  const isEnd =
    autoLogin === (opened.autoLogin !== undefined) && (!autoLogin || tcp === (opened.autoLogin?.port !== undefined))
  return isTarget && isEnd && isLogin && isPlace && isGuarded && isForAll
}

async function isSameAccount({account}: TunnelRecord, {profile, region}: Settings, aws: AwsApi): Promise<boolean> {
  if (account.profile !== profile || account.region !== region) return false
  if (account.endpointUrl !== (await aws.ssm.endpointUrl())) return false
  return profile !== undefined || account.scope === (await aws.scope())
}
