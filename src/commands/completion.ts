import * as Args from '@oclif/core/args'
import {BaseCommand} from '../cli/base-command.js'
import {outputFlags} from '../cli/flags.js'

export default class Completion extends BaseCommand {
  static override summary = 'Print the completion script for a shell: commands, flags and names of databases.'

  static override description = `Names are those of the config files, and of databases that were opened or listed here recently. AWS is not asked.`

  static override examples = [
    {description: 'bash, in ~/.bashrc:', command: 'source <(<%= config.bin %> <%= command.id %> bash)'},
    {description: 'zsh, in ~/.zshrc, behind compinit:', command: 'source <(<%= config.bin %> <%= command.id %> zsh)'},
    {
      description: 'fish:',
      command: '<%= config.bin %> <%= command.id %> fish > ~/.config/fish/completions/<%= config.bin %>.fish',
    },
  ]

  static override enableJsonFlag = true

  static override args = {
    shell: Args.string({
      description: 'bash, zsh or fish.',
      options: ['bash', 'zsh', 'fish'],
      required: true,
      ignoreStdin: true,
    }),
  }

  static override flags = {...outputFlags}

  async run(): Promise<{shell: string; script: string}> {
    const {args, flags} = await this.parse(Completion)
    this.openTerminal(flags)
    const {completionScript} = await import('../present/completion-script.js')
    const script = completionScript(args.shell as 'bash' | 'zsh' | 'fish')
    this.log(script)
    return {shell: args.shell, script}
  }
}
