import {BaseCommand} from '../cli/base-command.js'

/** Asked by the scripts of `completion`, at each press of the key. */
export default class Complete extends BaseCommand {
  static override summary = 'Say what the last of these words can become, one a line.'

  static override hidden = true

  static override strict = false

  async run(): Promise<void> {
    // `--` comes first, or oclif would read the words as its own flags.
    const [, ...words] = this.argv
    const {complete} = await import('../flows/complete/complete.js')
    const ports = async () => (await import('../app/completion-ports.js')).completionPorts()
    for (const word of await complete(words, this.config.commands, ports)) this.log(word)
  }
}
