import {PLUGIN} from './plugin.js'

/** One way of carrying sessions, as the environment that chooses it. */
export interface Carrier {
  readonly name: string
  readonly env: Readonly<Record<string, string>>
}

export const CARRIERS: readonly Carrier[] = [
  {name: 'native', env: {DBTUNNEL_ENGINE: 'native'}},
  {name: 'plugin', env: {DBTUNNEL_ENGINE: 'plugin', DBTUNNEL_PLUGIN: PLUGIN}},
]
