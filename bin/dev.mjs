#!/usr/bin/env node
// From the sources, without a build: `bin/dev.mjs psql prod-db`.
import {readFileSync} from 'node:fs'
import {fileURLToPath} from 'node:url'
import {Plugin} from '@oclif/core/config'
import {execute} from '@oclif/core/execute'
import {register} from 'tsx/esm/api'
import {writeLists} from './kinds.mjs'

register()
const root = fileURLToPath(new URL('..', import.meta.url))
writeLists(root)
const pjson = JSON.parse(readFileSync(`${root}package.json`, 'utf8').replaceAll('./dist/', './src/'))
// The manifest is the build's, too.
const plugin = new Plugin({root, pjson, isRoot: true, ignoreManifest: true})
await plugin.load()
await execute({loadOptions: {root, plugins: new Map([[plugin.name, plugin]])}})
