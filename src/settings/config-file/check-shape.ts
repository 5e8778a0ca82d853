import {distance} from 'fastest-levenshtein'
import type {core} from 'zod/mini'
import {quoted} from '../../core/text/clip.js'
import {closestNames} from '../../core/text/closest-names.js'
import type {DbtunnelError} from '../../core/errors.js'
import type {ConfigText} from '../../core/ports/config-files.js'
import {type FileShape, keysAt, TEAM_FILE, USER_FILE} from './shape.js'
import type {Path, Yaml} from './parse-yaml.js'
import {isSecretKey, isSecretValue} from './secrets.js'

const USERS_OWN = '~/.config/dbtunnel/config.yaml'

/** The file's data, every key and type as they must be. Rejects with CONFIG_INVALID or CONFIG_UNSAFE at the first that is not. */
export function checkShape({owner}: ConfigText, yaml: Yaml): FileShape {
  refuseSecrets(yaml, yaml.value, [])
  const {data, error} = (owner === 'team' ? TEAM_FILE : USER_FILE).safeParse(yaml.value ?? {})
  if (!error) return data
  const found = error.issues.flatMap((issue) => failuresOf(issue, owner, yaml))
  throw found.reduce((first, next) => (next.line < first.line ? next : first)).failure
}

interface Failure {
  readonly line: number
  readonly failure: DbtunnelError
}

function failuresOf(issue: core.$ZodIssue, owner: ConfigText['owner'], yaml: Yaml): readonly Failure[] {
  const path = issue.path as Path
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({line: yaml.lineOf([...path, key]), failure: unknownKey(key, path, owner, yaml)}))
  }
  const value = path.reduce<unknown>((part, key) => (part as Record<string, unknown>)[key], yaml.value)
  const {message} = issue
  const text = value === undefined ? 'It is missing.' : `Expected ${message}, and not ${shown(value, issue)}.`
  const hint = message === 'text' && typeof value === 'number' ? 'Put it in quotes.' : placeHint(path, value)
  return [{line: yaml.lineOf(path), failure: yaml.failAt(path, text, {hint})}]
}

/** `shop: prod-db` among the targets. */
function placeHint([section, name, ...more]: Path, value: unknown): string | undefined {
  const isPlace = section === 'targets' && name !== undefined && more.length === 0 && typeof value === 'string'
  return isPlace ? `Write: ${name}: {${value.includes('.') ? 'host' : 'identifier'}: …}` : undefined
}

function unknownKey(key: string, path: Path, owner: ConfigText['owner'], yaml: Yaml): DbtunnelError {
  const at = [...path, key]
  const plain = key.replaceAll(/[-_]/g, '')
  const meant = keysAt(USER_FILE, path).find((one) => one.toLowerCase() === plain.toLowerCase())
  if (owner === 'team' && meant !== undefined && !keysAt(TEAM_FILE, path).includes(meant)) {
    return yaml.failAt(
      at,
      "A team's file may not set this: it comes with a working directory, and anyone may have written it.",
      {
        code: 'CONFIG_UNSAFE',
        hint: `Set it in ${USERS_OWN} (targets or defaults), or by a flag.`,
      },
    )
  }
  if (isSecretKey(key)) throw secret(yaml, at)
  const known = keysAt(owner === 'team' ? TEAM_FILE : USER_FILE, path)
  const close = closestNames(plain, known, distance)
  const hint = close.length > 0 ? `Did you mean ${close.join(' or ')}?` : `Known keys: ${known.join(', ')}`
  return yaml.failAt(at, 'There is no such key.', {hint})
}

/** Nothing that belongs in a config file is longer. */
const LONGEST = 1000

/** Before any value or key is shown. */
function refuseSecrets(yaml: Yaml, value: unknown, path: Path): void {
  if (typeof value === 'string') refuseSecret(yaml, value, path)
  if (typeof value !== 'object' || value === null) return
  for (const [key, part] of Object.entries(value)) {
    refuseSecret(yaml, key, path)
    refuseSecrets(yaml, part, [...path, Array.isArray(value) ? Number(key) : key])
  }
}

function refuseSecret(yaml: Yaml, text: string, path: Path): void {
  // First: on a long text the patterns of secrets would take a long time.
  if (text.length > LONGEST) throw yaml.failAt(path, `A key or value is longer than ${LONGEST} characters.`)
  if (isSecretValue(text)) throw secret(yaml, path)
}

function secret(yaml: Yaml, path: Path): DbtunnelError {
  return yaml.failAt(
    path,
    'A secret does not belong in a config file, and dbtunnel needs none: it logs in by IAM token.',
    {
      code: 'CONFIG_UNSAFE',
      hint: 'Take it out, and change it if others could read it.',
    },
  )
}

/** Never a value of a wrong type: it may be anything, such as the one line of a file with a password. */
function shown(value: unknown, issue: core.$ZodIssue): string {
  if (value === null) return 'nothing'
  if (Array.isArray(value)) return 'a list'
  if (typeof value === 'object') return 'a mapping'
  if (typeof value === 'string') return issue.code === 'invalid_value' ? quoted(value) : 'text'
  if (typeof value === 'boolean') return String(value)
  return typeof value === 'number' && issue.code.startsWith('too_') ? `the number ${value}` : 'a number'
}
