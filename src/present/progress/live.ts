import {DefaultRenderer, Listr, ListrDefaultRendererLogLevels, ListrLogger, ProcessOutput} from 'listr2'
import {printable} from '../../core/text/printable.js'
import type {Progress} from '../../core/ports/progress.js'

/** A signal came while it ran, or before it. */
const STOPPED = new Error('stopped')

const NOT_BEGUN = ListrDefaultRendererLogLevels.COMPLETED_WITH_FAILED_SISTER_TASKS

interface Stage {
  readonly title: string
  readonly finished: Promise<string>
  finish(detail: string): void
  fail(error: unknown): void
  /** Draws a line below it while it runs. */
  show: (line: string) => void
}

interface Screen {
  /** Keeps lines back, and shows them here meanwhile. */
  hold(show: (line: string) => void): void
  release(): void
}

/** listr2 would draw plainly, and on stdout, where stdout is no terminal (9.0.5); it is stderr that counts here. */
class StderrRenderer extends DefaultRenderer {
  static override nonTTY = true
}

/** Steps drawn by listr2 on a terminal; on stderr alone, for stdout belongs to the result. */
export class LiveProgress implements Progress {
  readonly #stderr: NodeJS.WriteStream
  readonly #screen: Screen
  #stages: Stage[] = []
  #next = 0
  #drawing: Promise<unknown> = Promise.resolve()

  constructor(stderr: NodeJS.WriteStream, screen: Screen) {
    this.#stderr = stderr
    this.#screen = screen
  }

  begin(titles: readonly string[]): void {
    this.#stages = titles.map(stage)
    this.#screen.hold((line) => this.#stages[this.#next - 1]?.show(line))
    const list = new Listr(
      this.#stages.map((shown) => ({
        title: shown.title,
        task: async (_, task) => {
          const {title, finished} = shown
          shown.show = (line) => (task.output = line)
          const detail = await finished.catch((error: unknown) => {
            if (error !== STOPPED) task.title = `${title}: failed`
            throw error
          })
          task.title = printable(detail) === '' ? title : `${title}: ${printable(detail)}`
        },
      })),
      {
        renderer: StderrRenderer,
        rendererOptions: {
          logger: new ListrLogger({processOutput: new ProcessOutput(this.#stderr, this.#stderr)}),
          // The error is told once, by the command.
          showErrorMessage: false,
          collapseErrors: false,
          // What was not begun has not failed.
          icon: {[NOT_BEGUN]: '·'},
          color: {[NOT_BEGUN]: (text?: string) => text ?? ''},
          formatOutput: 'truncate',
        },
        // Its own listener exits with 127 before anything is undone (listr2 9.0.5).
        registerSignalListeners: false,
      },
    )
    this.#drawing = list.run().catch(() => {})
  }

  async step<T>(work: () => Promise<T>, detail: (result: T) => string): Promise<T> {
    const current = this.#stages[this.#next++]
    try {
      const result = await work()
      current?.finish(detail(result))
      return result
    } catch (error) {
      current?.fail(error)
      throw error
    }
  }

  async end(): Promise<void> {
    for (const open of this.#stages) open.fail(STOPPED)
    await this.#drawing
    this.#screen.release()
  }
}

function stage(title: string): Stage {
  const {promise, resolve, reject} = deferred<string>()
  promise.catch(() => {})
  return {title, finished: promise, finish: resolve, fail: reject, show: () => {}}
}

function deferred<T>(): {promise: Promise<T>; resolve: (value: T) => void; reject: (error: unknown) => void} {
  let resolve!: (value: T) => void
  let reject!: (error: unknown) => void
  const promise = new Promise<T>((yes, no) => {
    resolve = yes
    reject = no
  })
  return {promise, resolve, reject}
}
