#!/usr/bin/env -S node --import tsx
// From the sources, without a build: `bin/dev.js psql prod-db`.
import {execute} from '@oclif/core'

await execute({development: true, dir: import.meta.url})
