import {trustAuthorities} from '../../../databases/authorities.js'
import {checkProxy} from '../../../databases/rds-proxy.js'
import {countText} from '../../../core/text/amounts.js'
import {hop, ok} from '../hop.js'

export const authorities = hop('authorities', {
  title: 'Authorities',
  needs: ['region'],
  needsOfTarget: ['available'],
  async check({region: {settings}, available}, _request, {files}) {
    const target = available ?? {endpoint: {host: '', port: 0}, region: settings.region}
    checkProxy(target.endpoint.host, settings)
    const pem = await trustAuthorities(target, settings.caBundle, files)
    const count = pem.split('-----BEGIN CERTIFICATE-----').length - 1
    const added = settings.caBundle === undefined ? '' : `, those in ${settings.caBundle} included`
    return ok(`${countText(count, 'certificate')} to verify with${added}`, pem)
  },
})
