import * as Args from '@oclif/core/args'
import * as Flags from '@oclif/core/flags'
import {BaseCommand} from '../cli/base-command.js'
import type {Listing} from '../core/results/database-listing.js'
import {outputFlags, settingFlags} from '../cli/flags.js'

export default class List extends BaseCommand {
  static override summary = 'List the databases of a region, and whether a bastion leads to them.'

  static override description = `Each row begins with the TARGET to type: instances, clusters with their readers and custom endpoints, and members of clusters. \
IAM is whether IAM login is on; BASTION the one that would be taken, or "no", or "unknown" where you may not look; \
NAMES what the config files call it, and OPEN the port where a tunnel of yours leads there now. Names that lead elsewhere come last.`

  static override examples = [
    {
      description: 'In another region, those that can be opened now:',
      command: '<%= config.bin %> <%= command.id %> --region eu-central-1 | grep available',
    },
    {
      description: 'Of one stage, by its tag:',
      command: '<%= config.bin %> <%= command.id %> --tag Stage=prod',
    },
    {
      description: 'The names of those that a bastion leads to:',
      command: `<%= config.bin %> <%= command.id %> --json | jq -r '.databases[] | select(.bastion.usable).target'`,
    },
  ]

  static override enableJsonFlag = true

  static override args = {
    pattern: Args.string({
      description:
        "Only those with this in their name at RDS or in the config files; a pattern is the whole name: 'prod-*'.",
      ignoreStdin: true,
    }),
  }

  static override flags = {
    tag: Flags.string({
      description: 'Only those with this tag, in RDS or the config files. Several: with all of them.',
      helpValue: 'KEY=VALUE',
      multiple: true,
    }),
    ...settingFlags('list'),
    ...outputFlags,
  }

  async run(): Promise<Listing> {
    const {args, flags} = await this.parse(List)
    const terminal = this.openTerminal(flags)
    // Loaded when they are needed, so that a usage error is told at once.
    const [{openApp}, {list}, {listText}] = await Promise.all([
      import('../app/ports.js'),
      import('../flows/list/list.js'),
      import('../present/list.js'),
    ])
    const {tag: tags, ...others} = flags
    const listing = await list({flags: others, filter: {pattern: args.pattern, tags}}, openApp(terminal, flags))
    const text = listText(listing, terminal.stdout.columns)
    if (text !== '') this.log(text)
    return listing
  }
}
