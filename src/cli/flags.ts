import type {BooleanFlag, OptionFlag} from '@oclif/core/interfaces'
import * as Flags from '@oclif/core/flags'
import {type AnySetting, SETTINGS} from '../settings/all-settings.js'
import type {Setting, SettingCommand} from '../settings/setting.js'
import type {Switch} from '../settings/value-kinds.js'

/** Flags of every command. */
export const outputFlags = {
  quiet: Flags.boolean({description: 'Print nothing on stderr but errors.', helpGroup: 'OUTPUT'}),
  debug: Flags.boolean({
    description: 'Say in detail what is done, and show stack traces. Never prints a secret.',
    helpGroup: 'OUTPUT',
  }),
}

/** Flags of a command that runs a program for several databases. */
export const severalFlags = {
  target: Flags.string({
    description: 'One of several databases; once for each.',
    helpValue: 'TARGET',
    multiple: true,
    multipleNonGreedy: true,
    helpGroup: 'SEVERAL',
  }),
  parallel: Flags.integer({
    description: 'How many at a time.',
    helpValue: 'N',
    min: 1,
    max: 32,
    default: 4,
    helpGroup: 'SEVERAL',
  }),
  'output-dir': Flags.string({
    description: 'Where output goes: DIR/TARGET.out and DIR/TARGET.err, which may not be there yet.',
    helpValue: 'DIR',
    helpGroup: 'SEVERAL',
  }),
  'fail-fast': Flags.boolean({
    description: 'Stop starting new targets after the first failure. Those that run go on.',
    helpGroup: 'SEVERAL',
  }),
}

type TakenBy<Command, S extends AnySetting = AnySetting> = S extends {readonly commands: readonly (infer Taker)[]}
  ? Command extends Taker
    ? S
    : never
  : never

/** A flag of the command for each setting that it takes. */
type SettingFlags<Command extends SettingCommand> = {
  readonly [S in TakenBy<Command> as S extends {readonly flag: infer F extends string} ? F : never]: S extends {
    readonly value: Switch
  }
    ? BooleanFlag<boolean>
    : OptionFlag<string | undefined>
} & {
  readonly [
    S in TakenBy<Command> as S extends {readonly offFlag: {readonly name: infer F extends string}} ? F : never
  ]: BooleanFlag<boolean>
}

/** The flags of a command that settings have, made of their definitions. */
export function settingFlags<Command extends SettingCommand>(command: Command): SettingFlags<Command> {
  const taken = SETTINGS.filter(({commands = []}) => commands.includes(command))
  return Object.fromEntries(taken.flatMap(flagsOf)) as SettingFlags<Command>
}

type Flag = BooleanFlag<boolean> | OptionFlag<string | undefined>

function flagsOf(one: Setting): readonly (readonly [string, Flag])[] {
  const {flag, offFlag, group: helpGroup} = one
  const off = offFlag && Flags.boolean({description: offFlag.help, helpGroup})
  return [
    ...(flag === undefined ? [] : [[flag, flagOf(flag, one)] as const]),
    ...(offFlag && off ? [[offFlag.name, off] as const] : []),
  ]
}

function flagOf(name: string, one: Setting): Flag {
  const {char, value, group: helpGroup} = one
  const shared = {description: helpOf(one), helpGroup, ...(char && {char})}
  if (value.form === 'switch') return Flags.boolean<boolean>(shared)
  const check = (text: string): unknown => value.read({text, origin: `--${name}`}, '/')
  return Flags.string({
    ...shared,
    helpValue: value.placeholder,
    parse: async (text) => (CHECKED_AT_ONCE.includes(value.form) ? checked(text, () => check(text)) : text),
  })
}

/** Before anything else is loaded. Of the others a command may know better what was meant, as psql of a connection URL. */
const CHECKED_AT_ONCE: readonly string[] = ['port', 'time', 'words']

/** What it does, and what counts without it. */
function helpOf({help, elsewhere: [foreign] = [], variable, value, default: standard}: Setting): string {
  const isSwitch = value.form === 'switch'
  const also = isSwitch && variable !== undefined ? `${variable}=on` : foreign
  const hints = [also, isSwitch || standard === undefined ? undefined : `default: ${standard}`]
  return [help, ...hints.flatMap((hint) => (hint === undefined ? [] : `[${hint}]`))].join(' ')
}

/** A wrong value is refused by oclif's parser, which writes around an error's message: BaseCommand tells the cause. */
function checked(text: string, check: () => unknown): string {
  try {
    check()
    return text
  } catch (cause) {
    throw new Error('refused', {cause})
  }
}
