import * as Args from '@oclif/core/args'
import {BaseCommand} from '../cli/base-command.js'
import type {ConfigListing, TargetListing} from '../core/results/config-listing.js'
import {outputFlags, settingFlags} from '../cli/flags.js'

export default class Config extends BaseCommand {
  static override summary = 'Show what the config files say, and where each value of a target comes from.'

  static override description = `Without TARGET: the files that count here (dbtunnel.yaml of the working directory or above it, and your own \
~/.config/dbtunnel/config.yaml), their targets and groups. With it: what it stands for, and every setting with the flag, variable or line of a file that it is from. \
AWS is not asked. A file of your team that leads the name to another database is told, and whether you have approved of that.`

  static override examples = [
    {description: 'The files and their targets:', command: '<%= config.bin %> <%= command.id %>'},
    {description: 'Why it is this user:', command: '<%= config.bin %> <%= command.id %> prod-db'},
  ]

  static override enableJsonFlag = true

  static override args = {
    target: Args.string({description: 'As for psql.', ignoreStdin: true}),
  }

  static override flags = {...settingFlags('config'), ...outputFlags}

  async run(): Promise<ConfigListing | TargetListing> {
    const {args, flags} = await this.parse(Config)
    const terminal = this.openTerminal(flags)
    // Loaded when they are needed, so that a usage error is told at once.
    const [{openApp}, {explainTarget, listConfig, unsetTexts}, {configText, targetText}] = await Promise.all([
      import('../app/ports.js'),
      import('../flows/config.js'),
      import('../present/config.js'),
    ])
    const app = openApp(terminal, flags)
    if (args.target === undefined) {
      const listing = await listConfig(app.sources)
      this.log(configText(listing, terminal.stdout.columns))
      return listing
    }
    const listing = await explainTarget({target: args.target, flags}, app)
    this.log(targetText(listing, unsetTexts(), terminal.stdout.columns))
    return listing
  }
}
