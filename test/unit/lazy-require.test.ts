import {runInNewContext} from 'node:vm'
import {describe, expect, it} from 'vitest'
import {lazyRequire} from '../../bin/lazy-require.mjs'

interface Loaded {
  readonly exports: Record<string, (...words: unknown[]) => unknown>
  /** The modules that it has required so far, in order. */
  readonly required: string[]
}

/** Runs a module that was changed, with other modules that each export their own name. */
function load(code: string): Loaded {
  const required: string[] = []
  const exports = {}
  const require = (source: string): object => {
    required.push(source)
    return {name: source, Thing: class Thing {}}
  }
  runInNewContext(`"use strict";\n${lazyRequire(code)}`, {exports, require})
  return {exports, required}
}

describe('a module that requires others at its top', () => {
  it('loads each when it is first used, and once', () => {
    const {exports, required} = load(`
      const wrap = (module) => ({default: module})
      const a_1 = require('a'), c_1 = wrap(require('c'))
      var b_1 = require("b").name
      exports.a = () => a_1.name
      exports.c = () => c_1.default.name
      exports.b = () => b_1`)
    expect(required).toEqual([])
    expect(exports['c']?.()).toBe('c')
    expect(exports['c']?.()).toBe('c')
    expect(required).toEqual(['c'])
    expect([exports['b']?.(), exports['a']?.()]).toEqual(['b', 'a'])
    expect(required).toEqual(['c', 'b', 'a'])
  })

  it.each<[string, string, unknown]>([
    ['a call without a receiver', '(0, x.Thing.toString)().slice(0, 5)', undefined],
    ['a constructor', 'new x.Thing() instanceof x.Thing', true],
    ['a constructor that it passes', 'new Map([[x.name, 1]]).get(x.name)', 1],
    ['a short property', '({x}).x.name', 'x'],
    ['a key of the same name', '({x: 1}).x', 1],
    ['a member of the same name', '({x: 1}).x + x.name', '1x'],
    ['a computed member', '({x: 1})[x.name]', 1],
    ['a template', '`${x.name}!`', 'x!'],
    ['a base class', 'new (class extends x.Thing {})() instanceof x.Thing', true],
    ['a field of a class', 'new (class { x = x.name })().x', 'x'],
  ])('%s means what it meant', (_, expression, expected) => {
    const {exports, required} = load(`const x = require('x')\nexports.run = () => ${expression}`)
    expect(required).toEqual([])
    if (expected === undefined) expect(() => exports['run']?.()).toThrow(/toString/)
    else expect(exports['run']?.()).toBe(expected)
  })

  it('a use at the top loads the module there, so that the order stays', () => {
    const {required} = load(`const a = require('a')\nconst b = require('b')\nb.name\nexports.a = a.name`)
    expect(required).toEqual(['b', 'a'])
  })

  it('statements without semicolons stay apart', () => {
    const {exports} = load(`const x = require('x')\nexports.run = () => {\nconst y = 1\nx.name\nreturn y\n}`)
    expect(exports['run']?.()).toBe(1)
  })
})

describe('it leaves alone', () => {
  it.each([
    ['a name that is declared again', `const x = require('x'); exports.f = (x) => x`],
    ['a name that is assigned to', `let x = require('x'); x = 1; exports.f = x`],
    ['a name that a pattern assigns to', `let x = require('x'); ({x} = {x: 1}); exports.f = x`],
    ['a name of an error', `const x = require('x'); try {} catch (x) { exports.f = x }`],
    ['several names of one module', `const {x} = require('x'); exports.f = x`],
    ['what is not at the top', `function f() { const x = require('x'); return x }`],
    ['what it cannot parse', `const x = require('x'); const const`],
  ])('%s', (_, code) => {
    expect(lazyRequire(code)).toBe(code)
  })

  it('modules that are not wanted', () => {
    const code = `const x = require('./x'); exports.f = () => x`
    expect(lazyRequire(code, (source) => source === './y')).toBe(code)
  })
})
