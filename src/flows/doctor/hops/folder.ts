import {acquire} from '../../../core/acquire.js'
import {dirname} from 'node:path'
import {hop, ok} from '../hop.js'

export const folder = hop('folder', {
  title: 'Private folder',
  async check(_found, _request, {files}, run) {
    const path = await acquire(run.undo, {
      title: 'private folder',
      take: () => files.makeFolder(),
      giveBack: (made) => files.removeFolder(made),
    })
    return ok(`in ${dirname(path)}`, path)
  },
})
