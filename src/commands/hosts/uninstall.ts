import {BaseCommand} from '../../cli/base-command.js'
import type {HelperChange} from '../../core/results/hosts-listing.js'
import {outputFlags} from '../../cli/flags.js'

export default class HostsUninstall extends BaseCommand {
  static override summary = 'Take out all that "dbtunnel hosts install" has made.'

  static override enableJsonFlag = true

  static override flags = {...outputFlags}

  async run(): Promise<HelperChange> {
    const {flags} = await this.parse(HostsUninstall)
    const terminal = this.openTerminal(flags)
    const [{openApp}, {uninstallHelper}] = await Promise.all([
      import('../../app/ports.js'),
      import('../../flows/hosts.js'),
    ])
    const result = await uninstallHelper(this.argv, openApp(terminal).helperInstaller)
    if ('status' in result) this.exit(result.status)
    terminal.notice(
      result.done === 'absent'
        ? 'There was nothing to uninstall.'
        : 'Removed the sudo rule, the hosts helper and its copy of Node.',
    )
    return result
  }
}
