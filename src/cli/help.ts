import {Help} from '@oclif/core/help'
import {readOwnFlags} from './words/flag-table.js'
import {type CommandClient, splitClientWords} from './words/split-words.js'

/**
 * oclif shows help wherever it sees `--help` in front of `--`. In
 * `dbtunnel psql prod-db -c --help` that word is psql's value, and the command is to run.
 */
export default class ClientAwareHelp extends Help {
  override async showHelp(argv: string[]): Promise<void> {
    const [id, ...words] = argv
    // Loaded only here: it is more than a start needs.
    const {terminalClients} = await import('../clients/client-of.js')
    const client = terminalClients.find((one) => one.id === id)
    const command = client && this.config.findCommand(client.id)
    if (command && !asksForHelp(words, command.flags, client)) {
      await this.config.runCommand(command.id, words, command)
      return
    }
    await super.showHelp(argv)
  }
}

function asksForHelp(words: string[], flags: Parameters<typeof readOwnFlags>[0], client: CommandClient): boolean {
  try {
    return splitClientWords(words, readOwnFlags({...flags, help: {type: 'boolean'}}), client).own.includes('--help')
  } catch {
    return true
  }
}
