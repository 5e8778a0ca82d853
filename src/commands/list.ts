import {BaseCommand} from '../base-command.js'
import type {Listing} from '../core/listing.js'
import {accountFlags, outputFlags, tunnelFlags} from '../flags.js'

export default class List extends BaseCommand {
  static override summary = 'List the databases of a region, and whether a bastion leads to them.'

  static override description = `Each row begins with the TARGET to type: instances, clusters with their readers and custom endpoints, and members of clusters. \
IAM is whether IAM login is on; BASTION the one that would be taken, or "no", or "unknown" where you may not look.`

  static override examples = [
    {
      description: 'In another region, those that can be opened now:',
      command: '<%= config.bin %> <%= command.id %> --region eu-central-1 | grep available',
    },
    {
      description: 'The names of those that a bastion leads to:',
      command: `<%= config.bin %> <%= command.id %> --json | jq -r '.databases[] | select(.bastion.usable).target'`,
    },
  ]

  static override enableJsonFlag = true

  static override flags = {bastion: tunnelFlags.bastion, ...accountFlags, ...outputFlags}

  async run(): Promise<Listing> {
    const {flags} = await this.parse(List)
    const terminal = this.openTerminal(flags)
    // Loaded when they are needed, so that a usage error is told at once.
    const [{openApp}, {list}, {listText}] = await Promise.all([
      import('../app.js'),
      import('../flows/list.js'),
      import('../present/list.js'),
    ])
    const listing = await list({flags}, openApp(terminal))
    if (listing.databases.length > 0) this.log(listText(listing, terminal.stdout.columns))
    return listing
  }
}
