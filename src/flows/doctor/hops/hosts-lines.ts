import {countText} from '../../../core/text/amounts.js'
import {marksIn} from '../../../hosts/lines.js'
import {hop, ok} from '../hop.js'
import {hostsContent} from '../hosts-content.js'

export const hostsLines = hop('hosts-lines', {
  title: 'Stale lines',
  async check(_found, _request, {hostsFile}) {
    const [path, content] = [await hostsFile.path(), await hostsContent(hostsFile)]
    if (!content) return {status: 'unknown', detail: `${path} cannot be read.`, found: undefined}
    const isTorn = await hostsFile.isTorn()
    const marks = marksIn(content)
    const dead = marks.filter(({owner}) => hostsFile.stateOf(owner) === 'dead')
    if (dead.length === 0 && !isTorn) return ok(`none: ${countText(marks.length, 'line')} of dbtunnel's in ${path}`)
    const what = isTorn ? 'a write to it was cut off' : `killed runs have left ${dead.map(({name}) => name).join(', ')}`
    return {status: 'warn', detail: `${path}: ${what}.`, hint: 'dbtunnel hosts clean', found: undefined}
  },
})
