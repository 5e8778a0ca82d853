import * as Args from '@oclif/core/args'
import {BaseCommand} from '../cli/base-command.js'
import type {LeadListing} from '../core/results/config-listing.js'
import {outputFlags, settingFlags} from '../cli/flags.js'

export default class Approve extends BaseCommand {
  static override summary = "Approve where the team's file leads a name."

  static override description = `Where a database of the typed name exists and the dbtunnel.yaml of a folder leads that name to another one, it is used only once you have \
approved of it: by a line on the terminal when psql and the others ask, or by this. It holds for this file, this name and what it leads to; \
a change of that has to be approved anew. AWS is not asked. A file that you name yourself (--config, DBTUNNEL_CONFIG) needs no approval.`

  static override examples = [
    {description: 'See where it leads:', command: '<%= config.bin %> config prod-db'},
    {description: 'And approve of it:', command: '<%= config.bin %> <%= command.id %> prod-db'},
  ]

  static override enableJsonFlag = true

  static override args = {
    target: Args.string({
      description: 'As it is typed: a name, or a group of the file.',
      required: true,
      ignoreStdin: true,
    }),
  }

  static override flags = {...settingFlags('approve'), ...outputFlags}

  async run(): Promise<{readonly lead: LeadListing | null}> {
    const {args, flags} = await this.parse(Approve)
    const terminal = this.openTerminal(flags)
    // Loaded when they are needed, so that a usage error is told at once.
    const [{openApp}, {approve}, {approvedText}] = await Promise.all([
      import('../app/ports.js'),
      import('../flows/approve.js'),
      import('../present/config.js'),
    ])
    const lead = await approve({target: args.target, flags}, openApp(terminal, flags))
    this.log(approvedText(lead, args.target))
    return {lead: lead ?? null}
  }
}
