import {BaseCommand} from '../../cli/base-command.js'
import type {HelperChange} from '../../core/results/hosts-listing.js'
import {outputFlags} from '../../cli/flags.js'

export default class HostsInstall extends BaseCommand {
  static override summary = 'Let dbtunnel write the hosts file without a password from now on.'

  static override description = `For machines of one person: a mapping is the whole machine's. Through sudo, once, it makes \
/usr/local/libexec/dbtunnel, root's own, with a copy of this Node and of the hosts helper, and a rule by which sudo starts \
that helper for you without a password: it maps names of RDS endpoints to 127.0.0.1, and nothing else. \
Refused where anyone but root could change any of it. After an update of dbtunnel, install it anew: this replaces an \
earlier one as a whole, or leaves it as it was. One that an earlier version installed lets every program of yours become \
root: replace it, or take it out with "dbtunnel hosts uninstall".`

  static override enableJsonFlag = true

  static override flags = {...outputFlags}

  async run(): Promise<HelperChange> {
    const {flags} = await this.parse(HostsInstall)
    const terminal = this.openTerminal(flags)
    const [{openApp}, {installHelper}] = await Promise.all([
      import('../../app/ports.js'),
      import('../../flows/hosts.js'),
    ])
    const installer = openApp(terminal).helperInstaller
    if (!installer.isRoot)
      terminal.notice('sudo runs dbtunnel as root once: for the helper, and the rule that starts it.')
    const result = await installHelper(this.argv, installer)
    if ('status' in result) this.exit(result.status)
    terminal.notice(
      'Installed: dbtunnel can now put RDS endpoints into the hosts file without a password. To undo: dbtunnel hosts uninstall',
    )
    return result
  }
}
