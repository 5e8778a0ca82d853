import type {AccountPorts} from '../../core/ports/ports.js'
import type {Say} from '../../core/run.js'
import type {CarrierChoice} from './carrier-choice.js'
import {chooseCarriers} from './choose-carriers.js'
import {nativeCarrier} from './native/carrier.js'
import {pluginCarrier} from './plugin/carrier.js'
import type {Carrier} from '../link.js'

export type CarrierPorts = Pick<
  AccountPorts,
  'aws' | 'clock' | 'dial' | 'environment' | 'files' | 'overflow' | 'process' | 'webSocket'
>

/** What the settings say of it. */
export interface CarrierSettings {
  readonly carrier: CarrierChoice
  /** A path, or a name on PATH. */
  readonly plugin?: string | undefined
  /** What the native carrier sends up in a second at most, in bytes; without it, its own default. */
  readonly uploadRate?: number | 'unlimited' | undefined
}

/** As the user wishes and this machine has them, the first to try first. Rejects with PLUGIN_UNUSABLE. */
export function sessionCarriers(settings: CarrierSettings, ports: CarrierPorts, say: Say): Promise<readonly Carrier[]> {
  const {environment, process} = ports
  return chooseCarriers(
    {choice: settings.carrier, pluginFile: settings.plugin, environment},
    {
      native: nativeCarrier(ports, {uploadBytesPerSecond: settings.uploadRate}),
      plugin: (plugin) => pluginCarrier(ports, plugin, environment),
    },
    process,
    say,
  )
}
