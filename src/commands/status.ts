import * as Args from '@oclif/core/args'
import {BaseCommand} from '../cli/base-command.js'
import type {TunnelListing} from '../core/results/tunnel-listing.js'
import {outputFlags} from '../cli/flags.js'

export default class Status extends BaseCommand {
  static override summary = 'Show the tunnels that are open on this machine.'

  static override description = `Those of open and of psql, of this user: port, health, age, connections and bytes, and who keeps them open; \
then where each leads, and what killed runs have left at AWS.`

  static override examples = [
    {description: 'All of them:', command: '<%= config.bin %> <%= command.id %>'},
    {
      description: 'The port of one:',
      command: `<%= config.bin %> <%= command.id %> prod-db --json | jq '.tunnels[0].localPort'`,
    },
  ]

  static override enableJsonFlag = true

  static override args = {
    target: Args.string({
      description: 'As it was opened, what RDS calls it, or a session or process id.',
      ignoreStdin: true,
    }),
  }

  static override flags = {...outputFlags}

  async run(): Promise<TunnelListing> {
    const {args, flags} = await this.parse(Status)
    const terminal = this.openTerminal(flags)
    // Loaded when they are needed, so that a usage error is told at once.
    const [{openApp}, {status}, {tunnelsText}] = await Promise.all([
      import('../app/ports.js'),
      import('../flows/status.js'),
      import('../present/tunnels.js'),
    ])
    const listing = await status(args.target, openApp(terminal))
    const text = tunnelsText(listing, terminal.stdout.columns)
    if (text === '') terminal.notice('Nothing is open.')
    else this.log(text)
    return listing
  }
}
