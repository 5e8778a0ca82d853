import {type FlagValues, fromEnv, gatherSettings, type GivenSettings, type SettingsSources} from './gather.js'
import {DEFAULT_RULE} from '../bastions/rule.js'
import type {Settings} from './settings.js'
import {
  bastionRule,
  duration,
  filePath,
  type Given,
  lifetime,
  loginWord,
  oneOf,
  portNumber,
  profileName,
  reasonText,
  sslMode,
  uploadRate,
} from './values.js'

export type {FlagValues, SettingsSources} from './gather.js'

const DEFAULT_TIMEOUT_MS = 60_000

/** What a run is to do. Rejects as `gatherSettings` does, or with VALUE_INVALID naming the flag or variable. */
export async function readSettings(flags: FlagValues, sources: SettingsSources): Promise<Settings> {
  return checkSettings(await gatherSettings(flags, sources), sources)
}

/** Every value held to what it must look like. */
export function checkSettings(given: GivenSettings, {env, cwd}: SettingsSources): Settings {
  const check = <T>(value: Given | undefined, read: (value: Given) => T): T | undefined => value && read(value)
  const isOn = (value: Given | undefined): boolean => value?.text === 'true'
  return {
    profile: check(given.profile, profileName),
    region: given.region?.text ?? '',
    user: check(given.user, (value) => loginWord(value, 'user')),
    database: check(given.database, (value) => loginWord(value, 'database')),
    bastion: check(given.bastion, bastionRule) ?? DEFAULT_RULE,
    localPort: check(given.localPort, portNumber) ?? 0,
    openPort: check(given.openPort, portNumber),
    resolve: check(given.resolve, (value) => oneOf(value, ['auto', 'hosts', 'hostaddr'])) ?? 'auto',
    engine: check(given.engine, (value) => oneOf(value, ['auto', 'plugin', 'native'])) ?? 'auto',
    sslmode: check(given.sslmode, sslMode) ?? 'verify-full',
    caBundle: check(given.caBundle, (value) => filePath(value, cwd)),
    reason: check(given.reason, reasonText),
    uploadRate: check(fromEnv(env, 'DBTUNNEL_NATIVE_UPLOAD_RATE'), uploadRate),
    cache: check(fromEnv(env, 'DBTUNNEL_CACHE'), (value) => oneOf(value, ['on', 'off'])) !== 'off',
    timeoutMs: check(given.timeout, (value) => duration(value)) ?? DEFAULT_TIMEOUT_MS,
    ttlMs: check(given.ttl, lifetime),
    idleMs: check(given.idle, lifetime),
    keepAlive: isOn(given.keepAlive),
    allowOtherUsers: isOn(given.allowOtherUsers),
    ownPort: given.ownPort?.text !== 'false',
    production: isOn(given.production),
    readOnly: isOn(given.readOnly),
    requireReason: isOn(given.requireReason),
  }
}
