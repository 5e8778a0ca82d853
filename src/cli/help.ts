import {Help} from '@oclif/core/help'
import {readOwnFlags} from './words/flag-table.js'
import {splitPsqlWords} from './words/split-words.js'

/**
 * oclif shows help wherever it sees `--help` in front of `--`. In
 * `dbtunnel psql prod-db -c --help` that word is psql's value, and the command is to run.
 */
export default class ClientAwareHelp extends Help {
  override async showHelp(argv: string[]): Promise<void> {
    const [id, ...words] = argv
    const command = id === 'psql' ? this.config.findCommand(id) : undefined
    if (command && !asksForHelp(words, command.flags)) {
      await this.config.runCommand(command.id, words, command)
      return
    }
    await super.showHelp(argv)
  }
}

function asksForHelp(words: string[], flags: Parameters<typeof readOwnFlags>[0]): boolean {
  try {
    return splitPsqlWords(words, readOwnFlags({...flags, help: {type: 'boolean'}})).own.includes('--help')
  } catch {
    return true
  }
}
