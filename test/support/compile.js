import {createHash} from 'node:crypto'
import {mkdir, readdir, readFile, rename, rm, writeFile} from 'node:fs/promises'
import {basename, dirname, join, relative} from 'node:path'
import {fileURLToPath} from 'node:url'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const CACHE = join(ROOT, 'node_modules/.cache/dbtunnel-compiled')

/**
 * Compiles a TypeScript module and all that it imports from here, once for
 * each state of the sources, and returns the path to import. For programs that
 * tests start: a loader would cost each of them half a second and a process,
 * and opens stdout and stderr by itself.
 * @param {string} module path of a .ts file
 * @returns {Promise<string>}
 */
export async function compile(module) {
  const sources = await gather(module)
  const hash = createHash('sha256')
  for (const [file, text] of sources) hash.update(`${file}\0${text}\0`)
  const place = join(CACHE, relative(ROOT, module).replaceAll('/', '-'))
  const folder = join(place, hash.digest('hex').slice(0, 16))
  const made = await readdir(place).catch(() => [])
  if (!made.includes(basename(folder))) {
    await build(sources, folder)
    // Drafts are someone else's, under way.
    for (const old of made.filter((name) => !name.includes('.')))
      await rm(join(place, old), {recursive: true, force: true})
  }
  return join(folder, javaScriptOf(module))
}

/** Every source by path, in a fixed order. */
async function gather(module) {
  const sources = new Map()
  const visit = async (file) => {
    if (sources.has(file)) return
    const text = await readFile(file, 'utf8')
    sources.set(file, text)
    for (const [, path] of text.matchAll(/(?:from |import\()'(\.[^']+)\.js'/g))
      await visit(join(dirname(file), `${path}.ts`))
  }
  await visit(module)
  return sources
}

async function build(sources, folder) {
  const {default: typescript} = await import('typescript')
  const {ModuleKind, ScriptTarget} = typescript
  const compilerOptions = {module: ModuleKind.ESNext, target: ScriptTarget.ES2023, verbatimModuleSyntax: true}
  const draft = `${folder}.${process.pid}`
  for (const [file, text] of sources) {
    const path = join(draft, javaScriptOf(file))
    await mkdir(dirname(path), {recursive: true})
    await writeFile(path, typescript.transpileModule(text, {compilerOptions}).outputText)
  }
  await writeFile(join(draft, 'package.json'), '{"type": "module"}\n')
  // Someone else may have been faster.
  await rename(draft, folder).catch(() => rm(draft, {recursive: true}))
}

function javaScriptOf(file) {
  return relative(ROOT, file).replace(/\.ts$/, '.js')
}
