import {distance} from 'fastest-levenshtein'
import type {core} from 'zod/mini'
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
  const [message, isMissing] = [issue.message, value === undefined]
  const text = isMissing ? 'It is missing.' : `Expected ${message}, and not ${shown(value)}.`
  const hint = message === 'text' && typeof value === 'number' ? `Put it in quotes: "${value}"` : undefined
  return [{line: yaml.lineOf(path), failure: yaml.failAt(path, text, {hint})}]
}

function unknownKey(key: string, path: Path, owner: ConfigText['owner'], yaml: Yaml): DbtunnelError {
  const at = [...path, key]
  const plain = key.replaceAll(/[-_]/g, '')
  const meant = keysAt(USER_FILE, path).find((one) => one.toLowerCase() === plain.toLowerCase())
  if (owner === 'team' && meant !== undefined && !keysAt(TEAM_FILE, path).includes(meant)) {
    return yaml.failAt(at, "A team's file may not set this: it comes with a working directory, whoever wrote it.", {
      code: 'CONFIG_UNSAFE',
      hint: `Set it in ${USERS_OWN} (targets or defaults), or by a flag.`,
    })
  }
  if (isSecretKey(key)) throw secret(yaml, at)
  const known = keysAt(owner === 'team' ? TEAM_FILE : USER_FILE, path)
  const close = closestNames(plain, known, distance)
  const hint = close.length > 0 ? `Did you mean ${close.join(' or ')}?` : `There are: ${known.join(', ')}`
  return yaml.failAt(at, 'There is no such key.', {hint})
}

/** Before any value is shown. */
function refuseSecrets(yaml: Yaml, value: unknown, path: Path): void {
  if (typeof value === 'string' && isSecretValue(value)) throw secret(yaml, path)
  if (typeof value !== 'object' || value === null) return
  for (const [key, part] of Object.entries(value)) {
    refuseSecrets(yaml, part, [...path, Array.isArray(value) ? Number(key) : key])
  }
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

function shown(value: unknown): string {
  if (value === null) return 'nothing'
  if (Array.isArray(value)) return 'a list'
  if (typeof value === 'object') return 'a mapping'
  return typeof value === 'number' ? `the number ${value}` : JSON.stringify(value)
}
