import {clip, quoted} from '../../core/text/clip.js'
import type {ConfigText} from '../../core/ports/config-files.js'
import {checkShape} from './check-shape.js'
import type {BastionEntry, ConfigFile, FileTarget} from './config-file.js'
import type {FileShape} from './shape.js'
import {parseYaml, type Path, type Yaml} from './parse-yaml.js'
import {located, SectionReader} from './section-reader.js'

/** Reads a TARGET word, and tells the region that its own name holds. Throws for anything else. */
export type ReadPlace = (text: string) => {readonly region?: string | undefined}

/**
 * A config file, checked to its last value, used or not. Rejects with CONFIG_INVALID or CONFIG_UNSAFE, which name file,
 * line, column and key.
 */
export function readConfigFile(file: ConfigText, readPlace: ReadPlace): ConfigFile {
  const yaml = parseYaml(file)
  const shape = checkShape(file, yaml)
  const reader = new SectionReader(file, yaml)
  const targets = new Map<string, FileTarget>()
  for (const [name, section] of Object.entries(shape.targets ?? {})) {
    const path = ['targets', name]
    const other = targets.get(name.toLowerCase())
    if (other) throw yaml.failAt(path, `There is ${clip(other.name, 80)} already: capitals make no other name.`)
    targets.set(name.toLowerCase(), readTarget(name, section, path, reader, readPlace))
  }
  return {
    owner: file.owner,
    namedBy: file.namedBy,
    path: file.path,
    defaults: reader.values(shape.defaults ?? {}, ['defaults']),
    targets,
    groups: readGroups(shape, targets, yaml),
    bastions: (shape.bastions ?? []).map((entry, index) => readBastion(entry, ['bastions', index], reader)),
  }
}

const NAME = /^[A-Za-z0-9][\w.:-]{0,99}$/
const NAME_TEXT = 'A name has letters, digits and . : _ - only, 100 at most, and begins with a letter or digit.'
/** `*` and `?` stand for what they do in a shell. */
const PATTERN = /^[\w.:*?-]{1,100}$/
const TAG = /^\P{Cc}{1,128}$/u

type TargetSection = NonNullable<FileShape['targets']>[string]

function readTarget(
  name: string,
  section: TargetSection,
  path: Path,
  reader: SectionReader,
  readPlace: ReadPlace,
): FileTarget {
  const {yaml} = reader
  const {identifier, host, port, tags = {}} = section
  if (!NAME.test(name)) throw yaml.failAt(path, NAME_TEXT)
  if (identifier !== undefined && host !== undefined) {
    throw yaml.failAt([...path, 'host'], 'There is an identifier, too: one of them is enough.')
  }
  if (port !== undefined && host === undefined) {
    throw yaml.failAt([...path, 'port'], '"port" works only together with "host".')
  }
  const key = host === undefined ? 'identifier' : 'host'
  const isNamed = identifier !== undefined || host !== undefined
  const at = isNamed ? [...path, key] : path
  const own = isNamed ? (identifier ?? host ?? '') : name
  if (host !== undefined && !host.includes('.')) throw yaml.failAt(at, `${quoted(host)} is not a host name.`)
  if (identifier?.includes('.')) throw yaml.failAt(at, 'This is a host name: call the key host.')
  const text = port === undefined ? own : `${own}:${port}`
  const {region} = located(yaml, at, () => readPlace(text), isNamed ? '' : 'It gives no identifier and no host. ')
  if (region !== undefined && section.region !== undefined && section.region !== region) {
    throw yaml.failAt([...path, 'region'], `The host is in ${region}.`)
  }
  for (const [tag, value] of Object.entries(tags)) {
    if (!TAG.test(tag) || !TAG.test(value))
      throw yaml.failAt([...path, 'tags', tag], 'A tag is one line of 1 to 128 characters.')
  }
  const place = isNamed ? reader.given(text, at) : undefined
  return {name, origin: reader.originOf(path), place, values: reader.values(section, path), tags}
}

type BastionSection = NonNullable<FileShape['bastions']>[number]

function readBastion({bastion, ...fits}: BastionSection, path: Path, reader: SectionReader): BastionEntry {
  const {account, ...settings} = fits
  if (Object.values(fits).every((one) => one === undefined)) {
    throw reader.yaml.failAt(path, 'It names no account, profile or region; for all of them there is defaults.bastion.')
  }
  if (account !== undefined && !/^\d{12}$/.test(account)) {
    throw reader.yaml.failAt([...path, 'account'], 'The number of an account has 12 digits.')
  }
  reader.values({...settings, bastion}, path)
  return {...fits, bastion: reader.given(bastion, [...path, 'bastion'])}
}

function readGroups({groups = {}}: FileShape, targets: ConfigFile['targets'], yaml: Yaml): ConfigFile['groups'] {
  for (const [name, members] of Object.entries(groups)) {
    const path = ['groups', name]
    if (!NAME.test(name)) throw yaml.failAt(path, NAME_TEXT)
    if (targets.has(name.toLowerCase())) throw yaml.failAt(path, 'There is a target of this name.')
    const wrong = members.findIndex((member) => !PATTERN.test(member))
    if (wrong >= 0)
      throw yaml.failAt([...path, wrong], 'It is neither the name of a target nor a pattern such as prod-*.')
  }
  return new Map(Object.entries(groups).map(([name, members]) => [name.toLowerCase(), members]))
}
