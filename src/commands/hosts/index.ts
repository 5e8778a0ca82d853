import {BaseCommand} from '../../cli/base-command.js'
import type {HostsListing} from '../../core/results/hosts-listing.js'
import {outputFlags} from '../../cli/flags.js'

export default class Hosts extends BaseCommand {
  static override summary = 'Show what dbtunnel has in the hosts file, and whose it is.'

  static override description = `A line belongs to the process that wrote it: dbtunnel itself as root, or its helper. \
Lines of dead owners are taken out by the next start that may write the file, or by "dbtunnel hosts clean".`

  static override enableJsonFlag = true

  static override flags = {...outputFlags}

  async run(): Promise<HostsListing> {
    const {flags} = await this.parse(Hosts)
    const terminal = this.openTerminal(flags)
    const [{openApp}, {listHosts}, {hostsText}] = await Promise.all([
      import('../../app/ports.js'),
      import('../../flows/hosts.js'),
      import('../../present/hosts.js'),
    ])
    const listing = await listHosts(openApp(terminal))
    this.log(hostsText(listing, terminal.stdout.columns))
    return listing
  }
}
