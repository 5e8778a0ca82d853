import {expect, it} from 'vitest'
import {jsonSchemas} from '../../../../src/settings/config-file/json-schema.js'

interface Schema {
  readonly additionalProperties: boolean | Schema
  readonly properties: Readonly<Record<string, Schema>>
}

const keysOf = (name: string) => {
  const {targets, defaults, ...others} = (jsonSchemas()[name] as Schema).properties
  const target = targets?.additionalProperties as Schema
  expect([target.additionalProperties, defaults?.additionalProperties]).toEqual([false, false])
  return {
    top: Object.keys(others),
    target: Object.keys(target.properties),
    defaults: Object.keys(defaults?.properties ?? {}),
  }
}

it('editors know every key, and which ones a team’s file may not have', () => {
  const [team, own] = [keysOf('dbtunnel.schema.json'), keysOf('config.schema.json')]
  expect(team.top).toEqual(['groups', 'bastions'])
  expect(own.top).toEqual(team.top)
  expect(own.defaults.filter((key) => !team.defaults.includes(key)).toSorted()).toEqual([
    'allowOtherUsers',
    'autoLogin',
    'caBundle',
    'engine',
    'idle',
    'keepAlive',
    'localPort',
    'ownPort',
    'profile',
    'reason',
    'resolve',
    'sslmode',
    'tcp',
    'timeout',
  ])
  const places = ['identifier', 'host', 'port', 'tags']
  expect(team.target).toEqual([...places, ...team.defaults])
  expect(own.target).toEqual([...places, ...own.defaults])
})
