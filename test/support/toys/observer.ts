import type {MakeObserver} from '../../../src/tunnel/observer.js'

/** For a test: adds what it is told to the audit log, and tells `status` of a log. */
export const toy: MakeObserver = ({ports: {audit}, record, say}) => {
  const tell = (event: string, text: string): Promise<void> =>
    audit.append(JSON.stringify({event: `toy: ${event}`, text}))
  return {
    async opened({command, opened}) {
      say.notice(`The toy watches ${opened.target}.`)
      await record.note({log: '/toy/box'})
      await tell('opened', command)
    },
    changed: ({state}) => void tell('changed', state),
    closed: ({status}) => tell('closed', `${status}`),
  }
}
