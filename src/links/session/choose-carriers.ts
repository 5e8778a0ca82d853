import type {CarrierChoice} from './carrier-choice.js'
import {fail} from '../../core/errors.js'
import type {ProcessPort} from '../../core/ports/process.js'
import type {Say} from '../../core/run.js'
import {findPlugin, type Plugin} from './plugin/find.js'
import type {Environment} from './plugin/environment.js'
import type {Carrier} from '../link.js'

export interface CarrierWish {
  readonly choice: CarrierChoice
  /** DBTUNNEL_PLUGIN: a path, or a name on PATH. */
  readonly pluginFile: string | undefined
  readonly environment: Environment
}

export interface Carriers {
  readonly native: Carrier
  plugin(plugin: Plugin): Carrier
}

/**
 * The carriers to try, in order. `auto` prefers a plugin that is new enough and
 * can do without one. Rejects with PLUGIN_UNUSABLE when a plugin was asked
 * for, by --engine or by naming its file, and that one cannot be used.
 */
export async function chooseCarriers(
  {choice, pluginFile, environment}: CarrierWish,
  carriers: Carriers,
  process: Pick<ProcessPort, 'find' | 'output'>,
  say: Say,
): Promise<readonly Carrier[]> {
  if (choice === 'native') return [carriers.native]
  const found = await findPlugin(pluginFile, process, environment)
  if (found.kind === 'usable') {
    say.debug(`session-manager-plugin ${found.plugin.version} at ${found.plugin.file}`)
    const plugin = carriers.plugin(found.plugin)
    return choice === 'plugin' ? [plugin] : [plugin, carriers.native]
  }
  if (choice === 'plugin' || (pluginFile !== undefined && found.kind !== 'old')) {
    throw fail('PLUGIN_UNUSABLE', found.why, {hint: 'Install a current one, or do without it: --engine native'})
  }
  if (found.kind !== 'missing') say.notice(`${found.why} Continuing without it.`)
  return [carriers.native]
}
