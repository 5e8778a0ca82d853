import * as Args from '@oclif/core/args'
import {BaseCommand} from '../base-command.js'
import {accountFlags, loginFlags, outputFlags, tunnelFlags} from '../flags.js'
import {readOwnFlags} from '../flows/own-flags.js'
import {splitExecWords} from '../flows/split-words.js'

export default class Exec extends BaseCommand {
  static override summary =
    'Run any program with a private RDS database within its reach, and undo everything when it ends.'

  static override description = `The program finds the way in its environment: PGHOST and the other variables of libpq (pg_dump, pgbench and every other \
libpq client log in with no further word), and DBTUNNEL_URL, DBTUNNEL_HOST, DBTUNNEL_PORT, DBTUNNEL_USER, DBTUNNEL_DATABASE and \
DBTUNNEL_CA for all others. No password is among them: libpq reads it from PGPASSFILE, and "dbtunnel token" prints one. \
All words after "--" are the program's, and no shell reads them. \
Status, signals and standard streams are the program's own; the status is one of sysexits.h, 126 or 127 when dbtunnel itself fails.`

  static override usage = 'exec TARGET [FLAGS] -- COMMAND [ARGUMENTS]'

  static override examples = [
    {description: 'A dump:', command: '<%= config.bin %> <%= command.id %> prod-db -- pg_dump -Fc -f prod.dump'},
    {
      description: 'A shell, for a while:',
      command: '<%= config.bin %> <%= command.id %> prod-db -- bash',
    },
    {
      description: 'What needs a shell, or a URL:',
      command: `<%= config.bin %> <%= command.id %> prod-db -- sh -c 'migrate --database "$DBTUNNEL_URL" up'`,
    },
  ]

  static override args = {
    target: Args.string({description: 'The database, as for psql.', required: true, ignoreStdin: true}),
  }

  static override flags = {...loginFlags, ...tunnelFlags, ...accountFlags, ...outputFlags}

  async run(): Promise<void> {
    this.checkWords('Put it into a script, and run that.')
    const {own, target, client} = splitExecWords(this.argv, readOwnFlags(Exec.flags))
    const {flags} = await this.parse(Exec, [...own, target])
    const terminal = this.openTerminal(flags)
    // Loaded when they are needed, so that a usage error is told at once.
    const [{openApp}, {exec}, {chooseProgress}] = await Promise.all([
      import('../app.js'),
      import('../flows/exec.js'),
      import('../tasks/progress.js'),
    ])
    const progress = await chooseProgress(terminal, flags)
    const request = {target, flags, command: client, words: [target, ...own]}
    this.exit(await exec(request, openApp(terminal), progress))
  }
}
