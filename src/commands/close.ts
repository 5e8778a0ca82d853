import * as Args from '@oclif/core/args'
import * as Flags from '@oclif/core/flags'
import {BaseCommand} from '../cli/base-command.js'
import {outputFlags} from '../cli/flags.js'

export default class Close extends BaseCommand {
  static override summary = 'Close tunnels that were opened with "open", and wait until they are gone.'

  static override description = `Process, port, hosts line and session at AWS are gone when it returns. \
With --all, what killed runs have left at AWS is ended, too. psql's own tunnels end with psql, or by their session or process id.`

  static override examples = [
    {description: 'One of them:', command: '<%= config.bin %> <%= command.id %> prod-db'},
    {description: 'Two of them, one by its port:', command: '<%= config.bin %> <%= command.id %> prod-db 28441'},
    {description: 'All of them:', command: '<%= config.bin %> <%= command.id %> --all'},
  ]

  static override enableJsonFlag = true

  static override args = {
    target: Args.string({
      description:
        'As it was opened, what RDS calls it, its local port, or a session or process id. Several: one after the other.',
      ignoreStdin: true,
    }),
  }

  static override usage = ['close TARGET... [FLAGS]', 'close --all [FLAGS]']

  /** More than one target. */
  static override strict = false

  static override flags = {all: Flags.boolean({description: 'Every tunnel that open keeps.'}), ...outputFlags}

  async run(): Promise<{readonly closed: readonly string[]}> {
    const {argv, flags} = await this.parse(Close)
    const terminal = this.openTerminal(flags)
    // Loaded when they are needed, so that a usage error is told at once.
    const [{openApp}, {close}] = await Promise.all([import('../app/ports.js'), import('../flows/close.js')])
    const closed = await close({targets: argv as string[], all: Boolean(flags.all)}, openApp(terminal))
    terminal.notice(closed.length === 0 ? 'Nothing is open.' : `Closed: ${closed.join(', ')}`)
    return {closed}
  }
}
