import {BaseCommand} from '../../cli/base-command.js'
import type {HostsCleaning} from '../../core/results/hosts-listing.js'
import {outputFlags} from '../../cli/flags.js'

export default class HostsClean extends BaseCommand {
  static override summary = 'Take the lines of dead owners out of the hosts file, and repair it.'

  static override description = `What a killed dbtunnel left there goes; lines of living ones and everyone else's stay. \
Where the file needs root, sudo is used, and asks on a terminal.`

  static override enableJsonFlag = true

  static override flags = {...outputFlags}

  async run(): Promise<HostsCleaning> {
    const {flags} = await this.parse(HostsClean)
    const terminal = this.openTerminal(flags)
    const [{openApp}, {cleanHosts}, {cleaningText}] = await Promise.all([
      import('../../app/ports.js'),
      import('../../flows/hosts.js'),
      import('../../present/hosts.js'),
    ])
    const cleaning = await cleanHosts(openApp(terminal))
    this.log(cleaningText(cleaning))
    return cleaning
  }
}
