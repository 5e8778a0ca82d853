import * as Args from '@oclif/core/args'
import {BaseCommand} from '../cli/base-command.js'
import {outputFlags, settingFlags} from '../cli/flags.js'
import type {TokenResult} from '../flows/token.js'

export default class Token extends BaseCommand {
  static override summary = 'Print an IAM token for a database: its password for 15 minutes.'

  static override description = `Signed for the endpoint's own name and port, as the database wants it, whatever tunnel leads there. \
It is a password: keep it out of logs and command lines.`

  static override examples = [
    {
      description: 'For a program that takes a password:',
      command: 'PGPASSWORD=$(<%= config.bin %> <%= command.id %> prod-db) pg_dump …',
    },
  ]

  static override enableJsonFlag = true

  static override args = {
    target: Args.string({description: 'The database, as for psql.', required: true, ignoreStdin: true}),
  }

  static override flags = {...settingFlags('token'), ...outputFlags}

  async run(): Promise<TokenResult> {
    const {args, flags} = await this.parse(Token)
    const terminal = this.openTerminal(flags)
    // Loaded when they are needed, so that a usage error is told at once.
    const [{openApp}, {token}] = await Promise.all([import('../app/ports.js'), import('../flows/token.js')])
    const result = await token({target: args.target, flags}, openApp(terminal, flags))
    this.log(result.token)
    return result
  }
}
