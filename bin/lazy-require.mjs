// Makes a CommonJS module load what it requires when it first uses it, and not when it is loaded itself.
import {applyEdits, parseModule, walk} from './syntax-tree.mjs'

/**
 * RateLimit `const x = require('y')` at the top of a module, and `const x = wrap(require('y'))`, into a function that
 * requires it once, and each use of `x` into a call of that function. A name that is declared twice or assigned to stays
 * as it is, and so does a module that cannot be parsed.
 *
 * @param {string} code
 * @param {(source: string) => boolean} [isWanted] which of the modules that it requires
 * @returns {string}
 */
export function lazyRequire(code, isWanted = () => true) {
  const program = parseModule(code)
  if (!program) return code
  const required = findRequired(program, isWanted)
  walk(program, (node, parents) => {
    const one = node.type === 'Identifier' && required.get(node.name)
    if (!one || node === one.declarator.id || isOnlyName(node, parents)) return
    if (isBinding(node, parents)) required.delete(node.name)
    else one.uses.push(...editUse(node, parents))
  })
  const edits = [...required].flatMap(([name, {statement, declarator, uses}]) => [
    {at: statement.start, text: `let $${name}; `},
    {at: declarator.init.start, text: `() => $${name} ??= `},
    ...uses,
  ])
  return applyEdits(code, edits)
}

/** The variables at the top of a module that hold what it requires, by name. */
function findRequired(program, isWanted) {
  const required = new Map()
  for (const statement of program.body) {
    if (statement.type !== 'VariableDeclaration') continue
    for (const declarator of statement.declarations) {
      const source = declarator.id.type === 'Identifier' && sourceOf(declarator.init)
      if (source && isWanted(source)) required.set(declarator.id.name, {statement, declarator, uses: []})
    }
  }
  return required
}

/** The module that an expression requires, if it does nothing else. */
function sourceOf(node) {
  if (node?.type === 'MemberExpression') return sourceOf(node.object)
  if (node?.type !== 'CallExpression' || node.callee.type !== 'Identifier' || node.arguments.length !== 1)
    return undefined
  const [argument] = node.arguments
  if (node.callee.name !== 'require') return sourceOf(argument)
  return argument.type === 'Literal' && typeof argument.value === 'string' ? argument.value : undefined
}

/** Whether an identifier is the name of a member, a key or a label, and not a variable. */
function isOnlyName(node, parents) {
  const parent = parents.at(-1)
  if (parent.type === 'MemberExpression') return parent.property === node && !parent.computed
  if (/^(Property|MethodDefinition|PropertyDefinition)$/.test(parent.type))
    return parent.key === node && parent.value !== node && !parent.computed
  return /^(LabeledStatement|BreakStatement|ContinueStatement|MetaProperty)$/.test(parent.type)
}

/** Whether an identifier declares a variable or is assigned to. */
function isBinding(node, parents) {
  const parent = parents.at(-1)
  if (/Function|^Class/.test(parent.type)) return parent.superClass !== node && parent.body !== node
  if (/^(CatchClause|UpdateExpression|RestElement|ArrayPattern)$/.test(parent.type)) return true
  if (parent.type === 'VariableDeclarator') return parent.id === node
  if (/^(AssignmentPattern|AssignmentExpression|ForInStatement|ForOfStatement)$/.test(parent.type))
    return parent.left === node
  return parent.type === 'Property' && parents.at(-2).type === 'ObjectPattern' && parent.value === node
}

function editUse(node, parents) {
  if (parents.at(-1).shorthand) return [{at: node.end, text: `: ${node.name}()`}]
  const path = [...parents, node]
  const isConstructor = parents.some(({type, callee}, index) => type === 'NewExpression' && callee === path[index + 1])
  // Without the parentheses, `new x.Y()` would become `new x().Y()`, which constructs x.
  const before = isConstructor ? [{at: node.start, text: '('}] : []
  return [...before, {at: node.end, text: isConstructor ? '())' : '()'}]
}
