import {readdirSync, readFileSync} from 'node:fs'
import {fileURLToPath} from 'node:url'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))

/** The README and all of docs/, as one text. */
export function pages(): string {
  const docs = readdirSync(`${ROOT}docs`, {recursive: true, encoding: 'utf8'}).filter((name) => name.endsWith('.md'))
  return ['README.md', ...docs.sort().map((name) => `docs/${name}`)]
    .map((path) => readFileSync(ROOT + path, 'utf8'))
    .join('\n')
}
