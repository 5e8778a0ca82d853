import * as Args from '@oclif/core/args'
import {BaseCommand} from '../cli/base-command.js'
import type {HopResult} from '../core/results/checkup.js'
import {outputFlags, settingFlags} from '../cli/flags.js'

export default class Doctor extends BaseCommand {
  static override summary = 'Check every step between here and a database, and say what is wrong.'

  static override description = `One line for each hop as it is looked at, from Node to a real login; for each that fails what, why, and the command or policy statement that mends it. \
Hops that hang on it are skipped, all others are not. What is opened is closed again. \
The status is 0 only if psql would work, else that of the first hop that fails. Without TARGET: what all databases have in common.`

  static override examples = [
    {description: 'When psql does not work:', command: '<%= config.bin %> <%= command.id %> prod-db'},
    {description: 'A new machine or account:', command: '<%= config.bin %> <%= command.id %>'},
    {
      description: 'For monitoring:',
      command: `<%= config.bin %> <%= command.id %> prod-db --json | jq -r '.failing // "healthy"'`,
    },
  ]

  static override enableJsonFlag = true

  static override args = {
    target: Args.string({description: 'The database, as for psql.', ignoreStdin: true}),
  }

  static override flags = {...settingFlags('doctor'), ...outputFlags}

  async run(): Promise<void> {
    const {args, flags} = await this.parse(Doctor)
    const terminal = this.openTerminal(flags)
    // Loaded when they are needed, so that a usage error is told at once.
    const [{openApp}, {doctor}, {checkupJson, hopText, verdictText}] = await Promise.all([
      import('../app/ports.js'),
      import('../flows/doctor/doctor.js'),
      import('../present/doctor.js'),
    ])
    const {stdout} = terminal
    const isJson = this.jsonEnabled()
    const options = {columns: stdout.columns, hasColours: terminal.hasColours}
    const tell = (hop: HopResult): void => {
      if (!isJson) stdout.write(hopText(hop, options))
    }
    const checkup = await doctor({target: args.target, flags}, openApp(terminal, flags), tell)
    if (isJson) this.logJson(checkupJson(checkup))
    else stdout.write(verdictText(checkup, stdout.columns))
    this.exit(checkup.exitCode)
  }
}
