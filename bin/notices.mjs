// The licences of what is in the bundle.
import {readdirSync, readFileSync} from 'node:fs'
import {join} from 'node:path'

/** They ask for their text to go along, and for nothing else. */
const ALLOWED = ['0BSD', 'Apache-2.0', 'BSD-2-Clause', 'BSD-3-Clause', 'BlueOak-1.0.0', 'ISC', 'MIT']

const PACKAGE = /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+/

/**
 * The text of third-party-notices.txt: every package that some of these modules come from, with its licence. Throws
 * when one has another licence than those allowed, or no text of it.
 * @param {string[]} modules paths of what is bundled
 * @returns {string}
 */
export function thirdPartyNotices(modules) {
  const folders = new Set(modules.flatMap((path) => PACKAGE.exec(path)?.[0] ?? []))
  const packages = [...folders].sort().map(read)
  const byText = new Map()
  for (const one of packages) {
    if (!ALLOWED.includes(one.license)) throw new Error(`${one.name}: may its licence (${one.license}) be bundled?`)
    const text = one.text ?? siblingOf(one, packages)?.text
    if (text === undefined) throw new Error(`${one.name}: no text of its licence (${one.license})`)
    byText.set(text, [...(byText.get(text) ?? []), `${one.name} ${one.version} (${one.license})`])
  }
  const parts = [...byText].map(([text, names]) => `${[...new Set(names)].join('\n')}\n\n${text}\n`)
  return ['dbtunnel holds these packages, in whole or in part.\n', ...parts].join(`\n${'-'.repeat(80)}\n\n`)
}

function read(folder) {
  const {name, version, license} = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
  const files = readdirSync(folder).filter((file) => /^(licen[cs]e|copying|notice|copyright)/i.test(file))
  const texts = files.sort().map((file) => readFileSync(join(folder, file), 'utf8').trim())
  return {name, version, license, text: texts.length === 0 ? undefined : texts.join('\n\n')}
}

/** Some of the SDK's packages come without its licence: of one scope and licence, they have one text. */
function siblingOf({name, license}, packages) {
  const [scope] = name.split('/')
  return packages.find(
    (one) => name.startsWith('@') && one.name.startsWith(`${scope}/`) && one.license === license && one.text,
  )
}
