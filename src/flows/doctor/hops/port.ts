import {localEndAt} from '../../../tunnel/listener/choose-port.js'
import {hop, ok} from '../hop.js'

export const port = hop('port', {
  title: 'Local port',
  needs: ['config'],
  async check({config: {settings}}, _request, ports, run) {
    const localEnd = await localEndAt(settings.localPort, ports, run)
    return ok(settings.localPort === 0 ? 'any free one' : `${settings.localPort} is free`, localEnd)
  },
})
