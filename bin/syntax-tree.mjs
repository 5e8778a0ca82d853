// Small changes to a CommonJS module by its syntax tree: the way it is written does not matter.
import {parseSync} from 'rolldown/utils'

/**
 * @param {string} code
 * @returns its tree, as ESTree has it; undefined where it cannot be parsed
 */
export function parseModule(code) {
  const {program, errors} = parseSync('module.cjs', code, {sourceType: 'commonjs'})
  return errors.length === 0 ? program : undefined
}

/** Calls `visit` for a node and all nodes within it, with the nodes that each is in, the outermost first. */
export function walk(node, visit, parents = []) {
  visit(node, parents)
  const within = [...parents, node]
  for (const child of Object.values(node).flat()) if (typeof child?.type === 'string') walk(child, visit, within)
}

/**
 * @param {string} code
 * @param {{at: number, to?: number, text: string}[]} edits each puts `text` at a place, or in place of all up to `to`
 * @returns {string}
 */
export function applyEdits(code, edits) {
  let edited = ''
  let from = 0
  for (const {at, to = at, text} of edits.toSorted((a, b) => a.at - b.at)) {
    edited += code.slice(from, at) + text
    from = to
  }
  return edited + code.slice(from)
}
