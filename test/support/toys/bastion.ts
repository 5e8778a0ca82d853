import {candidatesOf} from '../../../src/bastions/instances.js'
import type {BastionKind, BastionRule} from '../../../src/bastions/kind.js'
import {managedNodes} from '../../../src/bastions/managed-nodes.js'

interface ToyRule extends BastionRule {
  readonly kind: 'toy'
  readonly letter: string
}

/** For a test: instances whose name begins with a letter. */
export const toy: BastionKind<ToyRule> = {
  ...managedNodes,
  id: 'toy',
  form: 'toy:LETTER',
  parse(text) {
    const [, letter] = /^toy:([a-z])$/.exec(text) ?? []
    return letter === undefined ? undefined : {kind: 'toy', letter}
  },
  namesOne: false,
  noneFound: ({letter}, region) => `no instance in ${region} has a name that begins with ${letter}`,
  async find({letter}, {ec2}, signal) {
    return candidatesOf(await ec2.instances({filters: [{name: 'tag:Name', values: [`${letter}*`]}]}, signal))
  },
}
