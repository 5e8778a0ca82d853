import type {Settings} from '../../settings/settings.js'
import type {AwsApi} from '../../core/ports/aws.js'
import type {ProcessPort} from '../../core/ports/process.js'
import type {Say} from '../../core/run.js'
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

/** As the user wishes and this machine has them, the first to try first. Rejects with PLUGIN_UNUSABLE. */
export function sessionEngines(settings: Settings, ports: EnginePorts, say: Say): Promise<readonly SessionEngine[]> {
  const {environment, process} = ports
  return chooseEngines(
    {choice: settings.engine, pluginFile: environment['DBTUNNEL_PLUGIN'] || undefined, environment},
    {
      native: nativeEngine({...ports, ...ports.aws}, {uploadBytesPerSecond: settings.uploadRate}),
      plugin: (plugin) => pluginEngine({...ports, ssm: ports.aws.ssm}, plugin, environment),
    },
    process,
    say,
  )
}
