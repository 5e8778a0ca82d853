// Written by bin/kinds.mjs, which each build runs: do not edit.
import type {BastionKind} from './kind.js'
import {any} from './kinds/any.js'
import {instance} from './kinds/instance.js'
import {managedNode} from './kinds/managed-node.js'
import {name} from './kinds/name.js'
import {tag} from './kinds/tag.js'
import {tagged} from './kinds/tagged.js'

/** Every file of kinds/, by name. */
export const kinds: readonly BastionKind[] = [any, instance, managedNode, name, tag, tagged]
