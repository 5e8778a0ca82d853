import type {Ports} from '../../core/ports/ports.js'
import type {Run} from '../../core/run.js'
import {openHosts} from '../../hosts/choose-writer.js'
import {sharedHosts} from '../../hosts/shared-hosts.js'
import {tellObstacle} from '../../tunnel/listener/guard-port.js'
import {sweepBeside} from '../../tunnel/open-tunnel.js'
import {type Program, takesAddress} from '../run-program.js'
import type {OneOfMany, Shared} from './one-of-many.js'
import {sharedOutput} from './shared-output.js'

/** Opens what several databases share: the hosts file, the output, and notices that are given once. */
export async function share(
  all: readonly OneOfMany[],
  program: Program,
  folder: string | undefined,
  ports: Ports,
  run: Run,
): Promise<Shared> {
  const [closed = all[0]] = all.filter(({settings}) => !settings.allowOtherUsers)
  if (closed) tellObstacle({...closed, command: 'exec'}, ports, run)
  sweepBeside(ports, run)
  // Asked for once, where any of them needs it.
  const modes = all.map(({settings}) => settings.resolve)
  const mode = modes.includes('hosts') ? 'hosts' : modes.includes('auto') ? 'auto' : 'hostaddr'
  const hosts = sharedHosts(await openHosts({mode, takesAddress: takesAddress(program)}, ports, run))
  const told = new Set<string>()
  const {stdout, stderr} = ports.outputs
  return {
    hosts,
    notice(about, line) {
      if (!told.has(about)) run.say.notice(line)
      told.add(about)
    },
    outputFiles: folder === undefined ? undefined : (target) => ports.outputFolder.create(folder, target),
    outputs: {stdout: sharedOutput(stdout), stderr: sharedOutput(stderr)},
  }
}
