import {dirname} from 'node:path'
import {hop, ok} from '../hop.js'

export const folder = hop('folder', {
  title: 'Private folder',
  async check(_found, _request, {files}, run) {
    run.undo.push('private folder', 'local', async () => {
      const path = await making.catch(() => undefined)
      if (path !== undefined) await files.removeFolder(path)
    })
    const making = files.makeFolder()
    const path = await making
    return ok(`in ${dirname(path)}`, path)
  },
})
