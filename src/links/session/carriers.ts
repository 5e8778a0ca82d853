import type {AwsApi} from '../../core/ports/aws.js'
import type {ProcessPort} from '../../core/ports/process.js'
import type {Say} from '../../core/run.js'
import type {CarrierChoice} from './carrier-choice.js'
import {chooseEngines} from './choose-carriers.js'
import {nativeEngine} from './native/carrier.js'
import type {NativePorts} from './native/native-session.js'
import {pluginEngine, type PluginPorts} from './plugin/carrier.js'
import type {SessionEngine} from '../link.js'

export interface EnginePorts extends Omit<NativePorts, keyof AwsApi>, Pick<PluginPorts, 'dial' | 'files'> {
  readonly aws: AwsApi
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly process: ProcessPort
}

/** What the settings say of it. */
export interface CarrierSettings {
  readonly engine: CarrierChoice
  /** A path, or a name on PATH. */
  readonly plugin?: string | undefined
  /** What the native engine sends up in a second at most, in bytes; without it, its own default. */
  readonly uploadRate?: number | 'unlimited' | undefined
}

/** As the user wishes and this machine has them, the first to try first. Rejects with PLUGIN_UNUSABLE. */
export function sessionEngines(
  settings: CarrierSettings,
  ports: EnginePorts,
  say: Say,
): Promise<readonly SessionEngine[]> {
  const {environment, process} = ports
  return chooseEngines(
    {choice: settings.engine, pluginFile: settings.plugin, environment},
    {
      native: nativeEngine({...ports, ...ports.aws}, {uploadBytesPerSecond: settings.uploadRate}),
      plugin: (plugin) => pluginEngine({...ports, ...ports.aws}, plugin, environment),
    },
    process,
    say,
  )
}
